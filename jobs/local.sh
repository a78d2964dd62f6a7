#!/usr/bin/env bash
# Installs what is missing, builds, and compares training through the relays with the same training
# in one process, on this machine:
#   bash jobs/local.sh [MODEL] [OPTIONS of mixnn compare]
#   bash jobs/local.sh models/wide.json --hops 2              for example
# MIXNN_RANKS=N (default 8) sets the number of ranks. Safe to run again, from any folder.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/jobs/lib.sh"

model=$root/models/mlp.json
if (($# > 0)) && [[ $1 != -* ]]; then
  model=$1
  shift
fi
data_given=${MIXNN_DATA:-}
for argument in "$@"; do
  [[ $argument != --data && $argument != --data=* ]] || data_given=yes
done

need_build
[[ -n $data_given ]] || need dataset-fashion-mnist has_fashion_mnist
install_missing
want_fast_sealing
install_optional

if [[ ! -f $root/build/CMakeCache.txt ]]; then
  say "building in build/ (a minute or two, the first time)"
  configure "$root/build" -DCMAKE_BUILD_TYPE=Release -DMIXNN_TESTS=OFF
else
  say "building in build/ what has changed"
  configure "$root/build" -DCMAKE_BUILD_TYPE=Release
fi
build "$root/build" --target mixnn

mpirun_settings
ranks=${MIXNN_RANKS:-8}
command=(mpirun -n "$ranks" --oversubscribe "$root/build/mixnn" compare "$model" --epochs 5
  --out "$root/out" "$@")
say "running: ${command[*]}"
[[ -z ${OPENBLAS_CORETYPE:-} ]] || say \
  "OPENBLAS_CORETYPE=$OPENBLAS_CORETYPE is set: it forces the kernels of that processor"
explained "${command[@]}"
