#!/usr/bin/env bash
# A job without HOME, as some sites start them: the checkpoint key is in the user's home all the
# same, by what the system says of the user, and no variable is missing.
source "$(dirname "$0")/lib.sh"
clone_up
sed -i -e "s|env --default-signal=INT|env --default-signal=INT -u HOME|" \
  -e "s| HOME=\"[^\"]*\"||" "$bin/sbatch"
command_of getent <<END
echo "user:x:0:0::$scratch/home of the user:/bin/bash"
END
export MIXNN_LAUNCH=mpirun
unset HOME
(cd "$clone" && sbatch jobs/train.sbatch runs/first models/mlp.json) >"$scratch/said" 2>&1
has_not "no variable is missing" "$log" "unbound variable"
has "the job runs" "$log" "finished; results are in"
has "its key is in the user's home" "$told" \
  "<$scratch/home of the user/.local/state/mixnn/checkpoint.key>"
finish
