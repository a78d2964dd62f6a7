#!/usr/bin/env bash
# Writes down what a job is told besides its arguments, for Makefile.slurm, and prints the name of
# the file, which is for your eyes alone: settings.sh FOLDER [WARNING TIME]
# It holds NAME=VALUE, each ended by a zero byte: a site may not hand on the environment
# (SBATCH_EXPORT=NONE).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/slurm.sh
source "$root/jobs/slurm.sh"
if (($# > 1)); then
  check_warning "$2" "${3:-}"
  export MIXNN_WARNING=$2
fi
# A job's HOME may be another one.
state=${XDG_STATE_HOME:-${HOME:+$HOME/.local/state}}
key=${MIXNN_CHECKPOINT_KEY:-${state:+$state/mixnn/checkpoint.key}}
[[ -z $key ]] || export MIXNN_CHECKPOINT_KEY="$key"
file=$(mktemp "$1/settings.XXXXXX") || stop "cannot write to $1"
for name in $(compgen -e); do
  case $name in
    MIXNN_* | OMPI_* | PMIX_* | UCX_* | OPENBLAS_* | ONEDNN_* | OMP_* | SLURM_PMIX_* | PATH | \
      LD_LIBRARY_PATH)
      printf '%s=%s\0' "$name" "${!name}"
      ;;
  esac
done >"$file"
printf '%s\n' "$file"
