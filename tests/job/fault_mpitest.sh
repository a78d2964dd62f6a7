#!/usr/bin/env bash
# Jobs of real MPI ranks in which cells are lost, altered or repeated, or a rank is stopped or
# killed: the right exit code, one message, in time; or the right bits.
#   usage: fault_mpitest.sh FAULT_JOB cells|ranks
set -euo pipefail
job=$1 part=$2
source "${BASH_SOURCE[0]%/*}/ends.sh"

has_results() {
  grep -q 'same bits' "$output" && return
  echo "FAILED: the results of the finished job are lost"
  failures=$((failures + 1))
}

cells() {
  local rank number
  succeeds none 0 0 20
  for rank in 0 3 6; do
    for number in 0 7 90; do
      fails 'no progress for 2 s; outstanding: [a-z]' drop $rank $number 2
      fails 'refused a cell of the run that came from rank [0-9]+: its body does not authenticate' \
        flip $rank $number 20
      ends 0 0 "same bits; 1 message from rank $rank was refused by rank" replay $rank $number 20
    done
  done
  succeeds checked 0 0 20
  fails '^mixnn: rank [1-7], the host of stage [23], or rank [1-7], the host of stage [12],' \
    lie 0 0 20
  # in shared memory there are none of another size
  MIXNN_CELLS=copied ends 0 0 'same bits; 1 message from rank 6 was refused by rank' size 6 30 20
}

# Stopped for good: an end, and a word for whom it was. What was finished by then is there.
stopped() {
  fails '^mixnn: rank 0: not all ranks of the job came to MPI_Init within the timeout of 3 s' \
    stop 3 init 3
  fails '^mixnn: rank 3 did not join within the timeout of 3 s' stop 3 join 3
  fails '^mixnn: no handshake from rank 3 within the timeout' stop 3 handshake 3
  fails '^mixnn: no progress for 3 s; outstanding: [a-z]' stop 3 cells 3
  ends 0 1 '^mixnn: rank 3 did not leave within the timeout of 3 s' stop 3 leave 3
  has_results
  ends 0 1 '^mixnn: rank 0: not all ranks of the job came to MPI_Finalize within the timeout' \
    stop 3 finalize 3
  has_results
}

# mpirun ends the job, whoever waits for the rank.
killed() {
  local moment
  for moment in init join handshake cells; do
    ends 137 0 '' kill 3 $moment 20
  done
  for moment in leave finalize; do
    ends 137 0 'same bits' kill 3 $moment 20
  done
}

# A rank that goes on in time is waited for; the owner is, for longer than the timeout, too.
paused() {
  local moment
  for moment in init leave; do
    succeeds pause 3 $moment 20
  done
  for moment in join handshake cells leave; do
    succeeds pause 0 $moment 3
  done
}

ranks() {
  stopped
  killed
  paused
}

"$part"
((failures == 0))
