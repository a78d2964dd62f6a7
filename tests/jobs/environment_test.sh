#!/usr/bin/env bash
# A site may start jobs without the environment that they were submitted from (SBATCH_EXPORT=NONE):
# launcher, modules and seed were dropped without a word.
source "$(dirname "$0")/lib.sh"
clone_up
export SBATCH_EXPORT=NONE MIXNN_SEED=41
slurm train NAME=first LAUNCH=srun
has "the launcher is the one that was asked for" "$told" "srun --mpi=pmix"
has "each rank gets its processors" "$told" "--cpus-per-task=2"
has "rank 0 gets the seed" "$told" "owner seed 41 launch none"
has "nodes do not" "$told" "node seed none"
[[ $(stat -c %a "$clone"/runs/first/logs/settings.*) == 600 ]] ||
  failed "what the job is told is for others to read" "$said"

slurm train NAME=second MODULES=no/such
grep -qE 'no module command|cannot be loaded' "$log" || failed "modules are dropped" "$log"

(cd "$clone" && sbatch jobs/train.sbatch runs/third models/mlp.json) >"$scratch/said" 2>&1
has "a job without settings is refused" "$log" "submitted with --export=NONE"
has "with the exit code of bad input" "$log" "exit code 2"
rm "$clone"/runs/first/logs/settings.*
(cd "$clone" && sbatch jobs/train.sbatch --settings=runs/first/logs/settings.x runs/first) \
  >"$scratch/said" 2>&1
has "settings that are gone are refused" "$log" "no settings file"
finish
