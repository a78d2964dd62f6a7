#!/usr/bin/env bash
# A training is seen: --log has every step and epoch, of each run of compare, and goes on where a
# checkpoint does; --tensorboard has the same, as another reader sees.
#   usage: log_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
patience=120
export PATH=/usr/bin:$PATH # Debian's Python has Debian's modules

plain=("$digits_model" "${digits[@]}" --seed 7 --micro-batches 2)
steps=12 # of an epoch
ok() { # ok NAME COMMAND...
  if "${@:2}" >"$output" 2>&1; then echo "ok: $1"; else failed "$1" "it does not hold"; fi
}
message "another ending" 2 "--log must end in .jsonl or .csv, got $scratch/log.txt" \
  "$mixnn" baseline "${plain[@]}" --log "$scratch/log.txt"
message "a folder that is none" 2 "--tensorboard $digits_model: cannot be written" \
  "$mixnn" baseline "${plain[@]}" --tensorboard "$digits_model"
message "a log without a folder" 2 "--log $scratch/none/log.csv: cannot be written" \
  "$mixnn" baseline "${plain[@]}" --log "$scratch/none/log.csv"

# compare: three runs; the reference's numbers are the ranks'.
succeeds "compare" mpirun -n 8 --oversubscribe "$mixnn" compare "${plain[@]}" --epochs 2 \
  --log "$scratch/c.csv" --tensorboard "$scratch/events"
rows() { grep "^$1,$2," "$scratch/c.csv" | cut -d, -f3-8; }
for run in baseline reference mixnn; do
  ok "$run: a row each step" test "$(rows $run step | wc -l)" = $((2 * steps))
  ok "$run: a row each epoch" test "$(rows $run epoch | wc -l)" = 2
done
ok "the reference has the bits of the ranks" test "$(rows reference step)" = "$(rows mixnn step)"
ok "the losses of the steps are not all the same" \
  test "$(rows mixnn step | cut -d, -f4 | sort -u | wc -l)" -gt 20
ok "the last step" grep -q "^mixnn,step,2,24,2874," "$scratch/c.csv"
ok "the log is private" test "$(stat -c %a "$scratch/c.csv")" = 600

# A training that is killed leaves whole lines, and goes on with them; the learning rate falls by
# the tests of all epochs, of earlier jobs, too.
launch() {
  runs timeout --kill-after=5 100 mpirun -n 7 --oversubscribe "$mixnn" train "${plain[@]}" \
    --quiet "${@:2}" --log "$1"
}
plateau=(--validation 0.2 --clip-norm 0.5 --lr 4 --lr-decay plateau --lr-patience 0 --lr-gamma 0.5)
checkpoints=("${plateau[@]}" --checkpoint "$scratch/checkpoints"
  --checkpoint-key "$scratch/state/key" --checkpoint-every 5b)
launch "$scratch/whole.jsonl" --epochs 5 "${plateau[@]}"
launch "$scratch/log.jsonl" --epochs 4 "${checkpoints[@]}"
# As if it had been killed later than its last checkpoint, amid a line.
{
  echo '{"run":"mixnn","kind":"step","epoch":5,"step":37,"samples":1,"loss":9}'
  printf '{"run":"mixnn","kind":"st'
} >>"$scratch/log.jsonl"
launch "$scratch/log.jsonl" --epochs 5 "${checkpoints[@]}"
training() { grep -v '"kind":"end"' "$1" | sed -E 's/"(wall_s|samples_per_s)":[^,}]*//'; }
ok "a log that went on" diff <(training "$scratch/whole.jsonl") <(training "$scratch/log.jsonl")
ok "the gradient's norm" test "$(grep -c '"gradient_norm":' "$scratch/log.jsonl")" = 45
ok "the learning rate fell" test "$(grep -o '"learning_rate":[0-9.]*' "$scratch/log.jsonl" |
  sort -u | wc -l)" -ge 2
ok "the test at the end" grep -q '"kind":"end","epoch":5,"step":45,.*"test_loss":' \
  "$scratch/log.jsonl"
cp "$scratch/c.csv" "$scratch/other.jsonl"
message "another file's place" 2 "holds something else than the log of a training" \
  mpirun -n 7 --oversubscribe "$mixnn" train "${plain[@]}" --epochs 6 \
  "${checkpoints[@]}" --log "$scratch/other.jsonl"
ok "it is as it was" cmp "$scratch/c.csv" "$scratch/other.jsonl"

if ! python3 -c "import google.protobuf" 2>/dev/null; then
  echo "notice: no python3-protobuf: the event files are not read"
  finish
fi
for run in baseline reference mixnn; do
  file=$(find "$scratch/events/$run" -name 'events.out.tfevents.*')
  ok "$run: events" python3 "$here/read_events.py" "$file"
  cp "$output" "$scratch/$run.events"
  ok "$run: the beginning" test "$(head -2 "$scratch/$run.events" | tr '\n' ';')" = \
    "version brain.Event:2;start 1 1;"
  ok "$run: the steps" test "$(grep -c 'train/loss=.*train/learning_rate=.*train/samples_per_s=' \
    "$scratch/$run.events")" = $((2 * steps))
  ok "$run: the epochs" test "$(grep -c 'test/loss=.*test/accuracy=' "$scratch/$run.events")" = 2
done
ok "another reader sees the log's numbers" python3 - "$scratch" <<'END'
import csv, re, struct, sys
folder = sys.argv[1]
float32 = lambda x: struct.unpack("f", struct.pack("f", float(x)))[0]
logged = [(int(r["step"]), float32(r["loss"]), float32(r["learning_rate"]))
          for r in csv.DictReader(open(folder + "/c.csv"))
          if (r["run"], r["kind"]) == ("mixnn", "step")]
seen = re.findall(r"step (\d+) train/loss=(\S+) train/learning_rate=(\S+)",
                  open(folder + "/mixnn.events").read())
assert [(int(a), float(b), float(c)) for a, b, c in seen] == logged, (seen, logged)
END
finish
