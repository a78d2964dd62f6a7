#!/usr/bin/env bash
# Installs what is missing, builds, and compares training through the relays with the same training
# in one process, on this machine:
#   bash jobs/local.sh [MODEL] [OPTIONS of mixnn compare]
#   bash jobs/local.sh models/wide.json --hops 2              for example
# The networks of models/ get settings that suit them, and their data if Debian has them; what
# stands behind MODEL counts more. All results are in out/, with curves.svg, a picture of the
# training, where python3-matplotlib is (if MODEL is named, it is installed).
# MIXNN_RANKS=N (default 8) sets the number of ranks. Safe to run again, from any folder.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/jobs/lib.sh"
source "$root/jobs/models.sh"

model=$root/models/mlp.json named=''
if (($# > 0)) && [[ $1 != -* ]]; then
  model=$1 named=yes
  shift
fi
ours='' # the name of a network of models/
[[ ! $model -ef $root/models/$(basename "$model") ]] || ours=$(basename "$model" .json)
data_given=${MIXNN_DATA:-}
for argument in "$@"; do
  [[ $argument != --data && $argument != --data=* ]] || data_given=yes
done

need_build
[[ -n $data_given ]] || need dataset-fashion-mnist has_fashion_mnist
[[ -z $named ]] || need python3 has_command python3
install_missing
want_fast_sealing
[[ -z $named ]] || need python3-matplotlib has_python_module matplotlib
install_optional

if [[ ! -f $root/build/CMakeCache.txt ]]; then
  say "building in build/ (a minute or two, the first time)"
  configure "$root/build" -DCMAKE_BUILD_TYPE=Release -DMIXNN_TESTS=OFF "${joined[@]}"
else
  say "building in build/ what has changed"
  configure "$root/build" -DCMAKE_BUILD_TYPE=Release
fi
build "$root/build" --target mixnn

mpirun_settings
ranks=${MIXNN_RANKS:-8}
read -ra settings <<<"$(model_settings "$ours")"
data=''
[[ -n $data_given || -z $ours ]] || data=$(model_data "$ours")
[[ -z $data ]] || settings+=(--data "$data")
command=(mpirun -n "$ranks" --oversubscribe "$root/build/mixnn" compare "$model" "${settings[@]}"
  --out "$root/out" --log "$root/out/log.csv" "$@")
mkdir -p "$root/out"
say "running: ${command[*]}"
[[ -z ${OPENBLAS_CORETYPE:-} ]] || say \
  "OPENBLAS_CORETYPE=$OPENBLAS_CORETYPE is set: it forces the kernels of that processor"
explained "${command[@]}"
if has_python_module matplotlib; then
  /usr/bin/python3 -B "$root/bench/curves.py" "$root/out/log.csv" -o "$root/out/curves.svg"
  say "curves of the training: $root/out/curves.svg"
else
  say "with python3-matplotlib there would be a picture of the training's curves"
fi
