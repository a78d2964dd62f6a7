#!/usr/bin/env bash
# Lost, altered and repeated cells over real MPI ranks: exit code 1, one message, in time.
#   usage: fault_mpitest.sh FAULT_JOB
set -euo pipefail
job=$1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_orte_execute_quiet=1
output=$(mktemp)
trap 'rm -f "$output"' EXIT
failures=0

# check CODE PATTERN ARG...: PATTERN is found on exactly one line; a failing run prints one message
check() { checks "$1" "$1" "${@:2}"; }

# checks CODE MESSAGES PATTERN ARG...
checks() {
  local expected=$1 said=$2 pattern=$3 code=0
  shift 3
  timeout 60 mpirun -n 8 --oversubscribe "$job" "$@" >"$output" 2>&1 </dev/null || code=$?
  local messages
  messages=$(grep -c '^mixnn: ' "$output" || true)
  if ((code != expected)) || ((messages != said)) ||
    (($(grep -cE "$pattern" "$output" || true) != 1)); then
    echo "FAILED: $*: exit code $code, expected $expected and one line with '$pattern':"
    cat "$output"
    failures=$((failures + 1))
  else
    echo "ok: $*: $(grep -E "$pattern" "$output")"
  fi
}

check 0 'same bits' none 0 0 20
for rank in 0 3 6; do
  for number in 0 7 90; do
    check 1 'no progress for 2 s; outstanding: [a-z]' drop $rank $number 2
    check 1 'rejected a cell from rank [0-9]+: its body does not authenticate' flip $rank $number 20
    check 1 'rejected a cell from rank [0-9]+: it is a replay' replay $rank $number 20
  done
done

# In shared memory there are none of another size.
MIXNN_CELLS=copied check 1 'rank [1-7] .*rank 6 sent a cell of [0-9]+ bytes' size 6 30 20

# The work is done: whoever is late is waited for, though not for longer than the timeout.
check 0 'same bits' late 3 2 20
checks 0 1 '^mixnn: rank 3 did not leave within the timeout of 2 s' late 3 40 2
grep -q 'same bits' "$output" || { echo "FAILED: the results of a finished job are lost"; exit 1; }
((failures == 0))
