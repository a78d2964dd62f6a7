#!/usr/bin/env bash
# How much slower than one process, for convolutional networks and a small GPT? As bench/slowdown.sh
# measures perceptrons:
#   bash bench/slowdown_networks.sh [--traffic onion|rounds] [--variant plain|ends|overlap|clock]
#                                   [--out DIR] [--rounds N] [--epochs N] [--only NAME,NAME...]
#                                   [-- OPTIONS of mixnn compare]
# With --traffic rounds also for perceptrons, each among three ranks more than it has hosts (five at
# least), and with the goals of that traffic; ends: the owner keeps the first stage and the last
# (of cnn the last layer), and messages are bfloat16; overlap: steps overlap besides (--staleness
# 1), for which two stages have to be on hosts: there the owner keeps but the first of mlp's three;
# clock: plain, and behind each run one with --pace at 1.25 times the mean round of that, the price
# of keeping to a clock. Otherwise 8 ranks.
# Three hops, uniform padding, AES-256-GCM; each round runs every case once. cnn and lenet5 train on
# Fashion-MNIST; resnet20 and gpt on random pictures in CIFAR-10's form and random tokens
# (bench/make_random_data.py), for time does not depend on what they say. On two quiet cores the
# whole takes about ten minutes. DIR (default out-slowdown-networks) receives all reports,
# slowdown.json, slowdown.csv and epochs.csv; bench/README.md says how to read them. The build is in
# build/, or BUILD=...; Fashion-MNIST in DATA=... . Exit code 0 also where goals are missed; 1 where
# a run failed.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/bench/lib.sh"

out=out-slowdown-networks rounds=2 epochs=3 only='' traffic=onion variant=plain
take_options 'out rounds epochs only traffic variant' 'mixnn compare' "$@"
number --rounds "$rounds"
number --epochs "$epochs"
need_program mixnn
drop_settings
mpirun_settings

common=() # options of all cases
# name and model, batch size, ranks, data, training samples, goal, options
cases=(
  "cnn 128 8 installed 7680 1.5 --optimizer adamw"
  "resnet20 128 8 random 1280 1.5"
  "gpt 64 8 random 512 1.5 --optimizer adamw"
  "lenet5 128 8 installed 30720 2.5 --optimizer adamw"
)
case $traffic.$variant in
  onion.plain) ;;
  rounds.plain | rounds.clock)
    cases=(
      "mlp 512 6 installed 30720 7.5"
      "wide 512 7 installed 10240 5.5"
      "deep 512 11 installed 5120 6"
      "cnn 128 5 installed 5120 4 --optimizer adamw"
      "gpt 64 6 random 512 4 --optimizer adamw"
    )
    ;;
  rounds.ends | rounds.overlap)
    cases=(
      "mlp 512 5 installed 30720 4 --owner-ends both"
      "wide 512 5 installed 10240 3 --owner-ends both"
      "deep 512 9 installed 5120 3 --owner-ends both"
      "cnn 128 5 installed 5120 2 --owner-ends last --optimizer adamw"
      "gpt 64 5 random 512 2 --owner-ends both --optimizer adamw --stages 4"
    )
    common=(--wire-dtype bfloat16)
    if [[ $variant == overlap ]]; then # half of that
      common+=(--staleness 1)
      cases[0]=${cases[0]/both/first}
      cases[3]=${cases[3]/last/both --stages 4}
      for i in "${!cases[@]}"; do
        read -r name batch ranks data limit goal options <<<"${cases[i]}"
        cases[i]="$name $batch $ranks $data $limit $("$python" -c "print($goal / 2)") $options"
      done
    fi
    ;;
  *) stop "no such --traffic and --variant: '$traffic', '$variant'" ;;
esac
check_only

begin_measurement
failed=no
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$build/mixnn" plan "$root/models/mlp.json" --ranks 8 --quiet --json "$out/plan.json" \
  >>"$log" 2>&1 || stop "mixnn plan failed; see $log"

compare() { # compare NAME BATCH RANKS DATA LIMIT ROUND OPTIONS... ; NAME is MODEL or MODEL-...
  local name=$1 model=${1%%-*} ranks=$3 data=("${data_option[@]}") stem=$out/$1.round$6
  [[ $4 != random ]] || data=(--data "$scratch/$model")
  if [[ -e $scratch/$model.json ]]; then
    model=$scratch/$model.json
  else
    model=$root/models/$model.json
  fi
  local options=(--batch-size "$2" --limit-train "$5" --limit-test 512 --epochs "$epochs" --hops 3
    --traffic "$traffic" --padding uniform --aead aes256gcm --seed 1 "${common[@]}" "${@:7}"
    "${more[@]}")
  explained "$python" "$root/bench/ranks_memory.py" "$stem.memory.csv" 1 mpirun -n "$ranks" \
    --oversubscribe "$build/mixnn" compare "$model" "${data[@]}" \
    "${options[@]}" --quiet --json "$stem.json" </dev/null >>"$log" 2>&1 || {
    say "$name failed; the last it said, of $log:"
    tail -n 3 "$log"
    failed=yes
  }
}

# 1.25 times the mean round of a run without a clock, in microseconds: in each round every rank
# sends a slot to every other one
clock_for() {
  "$python" - "$1" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
rounds = report["mixnn"]["cells"] / (report["ranks"] * (report["ranks"] - 1))
print(round(1.25e6 * report["mixnn"]["wall_s"] / rounds))
PYTHON
}

for case in "${cases[@]}"; do
  read -r name batch ranks data limit goal options <<<"$case"
  wanted "$name" || continue
  echo "$name $name $batch $ranks best $limit $goal" >>"$out/cases"
  [[ $variant != clock ]] ||
    echo "$name-clock $name $batch $ranks best $limit $goal" >>"$out/cases"
  [[ $data != random ]] || "$python" "$root/bench/make_random_data.py" \
    "$root/models/$name.json" --out "$scratch/$name" --train "$limit" --test 512 >>"$log"
done
# Models cut in another way: such that --stages can cut, what their stages have as "layers"; and
# cnn of which the owner keeps but the last layer, so that no large tensor travels.
"$python" - "$root/models" "$scratch" "$variant" <<'PYTHON'
import json, pathlib, sys
models, scratch, variant = sys.argv[1:]
for name in ["cnn", "gpt"] if variant in ("ends", "overlap") else []:
    model = json.loads((pathlib.Path(models) / f"{name}.json").read_text())
    stages = model.pop("stages", [{"layers": model.pop("layers", None)}])
    layers = [layer for stage in stages for layer in stage["layers"]]
    if name == "cnn" and variant == "ends":
        model["stages"] = [{"layers": layers[:-1]}, {"layers": layers[-1:]}]
    else:
        model["layers"] = layers
    (pathlib.Path(scratch) / f"{name}.json").write_text(json.dumps(model))
PYTHON
for ((round = 1; round <= rounds; ++round)); do
  for case in "${cases[@]}"; do
    read -r name batch ranks data limit goal options <<<"$case"
    wanted "$name" || continue
    echo "round $round of $rounds: $name, $epochs epochs" >&2
    read -ra own <<<"$options"
    compare "$name" "$batch" "$ranks" "$data" "$limit" "$round" "${own[@]}"
    [[ $variant == clock && $failed == no ]] || continue
    pace=$(clock_for "$out/$name.round$round.json")
    say "$name, round $round: --pace $pace"
    compare "$name-clock" "$batch" "$ranks" "$data" "$limit" "$round" --pace "$pace" "${own[@]}"
  done
done
((${#more[@]} == 0)) || say "notice: with ${more[*]}, which is not how the goals are set"
"$python" "$root/bench/slowdown_summary.py" "$out" || failed=yes
[[ $failed == no ]]
