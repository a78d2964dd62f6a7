#!/usr/bin/env bash
# Does an audit find what is wrong with rounds, and nothing where nothing is?
#   bash bench/audit_faults.sh --out DIR [--runs N] [--jitter FILE]
# Wire logs of runs in rounds in virtual time (tests/audit/virtual_time.hpp): small networks of 3
# stages over 8 ranks and of 8 over 13, N runs each (default 60), right ones and ones with each of
# the faults of tests/audit/planted_faults.hpp, which are alterations of right runs' logs. Their
# jitter is drawn from FILE, numbers in microseconds a line, or measured now by clock_jitter. Then
# `mixnn audit` tells of each. Needs a build with -DMIXNN_TESTS=ON in build/, or BUILD=... .
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=bench/lib.sh
source "$root/bench/lib.sh"

out='' runs=60 jitter=''
take_options 'out runs jitter' '' "$@"
[[ -n $out ]] || stop "--out is missing: a folder for the logs (see --help)"
number --runs "$runs"
need_program mixnn virtual_runs clock_jitter
mkdir -p -m 700 "$out"
if [[ -z $jitter ]]; then
  jitter=$out/jitter.txt
  "$build/clock_jitter" 10000 >"$jitter"
fi
say "$(grep -m 1 'model name' /proc/cpuinfo | cut -d: -f2-), $(nproc) cores, load $(cut -d' ' -f1 \
  /proc/loadavg); jitter in us, median and 99th percentile: $(sort -g "$jitter" |
  awk '{ late[NR] = $1 } END { print late[int((NR + 1) / 2)], late[int(NR * 0.99)] }')"

for setting in '8 3 8' '13 8 4'; do
  read -r ranks stages steps <<<"$setting"
  for fault in none waits not-opened short-dummy unbalanced no-virtual; do
    folder=$out/$stages-stages-$fault
    if [[ ! -e $folder ]]; then
      "$build/virtual_runs" "$folder.part" "$runs" "$ranks" "$stages" "$steps" "$jitter" "$fault"
      mv "$folder.part" "$folder"
    fi
    say "$stages stages over $ranks ranks, $steps steps, fault: $fault"
    "$build/mixnn" audit "$folder"
  done
done
