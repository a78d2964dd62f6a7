#!/usr/bin/env bash
# How far off is `mixnn plan --traffic rounds`? Predicts the step of each network, then trains it
# and compares:
#   bash bench/plan_rounds.sh [--out DIR] [--rounds N] [--epochs N] [--only NAME,NAME...]
#                             [-- OPTIONS of mixnn plan and train]
# Three hops, three ranks more than stages; the micro-batches that the program chooses, and fewer
# and more. Without spot checks, for `plan` prints their share beside the step. The prediction is
# made right before each run, on the same machine. DIR (default out-plan-rounds) receives all
# reports and plan_rounds.csv; the table, the mean and the worst error are printed. On two quiet
# cores it takes about ten minutes. Fashion-MNIST in DATA=... where it is not installed. Exit code 1
# where a run failed, or the mean error is above 15 %.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/bench/lib.sh"

out=out-plan-rounds rounds=2 epochs=2 only=''
take_options 'out rounds epochs only' 'mixnn plan and train' "$@"
number --rounds "$rounds"
number --epochs "$epochs"
need_program mixnn
drop_settings
mpirun_settings

# name of the model, batch size, ranks, data, training samples, micro-batches, options
cases=(
  "mlp 512 6 installed 30720 auto,16,64"
  "wide 512 7 installed 10240 auto,8,32"
  "deep 512 11 installed 5120 auto,16,64"
  "cnn 128 5 installed 5120 auto,4,16 --optimizer adamw"
  "gpt 64 6 random 512 auto,8,32 --optimizer adamw"
)
check_only

begin_measurement
failed=no
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

run() { # run STEM COMMAND...
  "${@:2}" </dev/null >>"$log" 2>&1 || {
    say "$1 failed; the last it said, of $log:"
    tail -n 3 "$log"
    failed=yes
  }
}

one() { # one NAME BATCH RANKS DATA LIMIT MICRO_BATCHES ROUND OPTIONS...
  local stem=$out/$1.$6.round$7 data=("${data_option[@]}")
  [[ $4 != random ]] || data=(--data "$scratch/$1")
  local options=("$root/models/$1.json" --traffic rounds --hops 3 --batch-size "$2"
    --micro-batches "$6" --spot-checks 0 --aead aes256gcm "${@:8}" "${more[@]}")
  run "$stem.plan" "$build/mixnn" plan "${options[@]}" --ranks "$3" --quiet \
    --json "$stem.plan.json"
  run "$stem" explained mpirun -n "$3" --oversubscribe "$build/mixnn" train "${options[@]}" \
    "${data[@]}" --limit-train "$5" --limit-test 512 --epochs "$epochs" --seed 1 --quiet \
    --json "$stem.json"
}

for case in "${cases[@]}"; do
  read -r name batch ranks data limit counts options <<<"$case"
  wanted "$name" || continue
  echo "$name" >>"$out/cases"
  [[ $data != random ]] || "$python" "$root/bench/make_random_data.py" \
    "$root/models/$name.json" --out "$scratch/$name" --train "$limit" --test 512 >>"$log"
done
for ((round = 1; round <= rounds; ++round)); do
  for case in "${cases[@]}"; do
    read -r name batch ranks data limit counts options <<<"$case"
    wanted "$name" || continue
    echo "round $round of $rounds: $name" >&2
    read -ra own <<<"$options"
    for count in ${counts//,/ }; do
      one "$name" "$batch" "$ranks" "$data" "$limit" "$count" "$round" "${own[@]}"
    done
  done
done
"$python" "$root/bench/plan_rounds_summary.py" "$out" || failed=yes
[[ $failed == no ]]
