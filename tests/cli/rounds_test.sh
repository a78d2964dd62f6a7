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
identical "stale weights" 7 -- --staleness 1 --hops 2
identical "a pace" 5 -- --pace 1500 --hops 1 --batch-size 200
identical "chacha20poly1305, clipping" 7 -- --aead chacha20poly1305 --clip-norm 0.5

# A training that is told to stop, and goes on among other ranks, has the bits of onion traffic.
training=(train "$digits_model" "${digits[@]}" --seed 7 --epochs 6 --quiet --micro-batches 4)
kept=(--traffic rounds --checkpoint "$scratch/folder" --checkpoint-key "$scratch/key"
  --checkpoint-every 5b)
seven=(mpirun -n 7 --oversubscribe "$mixnn")
sha() { # sha FILE
  "$cmake" -DFILE="$1" -DKEYS="mixnn,parameters_sha256" -DSHOW=ON -P "$here/json_value.cmake" 2>&1
}
succeeds "in onion traffic" "${seven[@]}" "${training[@]}" --json "$scratch/onion.json"
timeout --kill-after=5 "$patience" mpirun -n 8 --oversubscribe "$mixnn" "${training[@]}" \
  "${kept[@]}" </dev/null >"$output" 2>&1 &
job=$!
for ((i = 0; i < 400; ++i)); do
  [[ -z $(find "$scratch/folder" -name '*.manifest' 2>/dev/null) ]] || break
  sleep 0.05
done
pkill -USR1 -P "$job" # mpirun
code=0
wait "$job" || code=$?
((code == 75)) || failed "told to stop" "exit code $code, not 75"
succeeds "goes on" "${seven[@]}" "${training[@]}" "${kept[@]}" --json "$scratch/on.json"
[[ $(sha "$scratch/on.json") == "$(sha "$scratch/onion.json")" ]] || failed "goes on" "other bits"
succeeds "evaluated in rounds" "${seven[@]}" evaluate "$digits_model" "${digits[@]}" \
  --traffic rounds --checkpoint "$scratch/folder" --checkpoint-key "$scratch/key"

message "a pace without rounds" 2 "--pace and --allowance are for --traffic rounds" "${seven[@]}" \
  train "$digits_model" "${digits[@]}" --pace auto --allowance 3
message "too few hops" 2 "--hops" "${seven[@]}" train "$digits_model" "${digits[@]}" \
  --traffic rounds --hops 0
message "a schedule" 2 "--schedule" "${seven[@]}" train "$digits_model" "${digits[@]}" \
  --traffic rounds --schedule gpipe
message "no such traffic" 2 "--traffic" "${seven[@]}" train "$digits_model" "${digits[@]}" \
  --traffic circles
finish
