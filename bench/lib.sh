# shellcheck shell=bash
# What the scripts of this folder share. Sourced by bash, after `root` is set to the repository.
# shellcheck source=jobs/lib.sh
source "$root/jobs/lib.sh"

build=${BUILD:-$root/build} python=${PYTHON:-/usr/bin/python3}
[[ $build == /* ]] || build=$PWD/$build
data_option=()
[[ -z ${DATA:-} ]] || data_option=(--data "$DATA")

# Stops where a program of the build folder is missing.
need_program() {
  local name
  for name in "$@"; do
    [[ -x $build/$name ]] || stop "no $name in $build: build first" \
      "(cmake --preset release && cmake --build --preset release), or set BUILD"
  done
}

# Measurements are of the defaults: what the environment says to mixnn, OpenBLAS and OpenMP is
# dropped, and said.
drop_settings() {
  local name
  for name in ONEDNN_MAX_CPU_ISA OPENBLAS_CORETYPE OPENBLAS_NUM_THREADS OMP_NUM_THREADS \
    OMP_WAIT_POLICY "${!MIXNN_@}"; do
    [[ -z ${!name:-} ]] || say "not used here: $name=${!name}"
    unset "$name"
  done
}

# number NAME VALUE: stops where it is no whole number above 0
number() { [[ $2 =~ ^[1-9][0-9]*$ ]] || stop "$1 takes a whole number above 0, not '$2'"; }
