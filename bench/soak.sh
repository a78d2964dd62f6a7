#!/usr/bin/env bash
# One long job: does memory grow, is a cell lost, does anything fail?
#   bash bench/soak.sh [--minutes N] [--model FILE] [--ranks N] [--every SECONDS] [--tolerance KIB]
#                      [--shared-tolerance KIB] [--out DIR] [-- OPTIONS of mixnn train]
# Trains (default: models/mlp.json, 8 ranks, 20 minutes) in one job of as many epochs as short trials say will fill the time,
# and samples every rank's resident memory from /proc, its own and the shared cells apart. A rank's growth is the median of
# the last minute less that of the first minute after a warm-up of one minute (a tenth of the run each, where it is shorter
# than ten minutes). Exit code 1: a rank's own memory grew by more than --tolerance (4096 KiB), or its view of shared cells by more
# than --shared-tolerance (16384 KiB), the run failed, or cells were rejected or lost. DIR (default out-soak) receives memory.csv
# and the run's report. The build is in build/, or BUILD=...; data in DATA=... .
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/bench/lib.sh"

minutes=20 model=$root/models/mlp.json ranks=8 every=5 tolerance=4096 shared_tolerance=16384 out=out-soak
while (($# > 0)); do
  case $1 in
    --minutes | --model | --ranks | --every | --tolerance | --shared-tolerance | --out)
      (($# > 1)) || stop "$1 takes a value"
      name=${1#--}
      declare "${name//-/_}=$2"
      shift 2
      ;;
    --)
      shift
      break
      ;;
    -h | --help)
      sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *) stop "unknown option $1 (see --help); options of mixnn train come after --" ;;
  esac
done
for name in minutes ranks every tolerance shared_tolerance; do
  number "--${name//_/-}" "${!name}"
done
[[ -f $model ]] || stop "no model $model"
need_program mixnn
mpirun_settings
mkdir -p "$out"
rm -f "$out"/{trial,report}.json "$out"/memory.csv "$out"/log.txt

train() { # train JSON EPOCHS OPTION...
  mpirun -n "$ranks" --oversubscribe "$build/mixnn" train "$model" "${data_option[@]}" "${@:3}" --epochs "$2" --quiet \
    --json "$1" </dev/null
}

# What four epochs take more than one is what three take, tests included and start-up not.
say "two trials, of 1 and 4 epochs, to know how many fill $minutes min"
seconds=()
for epochs in 1 4; do
  begin=$EPOCHREALTIME
  train "$out/trial.json" "$epochs" "$@" >"$out/log.txt" 2>&1 || {
    tail -n 5 "$out/log.txt"
    stop "the trial failed"
  }
  seconds+=("$(awk -v begin="$begin" -v end="$EPOCHREALTIME" 'BEGIN { print end - begin }')")
done
epochs=$(awk -v one="${seconds[0]}" -v four="${seconds[1]}" -v minutes="$minutes" \
  'BEGIN { each = (four - one) / 3; if (each < 0.01) each = 0.01; n = int(minutes * 60 / each); print n < 4 ? 4 : n }')
say "soaking: $epochs epochs"
code=0
"$python" "$root/bench/ranks_memory.py" "$out/memory.csv" "$every" mpirun -n "$ranks" --oversubscribe "$build/mixnn" train "$model" \
  "${data_option[@]}" "$@" --epochs "$epochs" --quiet --json "$out/report.json" </dev/null >"$out/log.txt" 2>&1 || code=$?
if ((code != 0)); then
  say "FAILED: the run ended with exit code $code; the last it said:"
  tail -n 5 "$out/log.txt"
  exit 1
fi
exec "$python" "$root/bench/soak_summary.py" "$out" "$tolerance" "$shared_tolerance"
