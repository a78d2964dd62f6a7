#!/usr/bin/env bash
# The reference's bits whichever way cells are sealed, handed on and waited for.
#   usage: ways_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
cmake=$2

identical() { # identical NAME [VARIABLE=VALUE]... -- OPTION...
  local name=$1 settings=()
  shift
  while [[ $1 != -- ]]; do
    settings+=("$1")
    shift
  done
  shift
  succeeds "$name" env "${settings[@]}" mpirun -n 8 --oversubscribe "$mixnn" compare \
    "$digits_model" "${digits[@]}" --epochs 1 --json "$scratch/way.json" "$@"
  "$cmake" -DFILE="$scratch/way.json" -DKEYS=bit_identical -DVALUE=ON -P "$here/json_value.cmake" \
    >"$output" 2>&1 ||
    failed "$name" "other bits"
  rm -f "$scratch/way.json"
}

for wait in doorbell poll; do
  for cells in shared copied; do
    for backend in best libsodium; do
      identical "$wait, $cells, $backend" MIXNN_WAIT=$wait MIXNN_CELLS=$cells \
        MIXNN_AEAD_BACKEND=$backend -- --batch-size 50 --cell-size 4096
    done
  done
done
# 2048 features: products large enough to be shared with helpers.
printf '%s' '{"name": "broad", "input": {"shape": [1, 8, 8], "scale": 0.0625},
  "loss": "cross_entropy", "stages": [
  {"layers": [{"type": "flatten"}, {"type": "linear", "out_features": 2048}, {"type": "relu"}]},
  {"layers": [{"type": "linear", "out_features": 256}, {"type": "relu"}]},
  {"layers": [{"type": "linear", "out_features": 10}]}]}' >"$scratch/broad.json"
for helpers in 0 1 3; do
  digits_model=$scratch/broad.json identical "$helpers helpers" MIXNN_HELPERS=$helpers -- \
    --batch-size 100
  digits_model=$scratch/broad.json identical "$helpers helpers, polling" MIXNN_HELPERS=$helpers \
    MIXNN_WAIT=poll -- --batch-size 100
done
message "a number of helpers that there is not" 2 "MIXNN_HELPERS must be a number from 0 to 63" \
  env MIXNN_HELPERS=many mpirun -n 8 --oversubscribe "$mixnn" train "$digits_model" "${digits[@]}"
# Ranks that seal by different libraries understand each other.
succeeds "backends of both kinds in one job" mpirun -n 1 -x MIXNN_AEAD_BACKEND=libsodium "$mixnn" \
  compare "$digits_model" "${digits[@]}" --epochs 1 --json "$scratch/both.json" : -n 7 \
  --oversubscribe "$mixnn" node
"$cmake" -DFILE="$scratch/both.json" -DKEYS=bit_identical -DVALUE=ON -P "$here/json_value.cmake" \
  >"$output" 2>&1 ||
  failed "backends of both kinds in one job" "other bits"
message "a way to wait that there is not" 2 "MIXNN_WAIT must be 'doorbell' or 'poll'" \
  env MIXNN_WAIT=sometimes mpirun -n 8 --oversubscribe "$mixnn" train "$digits_model" "${digits[@]}"
message "a way to hand cells on that there is not" 2 "MIXNN_CELLS must be 'shared' or 'copied'" \
  env MIXNN_CELLS=some mpirun -n 8 --oversubscribe "$mixnn" train "$digits_model" "${digits[@]}"
finish
