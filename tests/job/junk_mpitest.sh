#!/usr/bin/env bash
# Jobs of real MPI ranks that are sent junk all the time: the right bits, and all of it refused.
# Junk cells take no memory. How much of a flood of 800 MB of datagrams waits in Open MPI's queues
# is a matter of who gets the processors (docs/threat-model.md has what was measured).
#   usage: junk_mpitest.sh JUNK_JOB
set -euo pipefail
job=$1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_orte_execute_quiet=1
failures=0

# check LEAST MOST ARGUMENT...: so many messages are refused at least, and rank 0 takes so many MiB
# at most
check() {
  local least=$1 most=$2 line code=0 refused resident
  line=$(timeout 120 mpirun -n 8 --oversubscribe "$job" "${@:3}" 2>&1 </dev/null) || code=$?
  refused=$(sed -n 's/^same bits; \([0-9]*\) messages refused.*/\1/p' <<<"$line")
  resident=$(sed -n 's/.* rank 0 took \([0-9]*\) MiB$/\1/p' <<<"$line")
  if ((code == 0)) && ((${refused:-0} >= least)) && ((${resident:-9999} <= most)); then
    echo "ok: $*: $line"
  else
    echo "FAILED: $*: exit code $code: $line"
    failures=$((failures + 1))
  fi
}

check 5000 100 cells 2 60
export MIXNN_CELLS=copied MIXNN_WAIT=poll
check 5000 100 cells 2 60
OMPI_MCA_btl=tcp,self check 5000 1600 datagrams 200 60
((failures == 0))
