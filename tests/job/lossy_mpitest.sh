#!/usr/bin/env bash
# The program over bad links, as bench/soak.sh takes it: slots of rounds are lost and altered in a
# job of real MPI ranks, all go back, and the bits are those of the reference.
#   usage: lossy_mpitest.sh LOSSY_MIXNN
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
output=$(mktemp)
trap 'rm -f "$output"' EXIT

code=0
LOSSES=0.0004 timeout -k 5 100 mpirun -n 5 --oversubscribe "$1" compare \
  "$root/models/digits.json" --data "$root/tests/data/digits" --traffic rounds --hops 1 \
  --epochs 1 --batch-size 200 --micro-batches 3 --rewinds 1000000 --timeout 3 \
  </dev/null >"$output" 2>&1 || code=$?

failed() {
  printf 'FAILED: %s:\n' "$1"
  cat "$output"
  exit 1
}
((code == 0)) || failed "exit code $code"
grep -q 'bit-identical' "$output" || failed "other bits"
grep -q ' rewinds .*the run went on' "$output" || failed "all never went back"
(($(grep -c '^losses {"sent": ' "$output") == 5)) || failed "not all said what they did"
grep -E '^ +rewinds' "$output" | tail -1
