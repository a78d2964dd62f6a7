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

# A job that was submitted without its environment has to be told of its settings in a file: what it
# is not told would silently be something else. Its ranks get the job's environment.
check_settings() {
  [[ -n ${settings:-} || ${SLURM_EXPORT_ENV:-ALL} == ALL* ]] || stop \
    "the job was submitted with --export=$SLURM_EXPORT_ENV (or SBATCH_EXPORT), so MIXNN_..." \
    "and OMPI_... settings are lost: submit by make -f Makefile.slurm, or with --export=ALL"
  export SLURM_EXPORT_ENV=ALL
  unset SLURM_GET_USER_ENV
}

# seconds_of TIME: of sbatch's --time, or what squeue shows; fails if it is no number, as UNLIMITED
seconds_of() {
  local days=0 rest=$1 parts
  if [[ $rest == *-* ]]; then
    days=${rest%%-*} rest=${rest#*-}
    [[ $rest == *:*:* ]] || { [[ $rest == *:* ]] && rest+=:0 || rest+=:0:0; }
  fi
  [[ $rest == *:* ]] || rest+=:0
  [[ $days:$rest =~ ^[0-9]+(:[0-9]+)+$ ]] || return 1
  [[ $rest == *:*:* ]] || rest=0:$rest
  IFS=: read -ra parts <<<"$rest"
  ((${#parts[@]} == 3)) || return 1
  printf '%s\n' "$((10#$days * 86400 + 10#${parts[0]} * 3600 + 10#${parts[1]} * 60 +
    10#${parts[2]}))"
}

# check_warning WARNING TIME: a warning that comes as the job begins would queue it again for ever
check_warning() {
  local limit
  [[ $1 =~ ^[0-9]+$ ]] || stop "WARNING is a number of seconds, not '$1'"
  limit=$(seconds_of "$2") && ((limit > 0)) || return 0
  ((10#$1 < limit)) || stop "a warning $1 s before the end of a job of $limit s comes as it" \
    "begins: WARNING has to be less than TIME"
}

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
scripts=(MIXNN_ROOT MIXNN_BUILD MIXNN_MODULES MIXNN_LAUNCH MIXNN_WARNING MIXNN_LINK
  MIXNN_LINK_COMMAND MIXNN_LATENCY_US MIXNN_PROCESSORS MIXNN_PATIENCE MIXNN_RANKS) # no program's
everyones=(MIXNN_WAIT MIXNN_CELLS MIXNN_HELPERS MIXNN_AEAD_BACKEND MIXNN_IDENTITY
  MIXNN_REQUIRE_IDENTITIES)
# owner_program FILE COMMAND...: FILE becomes a script that runs COMMAND with the owner's settings
owner_program() {
  local file=$1 name
  shift
  {
    printf '#!/usr/bin/env bash\n'
    for name in "${!MIXNN_@}"; do
      [[ " ${everyones[*]} ${scripts[*]} " == *" $name "* ]] ||
        printf 'export %s=%q\n' "$name" "${!name}"
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

drop_script_settings() { unset "${scripts[@]}"; }

# words_of COMMAND: `words` become those of a command that the site gives; quotes hold a word
# together
words_of() {
  words=()
  if [[ -x $1 ]]; then
    words=("$1")
  elif [[ -n $1 ]]; then
    mapfile -d '' -t words < <(xargs printf '%s\0' <<<"$1")
  fi
}

# What srun starts as each rank. Its --multi-prog takes no path with a space or a quote in it.
# shellcheck disable=SC2016 # expanded over there
srun_rank='((SLURM_PROCID > 0)) || exec "$1"; exec "$2" node'
# ranks_command OWNER RANKS: `command` becomes what starts OWNER as rank 0 and nodes as the others,
# on the hosts of `placed`, if it has any.
ranks_command() {
  if [[ $launch == srun ]]; then
    # Without the ring, Debian's build now and then fails to start across hosts.
    export SLURM_PMIX_FENCE=${SLURM_PMIX_FENCE:-ring}
    if ((${#placed[@]} > 0)); then
      printf '%s\n' "${placed[@]}" >"$1.hosts"
      export SLURM_HOSTFILE=$1.hosts SLURM_DISTRIBUTION=arbitrary
    fi
    command=(srun --mpi=pmix --ntasks="$2" --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}"
      --kill-on-bad-exit=1 bash -c "$srun_rank" rank "$1" "$mixnn")
  elif ((${#placed[@]} > 0)); then
    printf '%s\n' "${placed[0]}" >"$1.host"
    printf '%s\n' "${placed[@]:1}" >"$1.hosts"
    command=(mpirun --map-by seq --hostfile "$1.host" -n 1 "$1" :
      --hostfile "$1.hosts" -n "$(($2 - 1))" "$mixnn" node)
  else
    command=(mpirun -n 1 "$1" : -n "$(($2 - 1))" "$mixnn" node)
  fi
}

# counts_of LIST: what Slurm writes as 3(x2),1 is 3 3 1
counts_of() {
  local piece times
  for piece in ${1//,/ }; do
    times=1
    [[ $piece != *'(x'*')' ]] || { times=${piece#*x} && times=${times%)}; }
    for ((; times > 0; --times)); do printf '%s ' "${piece%%(*}"; done
  done
}

# place_ranks RANKS: `placed` becomes the host of each rank, and `placing` says it. Processes on one
# host can read each other's memory, so the owner is alone on the job's first node, where this runs,
# if the processors of the other nodes are enough for the others, and these are spread evenly. Empty
# on one node, if the site's own settings place ranks, and if ranks outnumber processors: then
# ranks go round the nodes.
placed=() placing=
place_ranks() {
  local ranks=$1 nodes room order others=0 before node i
  placed=() placing=
  ((${SLURM_NNODES:-1} > 1)) || return 0
  [[ -z ${OMPI_MCA_rmaps_base_mapping_policy:-}${SLURM_DISTRIBUTION:-} ]] || return 0
  mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST" 2>/dev/null)
  read -ra room <<<"$(counts_of "${SLURM_JOB_CPUS_PER_NODE:-}")"
  if ((${#nodes[@]} > 1 && ${#nodes[@]} == ${#room[@]})); then
    for i in "${!room[@]}"; do
      room[i]=$((room[i] / ${SLURM_CPUS_PER_TASK:-1}))
      ((i == 0)) || ((others += room[i]))
    done
    order=("${!nodes[@]}")
    order=("${order[@]:1}")
    placed=("${nodes[0]}")
    if ((others < ranks - 1)); then
      order+=(0)
      ((room[0] -= 1))
    fi
    until ((${#placed[@]} == ranks)); do
      before=${#placed[@]}
      for node in "${order[@]}"; do
        ((room[node] > 0 && ${#placed[@]} < ranks)) || continue
        placed+=("${nodes[node]}")
        ((room[node] -= 1))
      done
      if ((${#placed[@]} == before)); then
        placed=()
        break
      fi
    done
  fi
  if ((${#placed[@]} == 0)); then
    export OMPI_MCA_rmaps_base_mapping_policy=node SLURM_DISTRIBUTION=cyclic
    placing="ranks go round the nodes"
  elif ((others >= ranks - 1)); then
    placing="rank 0 alone on ${nodes[0]}"
  else
    placing="rank 0 not alone on ${nodes[0]}: the other nodes have $others processors for $((
      ranks - 1)) ranks (more NODES, or SBATCH_FLAGS=--exclusive, give more)"
  fi
}
