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

# take_options 'NAME ...' COMMAND ARGUMENT...: the value of each option --NAME goes to the variable
# of that name (_ for -); of NAME! , which takes none, `yes`. --help prints the head of the script.
# What stands behind -- are options of COMMAND, and go to `more`; without a COMMAND there is no --.
take_options() {
  local names=" $1 " command=$2 name
  shift 2
  more=()
  while (($# > 0)); do
    name=${1#--}
    if [[ $1 == --?* && $names == *" $name "* ]]; then
      (($# > 1)) || stop "$1 takes a value"
      printf -v "${name//-/_}" %s "$2"
      shift 2
    elif [[ $1 == --?* && $names == *" $name! "* ]]; then
      printf -v "${name//-/_}" yes
      shift
    elif [[ $1 == -- && -n $command ]]; then
      more=("${@:2}")
      return
    elif [[ $1 == -h || $1 == --help ]]; then
      sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[-1]}"
      exit 0
    else
      stop "unknown option $1 (see --help)${command:+; options of $command come after --}"
    fi
  done
}

# Stops where `only`, NAME,NAME..., has another than the first words of the lines of `cases`.
check_only() {
  local names name
  names=" $(printf '%s\n' "${cases[@]}" | cut -d' ' -f1 | tr '\n' ' ')"
  for name in ${only//,/ }; do
    [[ $names == *" $name "* ]] || stop "--only knows:$names, not '$name'"
  done
}
wanted() { [[ -z $only || ",$only," == *",$1,"* ]]; }

# begin_measurement: makes the folder `out`, which must not hold an earlier measurement, and notes
# what the machine does before this one. `log` is a file in it.
begin_measurement() {
  mkdir -p "$out"
  if compgen -G "$out/*.round*" >/dev/null || [[ -e $out/cases ]]; then
    stop "$out holds an earlier measurement: choose another --out, or remove it"
  fi
  log=$out/log.txt
  "$python" "$root/bench/machine_before.py" "$out/before.json"
}
