#!/usr/bin/env bash
# The whole way on the small data set: compare and train across ranks give the reference's bits, and
# write what they should.
#   usage: compare_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
cmake=$2

launch=(mpirun -n 8 --oversubscribe "$mixnn")
training=("$digits_model" "${digits[@]}" --epochs 2 --seed 7 --micro-batches 4)

# has JSON-FILE KEY... [= VALUE]: the key is there, and equal
has() {
  if ! "$cmake" -DFILE="$1" -DKEYS="$2" -DVALUE="${3-}" -P "$here/json_value.cmake" \
    >"$output" 2>&1; then
    failed "$(basename "$1")" "$2 ${3-}"
  fi
}
value() { "$cmake" -DFILE="$1" -DKEYS="$2" -DSHOW=ON -P "$here/json_value.cmake" 2>&1; }

out=$scratch/results
succeeds "compare" "${launch[@]}" compare "${training[@]}" --json "$scratch/compare.json" \
  --out "$out"
prints "compare shows the first number" "accuracy difference      0   within 0.001"
prints "compare shows the second number" "about 7.5"
if tr -d '\n' <"$output" | grep -q $'\r'; then
  failed "compare" "a progress line without a terminal"
fi

report=$scratch/compare.json
for key in model ranks hops aead cell_size padding batch_size micro_batches epochs slowdown \
  machine seed schedule mix startup_s version machine,cpu machine,cores mixnn,cells \
  mixnn,bytes_on_wire mixnn,windows mixnn,challenges spot_checks; do
  has "$report" "$key"
done
for key in bound,slowdown bound,over bound,cores_s bound,links_s bound,chain_s bound,schedule_s \
  bound,link_bytes; do
  has "$report" "$key"
done
for trainer in baseline reference mixnn; do
  for key in threads wall_s samples_per_s test_accuracy test_loss parameters_sha256 \
    epoch_walls_s,1; do
    has "$report" "$trainer,$key"
  done
done
has "$report" ranks 8
has "$report" accuracy_difference 0.0
has "$report" bit_identical ON
has "$report" mixnn,parameters_sha256 "$(value "$report" reference,parameters_sha256)"
cmp "$report" "$out/report.json" || failed "--out" "its report is another"
[[ $(stat -c %a "$out/report.json" "$out/model.safetensors" | sort -u) == 600 ]] ||
  failed "--out" "not private"
[[ $(ls -A "$out" | wc -l) == 2 ]] || failed "--out" "more than two files"

# The same seed by other ways: the same bits.
sha=$(value "$report" mixnn,parameters_sha256)
same() { # same NAME COMMAND...
  succeeds "$1" "${@:2}" --json "$scratch/same.json"
  local name=mixnn
  [[ $1 != *baseline* ]] || name=baseline
  has "$scratch/same.json" "$name,parameters_sha256" "$sha"
}
same "train" "${launch[@]}" train "${training[@]}"
same "train with all hosts checked" "${launch[@]}" train "${training[@]}" --spot-checks 1
same "train with no host checked" "${launch[@]}" train "${training[@]}" --spot-checks 0
same "train in chacha20poly1305" "${launch[@]}" train "${training[@]}" --aead chacha20poly1305
same "train by gpipe, 1 hop, more relays, cells" mpirun -n 9 --oversubscribe "$mixnn" train \
  "${training[@]}" --schedule gpipe --hops 1 --padding cells
same "train unprotected" mpirun -n 4 --oversubscribe "$mixnn" train "${training[@]}" --hops 0
same "train behind thresholds" "${launch[@]}" train "${training[@]}" --mix threshold:2:1 --epochs 2
same "baseline with the same micro-batches" "$mixnn" baseline "${training[@]}" --threads 1

# The fastest baseline rounds nothing, whatever travels; the reference does.
bf16=(--wire-dtype bfloat16 --epochs 1 --threads 1)
succeeds "compare in bfloat16" "${launch[@]}" compare "${training[@]}" "${bf16[@]}" \
  --json "$scratch/bf16.json"
prints "the baseline's numbers are said to be whole" "whole batches, 1 thread, nothing rounded"
succeeds "compare in float32" "${launch[@]}" compare "${training[@]}" --epochs 1 --threads 1 \
  --json "$scratch/f32.json"
has "$scratch/bf16.json" wire_dtype bfloat16
has "$scratch/bf16.json" baseline,parameters_sha256 \
  "$(value "$scratch/f32.json" baseline,parameters_sha256)"
rounded=$(value "$scratch/bf16.json" reference,parameters_sha256)
[[ $rounded != "$(value "$scratch/f32.json" reference,parameters_sha256)" ]] ||
  failed "compare in bfloat16" "the reference rounded nothing"
succeeds "baseline in bfloat16" "$mixnn" baseline "${training[@]}" "${bf16[@]}" \
  --json "$scratch/same.json"
has "$scratch/same.json" baseline,parameters_sha256 \
  "$(value "$scratch/bf16.json" reference,parameters_sha256)"

# Left to the program: the same for any AEAD and padding, so the same bits.
succeeds "auto" "${launch[@]}" train "${training[@]}" --micro-batches auto \
  --json "$scratch/auto.json"
prints "auto is said" "(auto)"
sha=$(value "$scratch/auto.json" mixnn,parameters_sha256)
same "auto again" "${launch[@]}" train "${training[@]}" --micro-batches auto --padding cells \
  --aead chacha20poly1305
same "baseline with what auto recorded" "$mixnn" baseline "${training[@]}" --threads 1 \
  --micro-batches "$(value "$scratch/auto.json" micro_batches)"
succeeds "plan of a job" "${launch[@]}" plan "$digits_model" --json "$scratch/job.json"
prints "plan of a job knows its ranks" "8: 1 owner, 3 stages, 4 relays"
has "$scratch/job.json" hosts 1
succeeds "plan beside nodes" mpirun -n 1 "$mixnn" plan "$digits_model" --quiet : -n 7 \
  --oversubscribe "$mixnn" node
succeeds "plan" "$mixnn" plan "$digits_model" --ranks 8 --json "$scratch/plan.json"
has "$scratch/plan.json" micro_batches "$(value "$scratch/auto.json" micro_batches)"
finish
