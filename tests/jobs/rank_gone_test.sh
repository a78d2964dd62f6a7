#!/usr/bin/env bash
# A rank that is killed: the job ended with 137 and not one word. What mpirun and srun say of it
# becomes one message; what they only repeat is left out.
source "$(dirname "$0")/lib.sh"
source "$root/jobs/lib.sh"
ruler=$(printf -- '-%.0s' {1..74})
output=$scratch/output
told() { # told CODE: standard input through tell_of_ranks
  local code=0
  (tell_of_ranks) >"$output" || code=$?
  ((code == $1)) || failed "exit code $code, not $1" "$output"
}
one() { # one NAME TEXT: just one message
  has "$1" "$output" "$2"
  (($(wc -l <"$output") == 1)) || failed "$1: more than a line" "$output"
}
block() { printf '%s\n' "$ruler" "$@" "$ruler"; }
ended=("Primary job  terminated normally, but 1 process returned"
  "a non-zero exit code. Per user-direction, the job has been aborted.")
noticed() { echo "mpirun noticed that process rank 3 with PID 71 on node h2 exited on signal $1."; }

{ block "${ended[@]}" && block "$(noticed '9 (Killed)')"; } | told 0
one "mpirun: killed" "mixnn: rank 3 on h2 was killed (signal 9, SIGKILL)"
has "what to do" "$output" 'mixnn plan MODEL --ranks N says what memory ranks need'
block "$(noticed '11 (Segmentation fault)')" | told 0
one "mpirun: a fault" "rank 3 on h2 ended by signal 11 (SIGSEGV)"
block "ORTE has lost communication with a remote daemon." "" \
  "  HNP daemon   : [[1,0],0] on node h1" \
  "  Remote daemon: [[1,0],3] on node h4" "" "This is usually due to ..." | told 0
one "mpirun: a host" "mixnn: host h4 is gone"
{ echo "mixnn: --epochs is 0" && block "${ended[@]}"; } | told 0
one "the program has said why" "mixnn: --epochs is 0"
block "MPI_ABORT was invoked on rank 0" | told 0
has "nobody has said why" "$output" "MPI_ABORT was invoked"
block "There are not enough slots available" | told 0
has "other words of mpirun" "$output" "not enough slots"
{ echo "mixnn: SIGTERM: checkpointed after 2 epochs" && block "${ended[@]}"; } | told 75
one "checkpointed" "checkpointed after"

printf 'srun: error: h2: task 3: Killed\nsrun: error: h3: tasks 4-5: Killed\n' | told 0
one "srun: killed" "mixnn: rank 3 on h2 was killed (signal 9"
echo 'srun: error: h2: task 3: Out Of Memory' | told 0
one "srun: out of memory" "rank 3 on h2 ran out of memory"
printf 'srun: error: Unable to create step\n' | told 0
one "other words of srun" "srun: error: Unable to create step"

# A host that is cut off: the program ends in time, and mpirun would not.
code=0 begin=$SECONDS launcher_patience=1
explained bash -c 'printf "%s\n" "mixnn: no progress" "$@" >&2; sleep 100' bash "$ruler" \
  "MPI_ABORT was invoked on rank 0" "$ruler" 2>"$output" || code=$?
((code == 1 && SECONDS - begin < 50)) || failed "mpirun that does not end: code $code" "$output"
has "mpirun that does not end" "$output" "waits for a host that it cannot reach"

code=0
explained bash -c 'kill -KILL $$' 2>"$output" || code=$?
((code == 137)) || failed "its exit code is $code, not 137" "$output"
code=0
explained bash -c 'echo out; echo "mixnn: SIGINT: checkpointed" >&2; exit 1' >"$output" 2>&1 ||
  code=$?
((code == 75)) || failed "its exit code is $code, not 75" "$output"
has "standard output passes" "$output" "out"
finish
