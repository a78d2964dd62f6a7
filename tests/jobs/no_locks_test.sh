#!/usr/bin/env bash
# A run folder whose file system has no locks: the job said that another was at work there.
source "$(dirname "$0")/lib.sh"
clone_up
command_of flock <<'END'
echo 'flock: 10: Function not implemented' >&2
exit 71
END
command_of squeue <<END
[[ "\$*" != *'-j 6 -t'* ]] || cat "$scratch/queue" 2>/dev/null
END
export MIXNN_LAUNCH=mpirun
job() {
  (cd "$clone" && sbatch jobs/train.sbatch runs/first models/mlp.json) >"$scratch/said" 2>&1
}
job
has "what is missing is said" "$log" "no file locks in"
has "and the job runs" "$log" "finished; results are in"
echo 6 >"$clone/runs/first/.lock" # what job 6 has left
job
has "another job that has ended is no hindrance" "$log" "finished; results are in"
echo 6 >"$clone/runs/first/.lock"
echo "6 all mixnn-train R" >"$scratch/queue"
job
has "another job that Slurm knows is at work" "$log" "job 6 is at work in"
finish
