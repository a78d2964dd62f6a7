#!/usr/bin/env bash
# Do two builds of the program train the same bits?
#   bash bench/same_bits.sh OLD NEW [--full]
# Runs both programs on the same settings, one process and ranks, and compares the hashes of the
# trained parameters, the losses and the accuracies. Nothing is stored: bits depend on the kernels
# of the machine, so only runs of one machine can be compared.
# Prints a line for each setting. A setting whose number of micro-batches the two programs choose
# differently cannot have the same bits: the line names both numbers, and that is no failure.
# Exit code 1: some setting with the same micro-batches has other bits, or a run failed.
# --full: models/mlp.json, wide.json and deep.json on the installed data set besides.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=bench/lib.sh
source "$root/bench/lib.sh"

case ${1:-} in
  -h | --help)
    sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac
(($# == 2 || $# == 3)) || stop "usage: bash bench/same_bits.sh OLD NEW [--full]"
old=$1 new=$2 full=${3:-}
[[ -z $full || $full == --full ]] || stop "unknown option $full (see --help)"
for program in "$old" "$new"; do
  [[ -x $program ]] || stop "no program $program"
done
drop_settings
mpirun_settings
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

seed=20250731 limit=900 # seconds of one run
failures=0 differing=0 same=0

# run PROGRAM RANKS REPORT ARGUMENT...: 1 rank is a baseline
run() {
  local program=$1 ranks=$2 report=$3
  shift 3
  if ((ranks == 1)); then
    timeout -k 5 "$limit" "$program" baseline "$@" --seed "$seed" --quiet --json "$report"
  else
    explained timeout -k 5 "$limit" mpirun -n "$ranks" --oversubscribe "$program" train "$@" \
      --seed "$seed" --quiet --json "$report" </dev/null
  fi
}

# What a report says of bits.
bits_of() {
  "$python" - "$1" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
run = report.get("mixnn") or report["baseline"]
print(report["micro_batches"], run["parameters_sha256"][:16], run["train_losses"],
      run["test_loss"], run["test_accuracy"])
PYTHON
}

# compare NAME RANKS ARGUMENT...
compare() {
  local name=$1 ranks=$2 a b
  shift 2
  if ! run "$old" "$ranks" "$scratch/old.json" "$@" ||
    ! run "$new" "$ranks" "$scratch/new.json" "$@"
  then
    printf '%-44s FAILED to run\n' "$name"
    failures=$((failures + 1))
    return
  fi
  a=$(bits_of "$scratch/old.json") b=$(bits_of "$scratch/new.json")
  if [[ $a == "$b" ]]; then
    printf '%-44s same      %s\n' "$name" "$(cut -d' ' -f2 <<<"$a")"
    same=$((same + 1))
  elif [[ ${a%% *} != "${b%% *}" ]]; then
    printf '%-44s other number of micro-batches: %s, now %s\n' "$name" "${a%% *}" "${b%% *}"
    differing=$((differing + 1))
  else
    printf '%-44s DIFFERENT %s, now %s\n' "$name" "$(cut -d' ' -f2 <<<"$a")" \
      "$(cut -d' ' -f2 <<<"$b")"
    failures=$((failures + 1))
  fi
}

digits=("$root/models/digits.json" --data "$root/tests/data/digits" --epochs 3)
compare "digits, one process" 1 "${digits[@]}" --threads 1
compare "digits, one process, 3 micro-batches" 1 "${digits[@]}" --threads 1 --micro-batches 3
compare "digits, one process, bfloat16" 1 "${digits[@]}" --threads 1 --micro-batches 2 \
  --wire-dtype bfloat16
compare "digits, ranks" 8 "${digits[@]}"
compare "digits, ranks, 3 micro-batches, gpipe" 8 "${digits[@]}" --micro-batches 3 --schedule gpipe
compare "digits, ranks, bfloat16, no momentum" 8 "${digits[@]}" --micro-batches 2 \
  --wire-dtype bfloat16 --momentum 0
compare "digits, ranks, weight decay, lr stays" 8 "${digits[@]}" --micro-batches 2 \
  --weight-decay 0.001 --lr-decay none --batch-size 50
if [[ $full == --full ]]; then
  compare "mlp, one process, whole batches" 1 "$root/models/mlp.json" --threads 1 --epochs 2 \
    "${data_option[@]}"
  few=(--limit-train 8192 --limit-test 2000 --epochs 1)
  for batch in 64 128 512; do
    compare "mlp, ranks, batch $batch, auto" 8 "$root/models/mlp.json" --epochs 2 \
      --batch-size $batch "${data_option[@]}"
    compare "wide, ranks, batch $batch, auto" 9 "$root/models/wide.json" --batch-size $batch \
      "${few[@]}" "${data_option[@]}"
    compare "deep, ranks, batch $batch, auto" 13 "$root/models/deep.json" --batch-size $batch \
      "${few[@]}" "${data_option[@]}"
  done
fi
echo "$same the same, $differing with another number of micro-batches," \
  "$failures failed or different"
((failures == 0))
