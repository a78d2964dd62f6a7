#!/usr/bin/env bash
# One process against PyTorch: how many samples a second does each train?
#   bash bench/against_torch.sh [--out DIR] [--rounds N] [--epochs N] [--only NAME,NAME...]
# Every MODEL of models/, with the same layers, batch size and optimizer on both sides, on random
# data of its shape. `mixnn baseline` and PyTorch take turns; both run at 1, 2, 4 ... threads up to
# all cores, and each counts with its best. PyTorch runs in its default layout, and networks on
# images in channels-last, too; its inputs are preloaded floats. The first epoch of a run warms up
# and is left out. Aim: at least PyTorch's default layout everywhere. On two quiet cores the whole
# takes about 20 minutes. DIR (default out-against-torch) receives all runs and against_torch.json.
# The build is in build/, or BUILD=... . Exit code 0 also where an aim is missed; 1 where a run
# failed.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/bench/lib.sh"

out=out-against-torch rounds=3 epochs=4 only=''
take_options 'out rounds epochs only' '' "$@"
number --rounds "$rounds"
number --epochs "$epochs"
((epochs > 1)) || stop "--epochs must be 2 at least: the first warms up"
need_program mixnn
drop_settings
"$python" -c 'import torch, numpy' 2>/dev/null ||
  stop "no PyTorch for $python (Debian: python3-torch, python3-numpy)"

# model, batch size, samples of an epoch, optimizer and rate, layouts of PyTorch
cases=(
  "mlp 128 60000 sgd 0.01 default"
  "wide 512 20480 sgd 0.01 default"
  "deep 512 10240 sgd 0.01 default"
  "digits 128 100000 sgd 0.01 default"
  "lenet5 128 15360 adamw 0.001 default,channels-last"
  "cnn 128 5120 adamw 0.001 default,channels-last"
  "resnet20 128 640 sgd 0.01 default,channels-last"
  "letters 64 64000 adamw 0.001 default"
  "diabetes 32 32000 adamw 0.001 default"
  "gpt 64 256 adamw 0.001 default"
  "vit 128 1280 adamw 0.001 default,channels-last"
)
check_only

begin_measurement
failed=no
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
threads=()
for ((n = 1; n < $(nproc); n *= 2)); do threads+=("$n"); done
threads+=("$(nproc)")

try() { # try FILE COMMAND...: the file holds what the command prints, or is not there
  local file=$1
  shift
  "$@" </dev/null >"$file" 2>>"$log" || {
    say "failed, see $log: $*"
    rm -f "$file"
    failed=yes
  }
}

ours() { # ours NAME BATCH SAMPLES OPTIMIZER RATE THREADS ROUND
  local file=$out/$1.mixnn.$6.round$7.json
  try "$file.out" "$build/mixnn" baseline "$root/models/$1.json" \
    --data "$scratch/$1" --batch-size "$2" --limit-train "$3" --limit-test "$2" \
    --epochs "$epochs" --optimizer "$4" --lr "$5" --lr-decay none --threads "$6" --seed 1 \
    --quiet --json "$file"
  rm -f "$file.out"
}

theirs() { # theirs NAME BATCH SAMPLES OPTIMIZER RATE THREADS ROUND LAYOUT
  local options=()
  [[ $8 == default ]] || options=(--channels-last)
  # Threads that wait without spinning, and memory that is kept, are its fastest settings here.
  try "$out/$1.$8.$6.round$7.json" env OPENBLAS_NUM_THREADS="$6" OMP_NUM_THREADS="$6" \
    OMP_WAIT_POLICY=passive MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296 \
    OPENBLAS_CORETYPE="$core" "$python" "$root/bench/torch_train.py" "$root/models/$1.json" \
    --data "$scratch/$1" --batch-size "$2" --limit-train "$3" --epochs "$epochs" \
    --optimizer "$4" --lr "$5" --lr-decay none --threads "$6" --no-test "${options[@]}"
}

# PyTorch gets the kernels of OpenBLAS that mixnn runs with.
core=$("$build/mixnn" info | sed -n 's/^  blas .*, \([A-Za-z0-9]*\) kernels$/\1/p')
[[ -n $core ]] || stop "mixnn info names no core of OpenBLAS"
for case in "${cases[@]}"; do
  read -r name batch samples optimizer rate layouts <<<"$case"
  wanted "$name" || continue
  echo "$name $batch $samples $optimizer $layouts" >>"$out/cases"
  "$python" "$root/bench/make_random_data.py" "$root/models/$name.json" --out "$scratch/$name" \
    --train "$samples" --test "$batch" >>"$log"
done
for ((round = 1; round <= rounds; ++round)); do
  for case in "${cases[@]}"; do
    read -r name batch samples optimizer rate layouts <<<"$case"
    wanted "$name" || continue
    echo "round $round of $rounds: $name" >&2
    for n in "${threads[@]}"; do
      ours "$name" "$batch" "$samples" "$optimizer" "$rate" "$n" "$round"
      for layout in ${layouts//,/ }; do
        theirs "$name" "$batch" "$samples" "$optimizer" "$rate" "$n" "$round" "$layout"
      done
    done
  done
done
"$python" "$root/bench/against_torch_summary.py" "$out" || failed=yes
[[ $failed == no ]]
