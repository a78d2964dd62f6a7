#!/usr/bin/env bash
# Bad input of one process: exit code 2 and one line that says what is wrong.
#   usage: bad_input_test.sh MIXNN
source "$(dirname "$0")/lib.sh"
source "$here/bad_files.sh"
make_bad_data
make_bad_models

with_data() { message "data: $1" 2 "$2" "$mixnn" baseline "$digits_model" --data "$scratch/$1"; }
with_model() {
  message "model: $1" 2 "$2" "$mixnn" baseline "$scratch/$1.json" --data "$scratch/good"
}
with_options() {
  message "options: ${*:2}" 2 "$1" "$mixnn" compare "$digits_model" --data "$scratch/good" "${@:2}"
}

succeeds "the good data set" "$mixnn" baseline "$digits_model" --data "$scratch/good" --epochs 1

with_data none "none"
with_data empty "train-images-idx3-ubyte"
with_data no-labels "t10k-labels-idx1-ubyte"
with_data truncated "train-images-idx3-ubyte"
with_data long "train-images-idx3-ubyte"
with_data wrong-magic "train-images-idx3-ubyte"
with_data empty-file "train-images-idx3-ubyte"
with_data bad-gzip "train-images-idx3-ubyte.gz"
with_data label-range "10"
with_data counts "39"
with_data shape "training samples are [1, 9, 9], but test samples [1, 8, 8]"
with_data model-shape "[1, 9, 9]"

with_data npy-objects "y_test.npy: holds Python objects"
with_data npy-long "x_train.npy: has bytes behind its 2560 values"
with_data csv-missing "train.csv: line 3: column 2 (b) has no value; a number is expected"
with_data tokens "holds tokens, for a MODEL whose input is [T]"
message "data: another format" 2 "has neither x_train.npy nor x_train.npy.gz; it holds" \
  "$mixnn" baseline "$digits_model" --data "$scratch/good" --data-format npy
message "data: unknown format" 2 "--data-format must be" \
  "$mixnn" baseline "$digits_model" --data "$scratch/good" --data-format json
message "data: unknown column" 2 "has no column 'c' (--target)" \
  "$mixnn" baseline "$digits_model" --data "$scratch/csv-missing" --target c

with_model none "none.json"
with_model folder "folder.json"
with_model nothing "nothing.json"
with_model cut "cut.json"
with_model array "array.json"
with_model unknown-type "stages[1].layers[0].type"
with_model unknown-key 'stages[0].layers[1]: unknown key "biass"'
with_model wrong-type "stages[1].layers[0].out_features"
with_model zero-size "stages[1].layers[0].out_features: must be between 1 and"
with_model absurd-size "stages[1].layers[0].out_features"
with_model no-size "stages[1].layers[0]"
with_model no-stages "stages"
with_model no-layers "stages[0].layers"

train_1=(--data "$scratch/good" --epochs 1 --quiet)
succeeds "MODEL from a pipe" bash -c 'cat "$1" | "${@:2}"' - "$digits_model" \
  "$mixnn" baseline /dev/stdin "${train_1[@]}"
succeeds "MODEL from a process substitution" bash -c '"$2" baseline <(cat "$1") "${@:3}"' - \
  "$digits_model" "$mixnn" "${train_1[@]}"
message "MODEL without an end" 2 "/dev/zero: too large for a MODEL file" \
  "$mixnn" baseline /dev/zero "${train_1[@]}"
message "MODEL from nowhere" 2 "/dev/stdin: line 1, column 1: not valid JSON" \
  "$mixnn" baseline /dev/stdin "${train_1[@]}"
printf '{"name": %s%s, "input": 0, "loss": 0, "stages": 0}' "$(printf '[%.0s' {1..100000})" \
  "$(printf ']%.0s' {1..100000})" >"$scratch/deep.json"
with_model deep "deep.json: line 1, column 137: not valid JSON: nested more than 128 deep"

message "no command" 2 "COMMAND is missing" "$mixnn"
message "unknown command" 2 "unknown command 'trian'" "$mixnn" trian
message "no model" 2 "MODEL is missing" "$mixnn" train
message "unknown option" 2 "unexpected argument: --bogus" "$mixnn" train --bogus
message "node without an owner" 2 "mpirun -n 1 mixnn train MODEL : -n 7 mixnn node" "$mixnn" node
message "node with more" 2 "unexpected argument: more" "$mixnn" node more
message "a setting that does not exist" 2 "the nearest is MIXNN_BATCH_SIZE" \
  env MIXNN_BATCHSIZE=32 "$mixnn" baseline "$digits_model"
succeeds "what a module system sets" env MIXNN_HOME=/opt MIXNN_DIR=/opt MIXNN_ROOT=/opt \
  "$mixnn" info
message "environment" 2 "MIXNN_LR must be" env MIXNN_LR=fast "$mixnn" baseline "$digits_model"

with_options "1 owner + 3 stages + 3 relays = 7, got 1"
with_options "--epochs must be" --epochs 0
with_options "--batch-size must be" --batch-size 0
with_options "--micro-batches must be at most the batch size of 8, got 9" --batch-size 8 \
  --micro-batches 9
with_options "--lr must be" --lr inf
with_options "--momentum must be" --momentum 1
with_options "--weight-decay must be" --weight-decay -1
sgd='"optimizer": {"type": "sgd", "momentum": 0.5, "weight_decay": 0}'
sed "s/\"loss\"/$sgd, \"loss\"/" "$digits_model" >"$scratch/own.json"
succeeds "MODEL's optimizer" "$mixnn" baseline "$scratch/own.json" --data "$scratch/good" --epochs 1
for option in --momentum --weight-decay; do
  message "$option beside it" 2 "own.json names its own, sgd" \
    "$mixnn" baseline "$scratch/own.json" --data "$scratch/good" "$option" 0.5
done
with_options "--hops must be" --hops 6
with_options "--timeout must be" --timeout 0
with_options "--mix must be" --mix stir

echo text >"$scratch/file"
with_output() {
  message "output: $*" 2 "$*: cannot be written" "$mixnn" baseline "$digits_model" \
    --data "$scratch/good" "$@"
}
with_output --out "$scratch/file"
with_output --out "$scratch/file/below"
with_output --json "$scratch/none/x.json"
with_output --json "$scratch"
message "plan for too few ranks" 2 "1 owner + 3 stages + 3 relays = 7, got 6" "$mixnn" plan \
  "$digits_model" --ranks 6
message "plan with a training option" 2 "unexpected argument: --epochs=2" "$mixnn" plan \
  "$digits_model" --epochs=2
message "plan into no folder" 2 "cannot be written" "$mixnn" plan "$digits_model" \
  --json "$scratch/none/x.json"
message "plan on a full disk" 1 "standard output cannot be written" bash -c '"$@" >/dev/full' - \
  "$mixnn" plan "$digits_model"
message "audit of nothing" 2 "FOLDER is missing: name folders of wire logs" "$mixnn" audit
mkdir "$scratch/no-runs"
message "audit of no run" 2 "no-runs" "$mixnn" audit "$scratch/no-runs"
message "audit of an unknown observer" 2 "--observer must be ranks, such as 3,5, or one of:" \
  "$mixnn" audit "$scratch/no-runs" --observer somebody
message "audit of the owner" 2 "--observer must be a whole number from 1" \
  "$mixnn" audit "$scratch/no-runs" --observer 0,3
message "audit after no step" 2 "--steps must be" "$mixnn" audit "$scratch/no-runs" --steps 0
for wire in float32 int8; do
  message "NaN loss, $wire" 1 "no longer a finite number" "$mixnn" baseline "$digits_model" \
    "${digits[@]}" --lr 1e29 --wire-dtype "$wire"
done
message "a last update that diverges" 1 "in the test after epoch 1" "$mixnn" baseline \
  "$digits_model" "${digits[@]}" --lr 1e29 --batch-size 1437 --epochs 1
message "report on a full disk" 1 "/dev/full: cannot be written" \
  "$mixnn" baseline "$digits_model" --data "$scratch/good" --epochs 1 --json /dev/full

message "info on a full disk" 1 "standard output cannot be written" bash -c '"$@" >/dev/full' - \
  "$mixnn" info
message "table on a full disk" 1 "standard output cannot be written" \
  bash -c '"$@" >/dev/full' - "$mixnn" baseline "$digits_model" --data "$scratch/good" --epochs 1

succeeds "help" "$mixnn" --help
prints "help names the commands" "compare"
succeeds "version" "$mixnn" --version
succeeds "info" "$mixnn" info
prints "info names the BLAS kernels" "kernels"
succeeds "quiet" "$mixnn" baseline "$digits_model" --data "$scratch/good" --epochs 1 --quiet
[[ ! -s $output ]] || failed "quiet" "not quiet"
finish
