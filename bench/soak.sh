#!/usr/bin/env bash
# One long job: does memory grow, is a cell lost, does anything fail?
#   bash bench/soak.sh [--minutes N] [--model FILE] [--ranks N] [--every SECONDS] [--tolerance KIB]
#                      [--shared-tolerance KIB] [--epochs N] [--traffic onion|rounds]
#                      [--losses RATE] [--out DIR] [-- OPTIONS of mixnn train]
# Trains (default: models/mlp.json, 8 ranks, 20 minutes) in one job of N epochs, by default as many
# as fill the time at the pace of the fastest epoch of a short trial, so that it lasts rather longer
# than shorter; a run that lasted less than nine tenths of the time has failed. Samples every rank's
# resident memory from /proc, its own and the shared cells apart. A rank's growth is the median of
# the last minute less that of the first minute after a warm-up of one minute (a tenth of the run
# each, where it is shorter than ten minutes). Exit code 1: a rank's own memory grew by more than
# --tolerance (4096 KiB), or its view of shared cells by more than --shared-tolerance (16384 KiB),
# the run failed, or cells were rejected or lost. DIR (default out-soak) receives memory.csv and the
# run's report. The build is in build/, or BUILD=...; data in DATA=... .
# --losses RATE, with --traffic rounds: every rank drops, doubles, delays or alters a cell that it
# sends with this probability (0.00001: some in a second), and nobody is blamed. Then exit code 1,
# too: parameters differ from those of one process, all never went back, or more was rejected or
# lost than that. Needs a build with tests; options behind -- are of `mixnn baseline`, too.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/bench/lib.sh"

minutes=20 model=$root/models/mlp.json ranks=8 every=5 tolerance=4096 shared_tolerance=16384 \
  epochs=0 traffic='' losses=0 out=out-soak
take_options 'minutes model ranks every tolerance shared-tolerance epochs traffic losses out' \
  'mixnn train' "$@"
for name in minutes ranks every tolerance shared_tolerance; do
  number "--${name//_/-}" "${!name}"
done
((epochs == 0)) || number --epochs "$epochs"
[[ -f $model ]] || stop "no model $model"
[[ $losses =~ ^[0-9.]+(e-[0-9]+)?$ ]] || stop "--losses takes a probability, not '$losses'"
program=mixnn options=() lossy=no
[[ -z $traffic ]] || options=(--traffic "$traffic")
if [[ $losses =~ [1-9] ]]; then
  [[ $traffic == rounds ]] || stop "--losses is for --traffic rounds"
  # What is lost holds all up for a third of the timeout.
  program=lossy_mixnn options+=(--rewinds 1000000000 --timeout 6) lossy=yes
  export LOSSES=$losses
fi
need_program mixnn "$program"
mpirun_settings
mkdir -p "$out"
rm -f "$out"/{trial,report,reference}.json "$out"/memory.csv "$out"/log.txt

train() { # train JSON EPOCHS OPTION...
  explained mpirun -n "$ranks" --oversubscribe "$build/$program" train "$model" \
    "${data_option[@]}" "${options[@]}" "${@:3}" --epochs "$2" --quiet --json "$1" \
    </dev/null
}

if ((epochs == 0)); then
  say "a trial of 4 epochs, to know how many fill $minutes min"
  train "$out/trial.json" 4 "${more[@]}" >"$out/log.txt" 2>&1 || {
    tail -n 5 "$out/log.txt"
    stop "the trial failed"
  }
  epochs=$("$python" -c 'import json, sys
walls = json.load(open(sys.argv[1]))["mixnn"]["epoch_walls_s"]
wall = 0.85 * sum(walls) / len(walls) if sys.argv[3] == "yes" else min(walls)
print(max(4, int(float(sys.argv[2]) * 60 / max(wall, 0.01))))' \
    "$out/trial.json" "$minutes" "$lossy")
fi
say "soaking: $epochs epochs"
code=0
began=$SECONDS
explained "$python" "$root/bench/ranks_memory.py" "$out/memory.csv" "$every" mpirun -n "$ranks" \
  --oversubscribe "$build/$program" train "$model" "${data_option[@]}" "${options[@]}" \
  "${more[@]}" --epochs "$epochs" --quiet --json "$out/report.json" </dev/null \
  >"$out/log.txt" 2>&1 || code=$?
if ((code != 0)); then
  say "FAILED: the run ended with exit code $code; the last it said:"
  tail -n 5 "$out/log.txt"
  exit 1
fi
lasted=$((SECONDS - began))
say "it lasted $((lasted / 60)) min $((lasted % 60)) s"
if ((lasted * 10 < minutes * 60 * 9)); then
  say "FAILED: shorter than asked; give --epochs, more than $epochs"
  exit 1
fi
if [[ $lossy == yes ]]; then
  say "the same in one process, without losses"
  for name in seed micro_batches; do
    [[ " ${more[*]} " != *" --${name//_/-} "* ]] || continue
    more+=("--${name//_/-}" "$("$python" -c 'import json, sys
print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$out/report.json" "$name")")
  done
  "$build/mixnn" baseline "$model" "${data_option[@]}" "${more[@]}" --epochs "$epochs" --threads 1 \
    --quiet --json "$out/reference.json"
fi
exec "$python" "$root/bench/soak_summary.py" "$out" "$tolerance" "$shared_tolerance"
