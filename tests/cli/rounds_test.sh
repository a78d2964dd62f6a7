#!/usr/bin/env bash
# Traffic in rounds over real ranks: the bits of the reference for every number of hops, over memory
# that ranks share and over MPI, with spot checks, the owner's own ends, and after a resume; what
# does not go with it is refused.
#   usage: rounds_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
cmake=$2
patience=60

identical() { # identical NAME RANKS [VARIABLE=VALUE]... -- OPTION...
  local name=$1 count=$2 settings=()
  shift 2
  while [[ $1 != -- ]]; do
    settings+=("$1")
    shift
  done
  shift
  succeeds "$name" env "${settings[@]}" mpirun -n "$count" --oversubscribe "$mixnn" compare \
    "$digits_model" "${digits[@]}" --epochs 1 --traffic rounds --json "$scratch/rounds.json" "$@"
  "$cmake" -DFILE="$scratch/rounds.json" -DKEYS=bit_identical -DVALUE=ON \
    -P "$here/json_value.cmake" >"$output" 2>&1 ||
    failed "$name" "other bits"
  rm -f "$scratch/rounds.json"
}

identical "3 hops" 8 --
identical "2 hops, libsodium" 6 MIXNN_AEAD_BACKEND=libsodium -- --hops 2 --batch-size 100
identical "1 hop, all checked" 7 -- --hops 1 --spot-checks 1
identical "polling, copied" 7 MIXNN_WAIT=poll MIXNN_CELLS=copied -- --micro-batches 4
identical "owner's ends, bfloat16" 9 -- --owner-ends last --wire-dtype bfloat16
identical "chacha20poly1305, clipping" 7 -- --aead chacha20poly1305 --clip-norm 0.5

# A training that stops and goes on among other ranks.
training=(train "$digits_model" "${digits[@]}" --seed 7 --epochs 3 --quiet --traffic rounds
  --micro-batches 4)
sha() { # sha FILE
  "$cmake" -DFILE="$1" -DKEYS="mixnn,parameters_sha256" -DSHOW=ON -P "$here/json_value.cmake" 2>&1
}
succeeds "at once" ranks 7 "$mixnn" "${training[@]}" --json "$scratch/at-once.json"
succeeds "with checkpoints" ranks 8 "$mixnn" "${training[@]}" --checkpoint "$scratch/folder" \
  --checkpoint-key "$scratch/key" --checkpoint-every 5 --json "$scratch/with.json"
[[ $(sha "$scratch/at-once.json") == "$(sha "$scratch/with.json")" ]] ||
  failed "with checkpoints" "other bits"
succeeds "evaluated in rounds" ranks 7 "$mixnn" evaluate "$digits_model" "${digits[@]}" \
  --checkpoint "$scratch/folder" --checkpoint-key "$scratch/key" --traffic rounds

message "too few hops" 2 "--hops" ranks 7 "$mixnn" train "$digits_model" "${digits[@]}" \
  --traffic rounds --hops 0
message "a schedule" 2 "--schedule" ranks 7 "$mixnn" train "$digits_model" "${digits[@]}" \
  --traffic rounds --schedule gpipe
message "no such traffic" 2 "--traffic" ranks 7 "$mixnn" train "$digits_model" "${digits[@]}" \
  --traffic circles
finish
