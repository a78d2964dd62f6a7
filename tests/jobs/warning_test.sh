#!/usr/bin/env bash
# A warning time longer than the time limit: the job checkpointed after a step and queued itself
# again, for ever. Signals that end a job: it checkpoints, and its exit code is 75.
source "$(dirname "$0")/lib.sh"
clone_up
slurm train NAME=first WARNING=60 TIME=1
has "not less than TIME: not submitted" "$said" "WARNING has to be less than TIME"
[[ ! -s $log ]] || failed "it was submitted" "$log"
echo 1:00 >"$scratch/limit" # a partition's, say
slurm train NAME=first WARNING=100 TIME=2
has "not less than what Slurm gives: refused" "$log" "WARNING has to be less than TIME"
rm "$scratch/limit"
for limit in 0:59 0-0:0:59; do
  slurm train NAME=first WARNING=59 "TIME=$limit"
  has "TIME=$limit" "$said" "of a job of 59 s"
done

export WARN=USR1 WORK=yes MIXNN_LAUNCH=mpirun
for restarts in 0 1 2; do
  rm -f "$told"
  (cd "$clone" && RESTARTS=$restarts sbatch jobs/train.sbatch runs/early models/mlp.json) \
    >"$scratch/said" 2>&1
  if ((restarts < 2)); then
    has "life $((restarts + 1)) is queued again" "$told" "scontrol requeue 7"
  else
    has "the third in a row that is warned as it begins is not" "$log" "but not queued again"
    has_not "Slurm is not asked" "$told" "scontrol requeue"
  fi
  has "life $((restarts + 1)) has checkpointed" "$log" "exit code 75"
done

for WARN in INT HUP TERM; do
  for MIXNN_LAUNCH in mpirun srun; do
    rm -f "$told"
    (cd "$clone" && sbatch jobs/train.sbatch "runs/$WARN" models/mlp.json) >"$scratch/said" 2>&1
    has "$WARN by $MIXNN_LAUNCH: how to go on" "$log" "told to end; go on with: make"
    has "$WARN by $MIXNN_LAUNCH: checkpointed" "$log" "exit code 75"
  done
done
finish
