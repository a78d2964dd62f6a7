#!/usr/bin/env bash
# A validation set, normalized and augmented samples: across the ranks, in one process, and after a
# stop, the same ones.
#   usage: validation_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
patience=120

cmake=$2
value() { # value NAME KEYS: of the report $scratch/NAME.json
  "$cmake" -DFILE="$scratch/$1.json" -DKEYS="$2" -DSHOW=ON -P "$here/json_value.cmake" 2>&1
}
same() { # same NAME A B
  if [[ $2 == "$3" && $2 != *Error* ]]; then echo "ok: $1"; else failed "$1" "$2, not $3"; fi
}

plain=("$digits_model" "${digits[@]}" --micro-batches 2 --lr-decay none)
checkpoints=(--checkpoint "$scratch/checkpoints" --checkpoint-key "$scratch/state/key")
split=("${plain[@]}" --validation 0.2 --normalize train --augment crop,flip)
for epochs in 1 2; do
  succeeds "train, epoch $epochs" mpirun -n 8 --oversubscribe "$mixnn" train "${split[@]}" \
    --spot-checks 1 --epochs "$epochs" "${checkpoints[@]}" --json "$scratch/train.json"
done
prints "the heading says how many samples are in which set" "1150 to train, 287 to validate, 360"
prints "the table is of the validation set" "train acc  valid acc"
succeeds "baseline" "$mixnn" baseline "${split[@]}" --epochs 2 --threads 1 \
  --seed "$(value train seed)" --json "$scratch/one.json"
same "a training that went on drew the same set" "$(value train mixnn,parameters_sha256)" \
  "$(value one baseline,parameters_sha256)"
for key in validation_accuracies validation_losses validation_accuracy test_accuracy test_loss; do
  same "$key" "$(value train "mixnn,$key")" "$(value one "baseline,$key")"
done
if (($(value train mixnn,challenges) > 0)); then
  echo "ok: inputs were checked"
else
  failed "spot checks" "no window was opened"
fi
same "the mean is recorded" "$(value train normalization)" "$(value one normalization)"

goes_on() { # goes_on TEXT OPTION...: refused with the text
  message "going on with ${*:2}" 2 "$1" mpirun -n 8 --oversubscribe "$mixnn" train \
    "${plain[@]}" --epochs 3 "${@:2}" "${checkpoints[@]}"
}
goes_on "--validation is 0.3, but the checkpoint was made with 0.2" --validation 0.3 \
  --normalize train
goes_on "the checkpoint was made with --normalize train" --validation 0.2
goes_on "the checkpoint was made with --augment crop,flip" --validation 0.2 --normalize train
one() { message "options: $*" 2 "$1" "$mixnn" baseline "$digits_model" "${digits[@]}" "${@:2}"; }
one "--validation must be" --validation 1
one "--normalize must be" --normalize mean
one "--normalize must be" --normalize 1,2/3
one "--normalize must be" --normalize 1/0
one "--normalize has 2 means, but samples [1, 8, 8] have 1 channel" --normalize 1,2/3,4
finish
