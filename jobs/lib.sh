# What jobs/local.sh and tests/run.sh share. Sourced by bash, after `root` is set to the repository.

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
  need libsodium-dev has_library libsodium
  need zlib1g-dev has_header zlib.h
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

# configure FOLDER ARGUMENT...: a build folder that was made elsewhere is made anew.
configure() {
  local folder=$1 generator=()
  shift
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

# Settings of mpirun for one machine: root is allowed to run it, ranks that wait give way to those
# that work, and of a failed run only the program's own message is shown.
mpirun_settings() {
  if [[ $(id -u) == 0 ]]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  fi
  export OMPI_MCA_mpi_yield_when_idle=${OMPI_MCA_mpi_yield_when_idle:-1}
  export OMPI_MCA_orte_execute_quiet=${OMPI_MCA_orte_execute_quiet:-1}
}
