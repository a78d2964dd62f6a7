# What the scripts of jobs, bench and tests share. Sourced by bash, after `root` is set to the
# repository.

say() { printf '== %s\n' "$*"; }
stop() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 2
}

has_command() { command -v "$1" >/dev/null 2>&1; }
has_system_command() { PATH=$PATH:/usr/sbin:/sbin has_command "$1"; }
has_slurm_plugins() { compgen -G '/usr/lib/*/slurm*/mpi_pmix*.so' >/dev/null; }
has_library() { has_command pkg-config && pkg-config --exists "$1"; }
has_header() {
  has_command c++ || return 1
  printf '#include <%s>\n' "$1" | c++ -std=c++20 -E -x c++ - >/dev/null 2>&1
}
has_fuzzer() {
  has_command clang++-19 &&
    compgen -G '/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-*' >/dev/null
}
# Of the system's Python: that is where apt-get puts them.
has_python_module() { /usr/bin/env PATH="/usr/bin:$PATH" python3 -c "import $1" >/dev/null 2>&1; }
has_fashion_mnist() { compgen -G '/usr/share/datasets/fashion-mnist/train-images*' >/dev/null; }

# need PACKAGE CHECK...: notes the Debian package in `missing` where the check fails.
missing=()
need() {
  local package=$1
  shift
  "$@" || missing+=("$package")
}

# What a build and a run need. The checks look for the things themselves, not for Debian's packages.
need_build() {
  need g++ has_command c++
  need cmake has_command cmake
  has_command ninja || need make has_command make
  need pkg-config has_command pkg-config
  need openmpi-bin has_command mpirun
  need libopenmpi-dev has_command mpicc
  need libopenblas-dev has_library openblas
  need libdnnl-dev has_header dnnl.hpp
  need libsodium-dev has_library libsodium
  need zlib1g-dev has_header zlib.h
  need libzip-dev has_library libzip
  need libcli11-dev has_header CLI/CLI.hpp
  need nlohmann-json3-dev has_header nlohmann/json.hpp
}

# Sealing is several times faster with it, and the results are the same without it.
want_fast_sealing() {
  [[ $(uname -m) != x86_64 ]] || need libipsec-mb-dev has_header intel-ipsec-mb.h
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif has_command sudo; then
    sudo "$@"
  else
    return 1
  fi
}

can_install() { has_command apt-get && { [[ $(id -u) == 0 ]] || has_command sudo; }; }

apt_updated=no
apt_install() {
  say "installing: $*"
  if [[ $apt_updated == no ]]; then
    as_root apt-get update -qq || return 1
    apt_updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install \
    -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" >/dev/null
}

# Installs what is in `missing`, or says what it is and stops.
install_missing() {
  ((${#missing[@]} > 0)) || return 0
  if ! has_command apt-get; then
    stop "missing, and there is no apt-get to install it: ${missing[*]} (Debian's names);" \
      "install these and run it again"
  fi
  can_install || stop "missing: ${missing[*]}; run it as root or with sudo," \
    "or: apt-get install ${missing[*]}"
  apt_install "${missing[@]}" || stop "apt-get could not install: ${missing[*]}"
  missing=()
}

# The same for what is only good to have: a notice, and on.
install_optional() {
  ((${#missing[@]} > 0)) || return 0
  if ! can_install || ! apt_install "${missing[@]}"; then
    say "going on without: ${missing[*]}"
  fi
  missing=()
}

# For who builds from nothing: several sources are compiled at once, in a third of the time.
joined=(-DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=12)

# configure FOLDER ARGUMENT...: a build folder that was made elsewhere is made anew.
configure() {
  local folder=$1 generator=()
  shift
  [[ $root$folder != *[\"\\]* ]] ||
    stop "CMake cannot build where a path has a double quote or a backslash: $folder"
  if [[ -f $folder/CMakeCache.txt ]] &&
    ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
    say "$folder was made for another place: making it anew"
    rm -rf "$folder"
  fi
  if [[ ! -f $folder/CMakeCache.txt ]] && has_command ninja; then
    generator=(-G Ninja)
  fi
  cmake -S "$root" -B "$folder" "${generator[@]}" "$@" >"$folder.log" 2>&1 || {
    cat "$folder.log" >&2
    rm -f "$folder.log"
    stop "cmake could not configure $folder"
  }
  rm -f "$folder.log"
}

# build FOLDER ARGUMENT...: shows its progress to a person, and otherwise only what went wrong.
build() {
  local folder=$1
  shift
  if [[ -t 1 ]]; then
    cmake --build "$folder" -j "$(nproc)" "$@" || stop "the build failed"
    return
  fi
  cmake --build "$folder" -j "$(nproc)" "$@" >"$folder.log" 2>&1 || {
    cat "$folder.log" >&2
    rm -f "$folder.log"
    stop "the build failed"
  }
  rm -f "$folder.log"
}

# Settings of mpirun for one machine: root is allowed to run it, and ranks that wait give way to
# those that work.
mpirun_settings() {
  if [[ $(id -u) == 0 ]]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  fi
  export OMPI_MCA_mpi_yield_when_idle=${OMPI_MCA_mpi_yield_when_idle:-1}
}

# explained COMMAND...: runs what starts ranks; what mpirun, srun or Slurm say of a rank that is
# gone becomes one message that says what to do. Its exit code; 75 if the training was checkpointed.
explained() {
  (
    set -o pipefail
    code=0
    launcher=$(mktemp)
    exec 4>&2 2>/dev/null # the shell's own words of a launcher that is ended
    (echo "$BASHPID" >"$launcher" && exec "$@") 2>&1 >&3 3>&- 4>&- |
      tell_of_ranks "$launcher" >&4 2>&1 3>&- 4>&- || code=$?
    [[ $(<"$launcher") != ended ]] || code=1
    rm -f "$launcher"
    exit "$code"
  ) 3>&1
}

# Seconds that mpirun has for ending ranks behind one that has failed. It would wait for a host that
# it cannot reach any more, for a quarter of an hour.
launcher_patience=20

# tell_of_ranks [FILE]: passes standard input on, which is a launcher's standard error. What only
# says that a rank has failed is left out if it is known why. Fails with 75 if the program said that
# it has checkpointed, and else not. FILE: with the launcher's PID, to end it if it does not end;
# then it says "ended".
tell_of_ranks() {
  trap '' INT HUP TERM USR1 # it ends after the ranks
  local line='' block='' whole='' held='' inside=no saved=0 spoke=no told=no
  local launcher=${1:-} patience=() more=0
  local ruler='^-{60,}$'
  local aside='^mpirun: Forwarding signal|[0-9] more process.* sent help|orte_base_help_aggregate'
  while true; do
    more=0
    IFS= read -r "${patience[@]}" line || more=$?
    if ((more > 128)); then
      patience=()
      end_launcher "$launcher"
      continue
    fi
    ((more == 0)) || [[ -n $line ]] || break
    if [[ $line =~ $ruler ]]; then
      if [[ $inside == no ]]; then
        inside=yes block='' whole=''
      else
        inside=no
        tell_of_block
      fi
    elif [[ $inside == yes ]]; then
      block+="$line " whole+=$line$'\n'
    elif [[ $line =~ $aside ]]; then
      held+=$line$'\n'
    elif ! tell_of_srun "$line"; then
      printf '%s\n' "$line"
      [[ $line != 'mixnn: '* ]] || spoke=yes
      [[ ! $line =~ ^mixnn:\ SIG[A-Z0-9]+:\ checkpointed ]] || saved=75
    fi
    line=''
  done
  [[ $inside == no ]] || printf '%s' "$whole"
  [[ $spoke == yes || $told == yes ]] || printf '%s' "$held"
  return "$saved"
}

# end_launcher FILE: and what it has started here
end_launcher() {
  local pid children=()
  pid=$(cat "$1") && kill -0 "$pid" 2>/dev/null || return 0
  printf 'mixnn: mpirun waits for a host that it cannot reach: ended it; %s\n' \
    "ranks over there end with their launcher, which may take a quarter of an hour"
  echo ended >"$1"
  read -ra children <"/proc/$pid/task/$pid/children" || true
  kill -KILL "$pid" "${children[@]}" 2>/dev/null || true
}

# Of mpirun, what stood between two rulers.
tell_of_block() {
  local killed='process rank ([0-9]+) with PID [0-9]+ on node ([^ ]+) exited on signal ([0-9]+)'
  local failed='MPI_ABORT was|non-zero (exit|status)|unexpectedly disconnected|failed to TCP'
  local lost='Remote daemon:.* on node ([^ ]+)'
  if [[ $block =~ $killed ]]; then
    gone "rank ${BASH_REMATCH[1]} on ${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
  elif [[ $block == *'lost communication with a remote daemon'* && $block =~ $lost ]]; then
    [[ $told == yes ]] ||
      printf 'mixnn: host %s is gone, or cannot be reached any more, and its ranks with it\n' \
        "${BASH_REMATCH[1]}"
    told=yes
  elif [[ $block =~ $failed ]]; then
    held+=$whole
    [[ -z $launcher ]] || patience=(-t "$launcher_patience")
  else
    printf '%s' "$whole"
  fi
}

# Of srun and slurmstepd, a line; fails if it says nothing of a rank's end.
tell_of_srun() {
  local ended='^srun: error: ([^ ]+): tasks? ([0-9,-]+): (.*)$'
  [[ $1 =~ $ended ]] || return 1
  local host=${BASH_REMATCH[1]} ranks=${BASH_REMATCH[2]} why=${BASH_REMATCH[3]}
  case $why in
    # the others of a job that ends are ended by Slurm: only the first tells anything
    Killed* | *'signal 9'*) [[ $spoke == yes ]] || gone "rank $ranks on $host" 9 ;;
    'Out Of Memory'*) gone "rank $ranks on $host" memory ;;
    Segmentation*) gone "rank $ranks on $host" 11 ;;
    Bus\ error*) gone "rank $ranks on $host" 7 ;;
    Aborted*) gone "rank $ranks on $host" 6 ;;
    *) return 1 ;;
  esac
}

# gone WHO SIGNAL: the first rank that is gone takes the others with it, so it alone is told
gone() {
  [[ $told == no ]] || return 0
  told=yes
  local memory='mixnn plan MODEL --ranks N says what memory ranks need, and --stats what they took;'
  memory+=' fewer of them on a host leave more'
  local name
  name=$(kill -l "$2" 2>/dev/null) || name=$2
  case $2 in
    memory) printf 'mixnn: %s ran out of memory, and was killed: %s\n' "$1" "$memory" ;;
    9)
      printf 'mixnn: %s was killed (signal 9, SIGKILL), as the system does if memory is short, ' \
        "$1"
      printf 'unless somebody did: %s\n' "$memory"
      ;;
    7) printf 'mixnn: %s ended by signal 7 (SIGBUS): is /dev/shm of its host full?\n' "$1" ;;
    1 | 2 | 15) printf 'mixnn: %s was told to end (signal %s, SIG%s)\n' "$1" "$2" "$name" ;;
    *)
      printf 'mixnn: %s ended by signal %s (SIG%s), which is a fault of the program or of its ' \
        "$1" "$2" "$name"
      printf 'host: please report it\n'
      ;;
  esac
}
