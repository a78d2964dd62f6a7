#!/bin/bash
# The baseline against plain PyTorch: the same network, data, batch size and optimizer in one
# process, at 1 and 2 threads; and MixNN's ranks on the same cores, three hops over four relays,
# where mpirun is there.
# Usage: bash bench/peers.sh [MODEL] [ROUNDS] [EPOCHS]      (build in build/, or BUILD=...; data:
# DATA=...; batch size: BATCH=...) Each round runs all, one after the other, at each thread count;
# the first epoch of every run warms up and is left out. At 2 threads PyTorch gets the better of
# OpenMP's two ways to wait, by a trial at the start: spinning threads are fast on a quiet machine
# and many times slower on a busy one.
set -euo pipefail
cd "$(dirname "$0")/.."
model=${1:-models/mlp.json} rounds=${2:-5} epochs=${3:-4}
build=${BUILD:-build} data=${DATA:-/usr/share/datasets/fashion-mnist} \
  python=${PYTHON:-/usr/bin/python3}
batch=${BATCH:-128} seed=1 learning_rate=0.1 momentum=0.8

((epochs > 1)) || { echo "EPOCHS must be 2 at least: the first warms up" >&2; exit 2; }
unset OPENBLAS_CORETYPE OPENBLAS_NUM_THREADS OMP_NUM_THREADS OMP_WAIT_POLICY
root=$PWD
source jobs/lib.sh
mpirun_settings
[ -x "$build/baseline_epochs" ] || {
  echo "no $build/baseline_epochs: build first, or set BUILD" >&2
  exit 2
}
"$python" -c 'import torch' 2>/dev/null || {
  echo "notice: no PyTorch for $python (Debian: python3-torch)" >&2
  exit 77
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

ours() {
  OPENBLAS_NUM_THREADS=$1 "$build/baseline_epochs" "$model" "$data" "$batch" 1 "$epochs" "$1" \
    "$seed" "$learning_rate" "$momentum"
}
theirs() {  # THREADS WAIT_POLICY EPOCHS
  OPENBLAS_NUM_THREADS=$1 OMP_NUM_THREADS=$1 OMP_WAIT_POLICY=$2 "$python" bench/peers_torch.py \
    "$model" "$data" "$batch" "$3" "$1" "$seed" "$learning_rate" "$momentum"
}
mixnn_ranks=$("$python" \
  -c 'import json,sys; print(1 + len(json.load(open(sys.argv[1]))["stages"]) + 4)' "$model")
mixnn() {
  explained mpirun -n "$mixnn_ranks" --oversubscribe "$build/mixnn" train "$model" --data "$data" \
    --batch-size "$batch" --epochs "$epochs" --hops 3 --seed "$seed" --lr "$learning_rate" \
    --lr-decay none --momentum "$momentum" --quiet --json "$1" </dev/null >&2
}
last_wall() { "$python" -c 'import json,sys; print(json.load(sys.stdin)["walls_s"][-1])'; }

# PyTorch gets the kernels that the baseline runs with, whatever OpenBLAS would have chosen for it.
core=$(ours 1 | "$python" -c 'import json,sys; print(json.load(sys.stdin)["blas_core"])')
export OPENBLAS_CORETYPE=$core
active=$(theirs 2 active 2 | last_wall) passive=$(theirs 2 passive 2 | last_wall)
if awk "BEGIN { exit !($active < $passive) }"; then wait=active; else wait=passive; fi
for round in $(seq "$rounds"); do
  ours 1 >>"$scratch/ours.1"
  theirs 1 passive "$epochs" >>"$scratch/torch.1"
  ours 2 >>"$scratch/ours.2"
  theirs 2 "$wait" "$epochs" >>"$scratch/torch.2"
  if [ -x "$build/mixnn" ] && command -v mpirun >/dev/null; then
    mixnn "$scratch/mixnn.$round.json"
  fi
  echo "round $round of $rounds done" >&2
done

grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /CPU: /'
echo "PyTorch at 2 threads: OMP_WAIT_POLICY=$wait (trial: active $active s, passive $passive s)"
echo "CPUs: $(nproc), load at the end: $(cut -d' ' -f1-3 /proc/loadavg)"
"$python" bench/peers_summary.py "$model" "$batch" "$scratch"
