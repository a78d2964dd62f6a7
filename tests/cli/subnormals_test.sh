#!/usr/bin/env bash
# A training whose numbers become ever smaller makes no subnormal ones, in one process and across
# the ranks alike.
#   usage: subnormals_test.sh MIXNN
source "$(dirname "$0")/lib.sh"
export PATH="/usr/bin:$PATH" # Debian's Python before others: it has the packages

python3 -c "import numpy" 2>/dev/null || {
  echo "SKIPPED: no NumPy here (Debian: python3-numpy)"
  exit 77
}

# Some pixels of the digits are always zero, so that their weights halve at each step and do nothing
# else: to 0.1 / 2^138 and less after six epochs of 23 steps, were it not that half of the smallest
# normal numbers counts as zero.
decaying=("$digits_model" "${digits[@]}" --batch-size 64 --epochs 6 --lr 0.1 --lr-decay none
  --momentum 0 --weight-decay 5 --seed 1)
# idle_weights FILE: how many weights of such pixels there are, how many are tiny, how many
# subnormal
idle_weights() {
  PYTHONDONTWRITEBYTECODE=1 python3 - "$1" "$root/tests/data/digits" <<'PYTHON'
import gzip, json, pathlib, sys
import numpy

bytes_of_file = pathlib.Path(sys.argv[1]).read_bytes()
head = json.loads(bytes_of_file[8 : 8 + int.from_bytes(bytes_of_file[:8], "little")])
head.pop("__metadata__", None)
weights = next(entry for entry in head.values() if entry["shape"] == [64, 64])
begin, end = weights["data_offsets"]
start = len(bytes_of_file) - max(entry["data_offsets"][1] for entry in head.values())
bits = numpy.frombuffer(bytes_of_file[start + begin : start + end], numpy.uint32).reshape(64, 64)
images = next(pathlib.Path(sys.argv[2]).glob("train-images*"))
raw = gzip.decompress(images.read_bytes()) if images.suffix == ".gz" else images.read_bytes()
pixels = numpy.frombuffer(raw[16:], numpy.uint8).reshape(-1, 64)
idle = bits[:, pixels.max(axis=0) == 0] & 0x7FFFFFFF
exponent = idle >> 23  # 0: zero or subnormal, 1: the smallest normal numbers
subnormal = numpy.count_nonzero((exponent == 0) & (idle != 0))
print(idle.size, numpy.count_nonzero(exponent <= 1), subnormal)
PYTHON
}

succeeds "one process" "$mixnn" baseline "${decaying[@]}" --out "$scratch/baseline"
succeeds "across the ranks" mpirun -n 7 --oversubscribe "$mixnn" compare "${decaying[@]}" \
  --out "$scratch/ranks"
prints "the reference's bits" "bit-identical"
for run in baseline ranks; do
  read -r weights tiny subnormal <<<"$(idle_weights "$scratch/$run/model.safetensors")"
  echo "$run: of $weights weights that only decay," \
    "$tiny are below 2.4e-38 and $subnormal are subnormal"
  ((weights > 0 && tiny == weights && subnormal == 0)) ||
    failed "$run" "not all are tiny normal numbers or zero"
done
finish
