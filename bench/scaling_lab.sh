#!/usr/bin/env bash
# The scaling study on one machine: a real Slurm over four hosts, which are namespaces of this
# machine, with links that can be made slower. Submits it as a cluster's user does, without root, by
# Makefile.slurm, one job at a time.
#   bash bench/scaling_lab.sh [tiny|quick|full|paper|networks|far] [--out DIR]
# as root; quick is the default, DIR is out-scaling.
# DIR receives report.md, scaling.csv, scaling.json, plots, and in points/ what they are made from
# (bench/scaling.py --report DIR makes them again). `quick` takes 22 minutes on two processors,
# `tiny` one, `full` hours; `paper` is the paper's network alone, choice by choice; `networks` is
# models of this repository on links as found, in 6 minutes; `far` is a wide area, in 5. The release
# build is in build/, or BUILD=...; data in DATA=..., which everybody has to be able to read. Needs
# Debian's slurmctld, slurmd, slurm-client, slurm-wlm-basic-plugins, munge, iproute2 and g++; plots
# need python3-matplotlib. All hosts share this machine's processors: more stages cannot be faster
# here. Exit code 0: every point was measured.
set -uo pipefail
export PATH=$PATH:/usr/sbin:/sbin
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
stop() {
  printf 'scaling_lab: %s\n' "$1" >&2
  exit 2
}

study=quick out=out-scaling
while (($# > 0)); do
  case $1 in
    tiny | quick | full | paper | networks | far) study=$1 ;;
    --out)
      out=${2:-}
      [[ -n $out ]] || stop "--out takes a folder"
      shift
      ;;
    -h | --help)
      sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *) stop "takes tiny, quick, full, paper, networks or far, and --out DIR; not '$1'" ;;
  esac
  shift
done
build=${BUILD:-$root/build}
[[ -x $build/mixnn && -x $build/mpi_pingpong ]] ||
  stop "no mixnn and mpi_pingpong in $build: build first, or set BUILD"
options=
if [[ -n ${DATA:-} ]]; then
  data=$(realpath "$DATA") || stop "no data in $DATA"
  printf -v options -- '--data %q' "$data"
  options=${options//\$/\$\$} # make's own
fi
mkdir -p "$out" && out=$(cd "$out" && pwd) && [[ -w $out ]] || stop "cannot write to $out"

ranks=$(python3 "$root/bench/scaling.py" --study "$study" --ranks) || exit 2
points=$(python3 "$root/bench/scaling.py" --study "$study" --count) || exit 2
cpus=$(((ranks + 3) / 4)) # that four hosts take them all
lab=$(mktemp -d /tmp/mx.XXXXXX) || exit 2 # short: Open MPI keeps sockets below it
chmod 755 "$lab"
# shellcheck source=tests/slurm/lab.sh
source "$root/tests/slurm/lab.sh"
if why=$(lab_lacks); then
  rm -rf "$lab"
  stop "$why"
fi
finish() {
  local code=$? left
  trap - EXIT INT TERM
  left=$(lab_down) || echo "scaling_lab: processes are left: $left" >&2
  rm -rf "$lab"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

hosts_up 4 || stop "the hosts did not come up: $(tail -q -n 1 "$lab"/log/host.*)"
slurm_up || stop "Slurm did not come up: $(tail -q -n 1 "$lab/log/slurmctld.log")"
user_up "$build"
links_up || stop "the links cannot be made slower: $why"
site+=(MIXNN_PROCESSORS="$(nproc)" MIXNN_LINK_COMMAND="$link_command"
  MIXNN_LINK="virtual, between namespaces of one machine")
echo "Slurm $(on h0 sinfo --version | cut -d' ' -f2), ${#hosts[@]} hosts on $(nproc) processors;" \
  "the $study study: $points points, at most $ranks ranks"

slurm scaling STUDY="$study" RANKS="$ranks" NODES="${#hosts[@]}" AT_ONCE=1 TIME=120 \
  OPTIONS="$options" ||
  stop "the study was not submitted"
ended=0
while true; do
  queue=$(on h0 squeue -h 2>&1) || stop "Slurm does not answer: $queue"
  # The last line of a point's log says what it took. One at a time: the newest is the last.
  mapfile -t logs < <(grep -lE '^== point .* ended after' "$runs"/scaling/logs/* 2>/dev/null)
  now=${#logs[@]}
  if ((now > ended)); then
    ended=$now
    # shellcheck disable=SC2012 # names that Slurm made
    newest=$(ls -t "${logs[@]}" | head -1)
    echo "$ended of $points, after $SECONDS s: $(tail -n 1 "$newest" | sed 's/^== //')"
  fi
  [[ -n $queue ]] || break
  sleep 2
done

results=$runs/scaling
if [[ ! -s $results/report.md ]]; then
  tail -n 5 "$results"/logs/* >&2
  stop "the study ended without a report"
fi
rm -f "$out"/points/*.{json,skipped} # of another study
for file in "$results"/{report.md,scaling.csv,scaling.json,points} "$results"/*.png; do
  [[ ! -e $file ]] || cp -r --no-preserve=mode,ownership "$file" "$out/"
done
plots=$(find "$out" -maxdepth 1 -name '*.png' | wc -l)
echo "written: $out/report.md, scaling.csv, scaling.json and $plots plots"
mapfile -t skipped < <(find "$results/points" -name '*.skipped' | sort)
for file in "${skipped[@]}"; do
  echo "not measured: $(basename "$file" .skipped): $(<"$file")"
done
((${#skipped[@]} == 0 && ended >= points)) || exit 1
