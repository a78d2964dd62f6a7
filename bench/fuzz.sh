#!/usr/bin/env bash
# Fuzzes what comes from outside: does anything crash, leak, hang or take memory without bound?
#   bash bench/fuzz.sh [--seconds N] [--targets NAME,...] [--jobs N] [--out DIR] [--results FILE]
# N seconds each target (default 60), all of them or those that are named, as many at once as --jobs
# says (default: one a core). It builds with clang-19 first (CMake preset `fuzz`). Begins with the
# committed corpora (tests/fuzz/corpus) and what earlier runs have found, which DIR (default
# out-fuzz) keeps, beside logs and inputs that went wrong: `MIXNN_FUZZ_TARGET=NAME build-fuzz/fuzz
# FILE` plays one again.
# FILE (default: by its date, in bench/results/fuzz) receives a line a target: seconds, executions,
# edges of the program and features that the corpus reaches, its files and bytes, and what went
# wrong. Exit code 1 if anything did.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/bench/lib.sh"

seconds=60 targets='' jobs=$(nproc) out=out-fuzz results=$root/bench/results/fuzz/$(date +%F).csv
take_options 'seconds targets jobs out results' '' "$@"
number --seconds "$seconds"
number --jobs "$jobs"
has_fuzzer || stop "it needs clang-19 and libclang-rt-19-dev"
corpora=$root/tests/fuzz/corpus
names=${targets//,/ }
[[ -n $names ]] || names=$(ls "$corpora")
for name in $names; do
  [[ -d $corpora/$name ]] || stop "no target $name; there are: $(ls "$corpora" | tr '\n' ' ')"
done

build=$root/build-fuzz
configure "$build" --preset fuzz
build "$build" --target fuzz
mkdir -p "$out" "$(dirname "$results")"
out=$(cd "$out" && pwd)

# one NAME: fuzzes, and writes the line of its results
one() {
  local name=$1 code=0 line wrong inputs=("$out/$1" "$corpora/$1")
  mkdir -p "$out/$name"
  rm -f "$out/$name-wrong-"*
  MIXNN_FUZZ_TARGET=$name "$build/fuzz" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
    -malloc_limit_mb=768 -max_len=4096 -artifact_prefix="$out/$name-wrong-" "${inputs[@]}" \
    >"$out/$name.log" 2>&1 || code=$?
  wrong=$(sed -n 's/^SUMMARY: //p' "$out/$name.log" | head -n 1 | tr ',' ';')
  ((code == 0)) || wrong=${wrong:-exit code $code}
  line=$(grep -E '^#[0-9]+.* cov: ' "$out/$name.log" | tail -n 1)
  printf '%s,%s,%s,%s,%s,%s,%s,%s\n' "$name" "$seconds" \
    "$(sed -n 's/^#\([0-9]*\).*/\1/p' <<<"$line")" \
    "$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' <<<"$line")" \
    "$(sed -n 's/.* ft: \([0-9]*\).*/\1/p' <<<"$line")" \
    "$(find "${inputs[@]}" -type f | wc -l)" \
    "$(find "${inputs[@]}" -type f -exec cat {} + | wc -c)" \
    "${wrong:-nothing}" >"$out/$name.csv"
  say "$(<"$out/$name.csv")"
}

say "$(grep -m 1 'model name' /proc/cpuinfo | cut -d: -f2-), $(nproc) cores," \
  "load $(cut -d' ' -f1 /proc/loadavg), $(clang++-19 --version | head -n 1)"
for name in $names; do
  while (($(jobs -rp | wc -l) >= jobs)); do wait -n || true; done
  one "$name" &
done
wait
{
  printf 'target,seconds,executions,edges,features,files,bytes,wrong\n'
  for name in $names; do cat "$out/$name.csv"; done
} >"$results"
wrong=$(tail -n +2 "$results" | grep -cv ',nothing$' || true)
say "$results: $wrong targets found something"
((wrong == 0))
