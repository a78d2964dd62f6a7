#!/bin/bash
# The baseline against plain PyTorch: the same network, data, batch size and optimizer in one process, at 1 and 2 threads.
# Usage: bash bench/peers.sh [MODEL] [ROUNDS] [EPOCHS]      (build in build/, or BUILD=...; data: DATA=...)
# Each round runs both, one after the other, at each thread count; the first epoch of every run warms up and is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
model=${1:-models/mlp.json} rounds=${2:-5} epochs=${3:-4}
build=${BUILD:-build} data=${DATA:-/usr/share/datasets/fashion-mnist} python=${PYTHON:-/usr/bin/python3}
batch=${BATCH:-128} seed=1 learning_rate=0.1 momentum=0.8

unset OPENBLAS_CORETYPE OPENBLAS_NUM_THREADS OMP_NUM_THREADS
[ -x "$build/baseline_epochs" ] || { echo "no $build/baseline_epochs: build first, or set BUILD" >&2; exit 2; }
"$python" -c 'import torch' 2>/dev/null || { echo "notice: no PyTorch for $python (Debian: python3-torch)" >&2; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

ours() {
  OPENBLAS_NUM_THREADS=$1 "$build/baseline_epochs" "$model" "$data" "$batch" 1 "$epochs" "$1" "$seed" \
    "$learning_rate" "$momentum"
}
theirs() {
  OPENBLAS_NUM_THREADS=$1 OMP_NUM_THREADS=$1 "$python" bench/peers_torch.py "$model" "$data" "$batch" "$epochs" "$1" \
    "$seed" "$learning_rate" "$momentum"
}

# PyTorch gets the kernels that the baseline runs with, whatever OpenBLAS would have chosen for it.
core=$(ours 1 | "$python" -c 'import json,sys; print(json.load(sys.stdin)["blas_core"])')
export OPENBLAS_CORETYPE=$core
for round in $(seq "$rounds"); do
  for threads in 1 2; do
    ours "$threads" >>"$scratch/ours.$threads"
    theirs "$threads" >>"$scratch/torch.$threads"
  done
  echo "round $round of $rounds done" >&2
done

grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /CPU: /'
echo "CPUs: $(nproc), load at the end: $(cut -d' ' -f1-3 /proc/loadavg)"
"$python" bench/peers_summary.py "$model" "$batch" "$scratch"
