# shellcheck shell=bash
# What the job scripts share. Sourced by bash inside a job, after `root` is set to the repository.
# shellcheck source=jobs/lib.sh
source "$root/jobs/lib.sh"

# One message in the job's log, and the exit code of bad input.
stop() {
  printf 'mixnn: %s\n' "$*" >&2
  exit 2
}

# Installed, share/mixnn is the root, and the program is in the bin beside share.
if [[ -e $root/jobs/build.sh ]]; then build=$root/build; else build=$root/../../bin; fi
build=${MIXNN_BUILD:-$build}
mixnn=$build/mixnn
launch=${MIXNN_LAUNCH:-mpirun}
modules=${MIXNN_MODULES:-}
umask 077

# Relative names in a job's arguments are those of the folder that it was submitted from.
enter_submission_folder() {
  local folder=${SLURM_SUBMIT_DIR:-$root}
  cd "$folder" || stop "cannot enter $folder"
}

# The site's modules. An old `module` ends with 0 whatever happens, so what it says counts, too.
load_modules() {
  [[ -n $modules ]] || return 0
  local init name said why
  for init in "${MODULESHOME:-/nonexistent}/init/bash" /etc/profile.d/{lmod,modules,z00_lmod}.sh; do
    # shellcheck disable=SC1090 # the site's
    if ! type module >/dev/null 2>&1 && [[ -r $init ]]; then source "$init" || true; fi
  done
  type module >/dev/null 2>&1 || stop \
    "modules '$modules' are asked for, but $(hostname) has no module command: set MODULES="
  said=$(mktemp)
  for name in $modules; do
    if ! module load "$name" 2>"$said" || grep -qiE 'error|unable' "$said"; then
      why=$({ grep -iE 'error|unable' "$said" || grep -v '^ *$' "$said"; } | head -1 |
        sed 's/^ *//')
      rm -f "$said"
      stop "module $name cannot be loaded on $(hostname)${why:+: $why}"
    fi
  done
  rm -f "$said"
}

check_launcher() {
  [[ $launch == mpirun || $launch == srun ]] || stop "LAUNCH is mpirun or srun, not '$launch'"
  has_command "$launch" ||
    stop "$(hostname) has no $launch: set MODULES to those that the program was built with"
}

# The program is there, and can run here.
check_program() {
  [[ -x $mixnn ]] || stop "no program $mixnn: make -f Makefile.slurm build"
  local absent
  absent=$(ldd "$mixnn" 2>/dev/null | awk '/not found/ { print $1 }' | xargs)
  [[ -z $absent ]] || stop \
    "$mixnn misses $absent on $(hostname): set MODULES to those that it was built with"
}

# private_folder WHAT DIR: made for its owner alone; one that is there has to be so already.
private_folder() {
  local mode
  mkdir -p -- "$2" 2>/dev/null || stop \
    "$1 $2 cannot be made: $(mkdir -p -- "$2" 2>&1 | sed 's/.*: //')"
  mode=$(stat -L -c %a -- "$2")
  [[ -O $2 ]] || stop "$1 $2 belongs to $(stat -L -c %U -- "$2"), not to $(id -un)"
  (((8#$mode & 077) == 0)) || stop "$1 $2 is open to others (mode $mode): chmod 700 $2"
  { : >"$2/.writable.$$"; } 2>/dev/null || stop "$1 $2 cannot be written to from $(hostname)"
  rm -f -- "$2/.writable.$$"
}

# What is the owner's goes to rank 0 alone, in a file that only this user can read: options, and the
# environment's MIXNN_... but for the few that each rank has. So neither the nodes' command lines
# nor their environments tell anything.
everyones=(MIXNN_WAIT MIXNN_CELLS MIXNN_HELPERS MIXNN_AEAD_BACKEND)
# owner_program FILE COMMAND...: FILE becomes a script that runs COMMAND with the owner's settings
owner_program() {
  local file=$1 name
  shift
  {
    printf '#!/usr/bin/env bash\n'
    for name in "${!MIXNN_@}"; do
      [[ " ${everyones[*]} " == *" $name "* ]] || printf 'export %s=%q\n' "$name" "${!name}"
    done
    printf 'exec'
    printf ' %q' "$@"
    printf '\n'
  } >"$file"
  chmod 700 "$file"
}
drop_owner_settings() {
  local name
  for name in "${!MIXNN_@}"; do
    [[ " ${everyones[*]} " == *" $name "* ]] || unset "$name"
  done
}

# ranks_command OWNER RANKS: `command` becomes what starts OWNER as rank 0 and nodes as the others.
ranks_command() {
  if [[ $launch == srun ]]; then
    printf '0 %s\n1-%d %s node\n' "$1" "$(($2 - 1))" "$mixnn" >"$1.ranks"
    # Without the ring, Debian's build now and then fails to start across hosts.
    export SLURM_PMIX_FENCE=${SLURM_PMIX_FENCE:-ring}
    command=(srun --mpi=pmix --ntasks="$2" --kill-on-bad-exit=1 --multi-prog "$1.ranks")
  else
    command=(mpirun -n 1 "$1" : -n "$(($2 - 1))" "$mixnn" node)
  fi
}
