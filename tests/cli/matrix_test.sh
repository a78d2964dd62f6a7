#!/usr/bin/env bash
# Over real ranks: the bits of the reference for every number of hops, of micro-batches, batch sizes
# that do not divide the data set, both schedules, both suites and both types of activations.
#   usage: matrix_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
cmake=$2

identical() { # identical RANKS OPTION...
  local count=$1
  shift
  succeeds "$count ranks $*" mpirun -n "$count" --oversubscribe "$mixnn" compare "$digits_model" \
    "${digits[@]}" --epochs 1 --json "$scratch/matrix.json" "$@"
  "$cmake" -DFILE="$scratch/matrix.json" -DKEYS=bit_identical -DVALUE=ON \
    -P "$here/json_value.cmake" >"$output" 2>&1 ||
    failed "$*" "other bits"
  rm -f "$scratch/matrix.json"
}

identical 4 --hops 0
identical 5 --hops 1
identical 6 --hops 2
identical 7 --hops 3 --micro-batches 1
identical 9 --hops 5 --micro-batches 2
identical 8 --micro-batches 8 --schedule gpipe --batch-size 100
identical 8 --micro-batches 4 --batch-size 97 --aead chacha20poly1305
identical 8 --micro-batches 3 --batch-size 1437 --cell-size 4096 --in-flight 2
identical 12 --mix threshold:3:1 --batch-size 64 --padding cells
identical 8 --wire-dtype bfloat16
identical 7 --wire-dtype int8 --micro-batches 4
identical 7 --wire-dtype bfloat16 --micro-batches 3 --batch-size 100 --padding cells
finish
