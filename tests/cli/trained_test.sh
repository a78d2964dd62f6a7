#!/usr/bin/env bash
# A trained network is used: evaluate and predict, across ranks and in one process, say the same as
# the training did; --weights goes on where a file stands; layers without stages are cut alike.
#   usage: trained_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
cmake=$2
value() { "$cmake" -DFILE="$1" -DKEYS="$2" -DSHOW=ON -P "$here/json_value.cmake"; }
# same NAME A B
same() {
  if [[ -n $2 && $2 == "$3" ]]; then
    echo "ok: $1: $2"
  else
    : >"$output"
    failed "$1" "'$2' is not '$3'"
  fi
}

across=(mpirun -n 7 --oversubscribe "$mixnn")
training=("$digits_model" "${digits[@]}" --seed 3 --micro-batches 2)
weights=$scratch/out/model.safetensors
succeeds "train" "${across[@]}" train "${training[@]}" --epochs 3 --out "$scratch/out"
report=$scratch/out/report.json

# The same chunks of the test set as in training: the same sums.
used=("$digits_model" "${digits[@]}" --weights "$weights" --micro-batches 2)
succeeds "evaluate across ranks" "${across[@]}" evaluate "${used[@]}" --json "$scratch/e.json"
grep -q '^  accuracy ' "$output" || failed "evaluate across ranks" "no accuracy"
succeeds "evaluate alone" "$mixnn" evaluate "${used[@]}" --json "$scratch/a.json"
for key in accuracy loss; do
  same "$key across ranks" "$(value "$scratch/e.json" "evaluation,$key")" \
    "$(value "$report" "mixnn,test_$key")"
  same "$key alone" "$(value "$scratch/a.json" "evaluation,$key")" \
    "$(value "$report" "mixnn,test_$key")"
done

for form in classes probabilities outputs; do
  for end in csv npy; do
    succeeds "predict $form $end" "${across[@]}" predict "${used[@]}" --as "$form" \
      --predictions "$scratch/ranks.$end"
    succeeds "predict $form $end alone" "$mixnn" predict "${used[@]}" --as "$form" \
      --predictions "$scratch/alone.$end"
    cmp -s "$scratch/ranks.$end" "$scratch/alone.$end" ||
      failed "predict $form $end" "other predictions than in one process"
    mv "$scratch/alone.$end" "$scratch/$form.$end"
  done
done
(($(wc -l <"$scratch/classes.csv") == 361)) || failed "predict" "not a row for each sample"

if /usr/bin/python3 -c "import numpy" 2>/dev/null; then
  /usr/bin/python3 -B - "$scratch" "$root/tests/data/digits/t10k-labels-idx1-ubyte.gz" \
    >"$scratch/numpy" 2>&1 <<'END' || failed "NumPy" "$(cat "$scratch/numpy")"
import gzip, sys
import numpy
folder, labels = sys.argv[1:]
labels = numpy.frombuffer(gzip.open(labels).read()[8:], numpy.uint8)
outputs = numpy.load(folder + "/outputs.npy")
classes = numpy.load(folder + "/classes.npy")
probabilities = numpy.load(folder + "/probabilities.npy")
assert outputs.shape == probabilities.shape == (360, 10) and outputs.dtype == numpy.float32
assert classes.dtype == numpy.int64 and (classes == outputs.argmax(1)).all()
soft = numpy.exp(outputs.astype(float) - outputs.max(1, keepdims=True))
assert abs(probabilities - soft / soft.sum(1, keepdims=True)).max() < 1e-6
assert (numpy.loadtxt(folder + "/outputs.csv", delimiter=",", skiprows=1,
                      dtype=numpy.float32) == outputs).all()
print((classes == labels).mean())
END
  awk -v a="$(cat "$scratch/numpy")" -v b="$(value "$report" mixnn,test_accuracy)" \
    'BEGIN { exit !(a - b < 1e-9 && b - a < 1e-9) }' || failed "NumPy" "another accuracy"
  echo "ok: NumPy reads the predictions: accuracy $(cat "$scratch/numpy")"
else
  echo "skipped: no NumPy here: it reads no predictions"
fi

# Two trainings of one epoch are not one of two, as momentum begins anew; but ranks and reference
# agree, and begin where the file stands.
succeeds "compare from weights" "${across[@]}" compare "${training[@]}" --epochs 1 \
  --weights "$weights" --json "$scratch/c.json"
same "bits from weights" "$(value "$scratch/c.json" bit_identical)" ON
awk -v loss="$(value "$scratch/c.json" mixnn,train_losses)" 'BEGIN { exit !(loss + 0 < 1) }' ||
  failed "compare from weights" "it began anew"

# A checkpoint of it goes on with these weights alone.
going=(mpirun -n 7 --oversubscribe "$mixnn" train "${training[@]}" --epochs 1
  --checkpoint "$scratch/checkpoints" --checkpoint-key "$scratch/key")
succeeds "checkpoint from weights" "${going[@]}" --weights "$weights" --out "$scratch/other"
message "other weights" 2 "--weights is sha256" "${going[@]}" \
  --weights "$scratch/other/model.safetensors"
message "no weights any more" 2 "the checkpoint was made with --weights" "${going[@]}"

# The same layers, without stages: the same bits, cut into any number.
cat >"$scratch/open.json" <<'END'
{"name": "digits", "input": {"shape": [1, 8, 8], "scale": 0.0625}, "loss": "cross_entropy",
 "layers": [{"type": "flatten"}, {"type": "linear", "out_features": 64}, {"type": "relu"},
            {"type": "linear", "out_features": 32}, {"type": "relu"},
            {"type": "linear", "out_features": 10}]}
END
for stages in 1 2 3; do
  succeeds "train $stages stages" "${across[@]}" train "$scratch/open.json" "${digits[@]}" \
    --seed 3 --micro-batches 2 --epochs 3 --stages "$stages" --json "$scratch/s.json"
  same "bits of $stages stages" "$(value "$scratch/s.json" mixnn,parameters_sha256)" \
    "$(value "$report" mixnn,parameters_sha256)"
done
message "more stages than layers" 2 "can be cut into at most 3 stages, got 4" \
  "$mixnn" baseline "$scratch/open.json" "${digits[@]}" --stages 4
message "stages of a model that has them" 2 "has \"stages\" of its own" \
  "$mixnn" baseline "${training[@]}" --stages 2

message "no weights" 2 "--weights FILE is missing" "$mixnn" evaluate "$digits_model" "${digits[@]}"
message "no weights across ranks" 2 "--weights FILE is missing" "${across[@]}" evaluate \
  "$digits_model" "${digits[@]}"
message "no predictions" 2 "--predictions FILE is missing" "$mixnn" predict "${used[@]}"
message "an unknown kind of file" 2 "must end in .csv or .npy" "$mixnn" predict "${used[@]}" \
  --predictions "$scratch/x.txt"
sed 's/: 32/: 33/' "$scratch/open.json" >"$scratch/other.json"
message "another model's weights" 2 "tensor 3.weight should be F32 [33, 64], but is F32 [32, 64]" \
  "$mixnn" evaluate "$scratch/other.json" "${digits[@]}" --weights "$weights"
finish
