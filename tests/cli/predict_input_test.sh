#!/usr/bin/env bash
# predict takes samples of its own, without labels: the same predictions as for the test set that
# has them, from NPY, CSV and IDX, in one process and across the ranks.
#   usage: predict_input_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
export PATH="/usr/bin:$PATH" # Debian's Python before others
python3 -c "import numpy" 2>/dev/null || {
  echo "SKIPPED: no NumPy here (Debian: python3-numpy)"
  exit 77
}
succeeds "train" "$mixnn" baseline "$digits_model" "${digits[@]}" --epochs 2 --seed 3 --threads 1 \
  --out "$scratch/out"
used=("$digits_model" --weights "$scratch/out/model.safetensors" --as outputs --batch-size 64
  --micro-batches 1)
python3 -B - "$scratch" "$root/tests/data/digits/t10k-images-idx3-ubyte.gz" <<'END'
import gzip, pathlib, sys
import numpy
folder, file = pathlib.Path(sys.argv[1]), sys.argv[2]
raw = gzip.open(file).read()
(folder / "images-ubyte").write_bytes(raw)
(folder / "images.idx.gz").write_bytes(gzip.compress(raw))
images = numpy.frombuffer(raw[16:], numpy.uint8).reshape(-1, 8, 8)
numpy.save(folder / "bytes.npy", images)
numpy.save(folder / "floats.npy", images.reshape(-1, 1, 8, 8).astype(numpy.float64))
names = ",".join(f"p{i}" for i in range(64))
lines = [",".join(map(str, image.ravel())) for image in images]
(folder / "table.csv").write_text("\n".join([names] + lines) + "\n")
(folder / "labelled.csv").write_text("\n".join([names + ",y"] + [l + ",3" for l in lines]) + "\n")
numpy.save(folder / "wide.npy", images.reshape(-1, 4, 16)[:, :, :15])
numpy.save(folder / "nan.npy", numpy.full((2, 64), numpy.nan))
numpy.save(folder / "none.npy", images[:0])
(folder / "words.csv").write_text(names + "\n" + ",".join(["1"] * 63 + ["x"]) + "\n")
END
succeeds "the test set" "$mixnn" predict "${used[@]}" "${digits[@]}" \
  --predictions "$scratch/expected.npy"
alike() { # alike NAME COMMAND...
  succeeds "$1" "${@:2}" --predictions "$scratch/found.npy"
  cmp -s "$scratch/found.npy" "$scratch/expected.npy" || failed "$1" "other predictions"
}
for file in images-ubyte images.idx.gz bytes.npy floats.npy table.csv; do
  alike "$file" "$mixnn" predict "${used[@]}" --input "$scratch/$file"
done
prints "the heading says what is predicted" "table.csv: 360 samples"
alike "labelled.csv" "$mixnn" predict "${used[@]}" --input "$scratch/labelled.csv" --target y
alike "across the ranks" mpirun -n 7 --oversubscribe "$mixnn" predict "${used[@]}" \
  --input "$scratch/bytes.npy"

# Normalized by the training set, which is in --data.
normal=("${used[@]}" "${digits[@]}" --normalize train)
succeeds "normalized: the test set" "$mixnn" predict "${normal[@]}" \
  --predictions "$scratch/expected.npy"
alike "normalized: a file" "$mixnn" predict "${normal[@]}" --input "$scratch/table.csv"

refused() { # refused FILE TEXT OPTION...
  message "$1" 2 "$2" "$mixnn" predict "${used[@]}" --predictions "$scratch/bad.npy" \
    --input "$scratch/$1" "${@:3}"
  [[ ! -e $scratch/bad.npy ]] || failed "$1" "predictions were written"
}
refused wide.npy "wide.npy: samples have the shape [4, 15], but the model's input is [1, 8, 8]"
refused nan.npy "nan.npy: row 0 has a NaN; numbers must be finite"
refused none.npy "none.npy: holds no samples"
refused words.csv "words.csv: line 2: column 64 (p63): 'x' is no number"
refused labelled.csv "samples have the shape [65], but the model's input is [1, 8, 8]"
refused table.csv "has no column 'y' (--target)" --target y
refused missing.npy "missing.npy: no such file"
refused out "is a folder; a file of samples is expected"
finish
