#!/usr/bin/env bash
# The checks that take longer than tests/run.sh may: does each still pass?
#   bash bench/long.sh [--only NAME,...] [--out DIR] [--results FILE]
# One behind the other, two and a half hours in all on two processors:
#   product       rounds: hops, staleness, ranks, types and losses, all with all (rounds_product.sh)
#   soak          20 minutes of a job in onion traffic: memory, cells lost (soak.sh)
#   soak-rounds   30 minutes in rounds with slots lost, doubled, delayed and altered (soak.sh)
#   junk          a million cells that are not of the run (junk.sh)
#   links         in rounds, the same packets whatever is trained (rounds_on_links.sh; as root)
#   fuzz          each fuzz target for five minutes (fuzz.sh; clang-19)
# FILE (default: by its date, in bench/results/long) receives a line for each: passed, failed, or
# skipped where this machine lacks something, its seconds, the program's version, and the last line
# that it said; DIR (default out-long) keeps the rest. Exit code 1: one failed. The build, with
# tests, is in build/, or BUILD=... .
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=bench/lib.sh
source "$root/bench/lib.sh"

only='' out=out-long results=$root/bench/results/long/$(date +%F).csv
take_options 'only out results' '' "$@"
cases=(
  "product rounds_product.sh"
  "soak soak.sh --minutes 20"
  "soak-rounds soak.sh --minutes 30 --traffic rounds --losses 0.00001"
  "junk junk.sh"
  "links rounds_on_links.sh"
  "fuzz fuzz.sh --seconds 300"
)
check_only
need_program mixnn
# lacks NAME: why it cannot run here
lacks() {
  local -A program=([product]=rounds_product [soak-rounds]=lossy_mixnn [junk]=junk_job)
  case $1 in
    product | soak-rounds | junk)
      [[ -x $build/${program[$1]} ]] || echo "needs a build with tests" ;;
    links) ((EUID == 0)) || echo "has to be run as root" ;;
    fuzz) has_fuzzer || echo "needs clang-19 and libclang-rt-19-dev" ;;
  esac
}

mkdir -p "$out" "$(dirname "$results")"
[[ -s $results ]] || echo 'check,result,seconds,version,said' >"$results"
version=$("$build/mixnn" --version | head -1)
failed=0
for case in "${cases[@]}"; do
  read -ra words <<<"$case"
  name=${words[0]} command=("${words[@]:1}")
  wanted "$name" || continue
  [[ $name == junk || $name == links ]] || command+=(--out "$out/$name")
  begin=$SECONDS result=passed
  why=$(lacks "$name")
  if [[ -n $why ]]; then
    result=skipped said=$why
  else
    say "$name: bench/${command[*]}"
    bash "$root/bench/${command[0]}" "${command[@]:1}" >"$out/$name.log" 2>&1 </dev/null ||
      result=failed
    said=$(grep -v '^ *$' "$out/$name.log" | tail -n 1)
  fi
  [[ $result != failed ]] || failed=1
  said=${said//\"/\'}
  printf '%s,%s,%s,%s,"%s"\n' "$name" "$result" $((SECONDS - begin)) "$version" "$said" >>"$results"
  say "$name: $result in $((SECONDS - begin)) s: $said"
done
say "written: $results; all that they said: $out"
((failed == 0))
