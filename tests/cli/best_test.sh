#!/usr/bin/env bash
# --keep-best and --early-stop: the same epochs and the same file in one process, across the ranks,
# and after stops; a finished training that is found says what it said at its end.
#   usage: best_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
cmake=$2
patience=60

value() { # value NAME KEYS: of the report $scratch/NAME.json
  "$cmake" -DFILE="$scratch/$1.json" -DKEYS="$2" -DSHOW=ON -P "$here/json_value.cmake" 2>&1
}
same() { # same NAME A B
  if [[ $2 == "$3" && $2 != *Error* && -n $2 ]]; then echo "ok: $1: $2"; else
    : >"$output"
    failed "$1" "'$2' is not '$3'"
  fi
}
alike() { # alike NAME FILE FILE
  if cmp -s "$2" "$3"; then echo "ok: $1"; else failed "$1" "the files differ"; fi
}

# So few samples at so high a rate that the loss goes up and down.
plain=("$digits_model" "${digits[@]}" --limit-train 300 --validation 0.3 --batch-size 16 --lr 0.15
  --lr-decay none --micro-batches 2 --seed 3)
best=("${plain[@]}" --early-stop 3)
across=(mpirun -n 8 --oversubscribe "$mixnn" train)
succeeds "baseline" "$mixnn" baseline "${best[@]}" --epochs 30 --threads 1 \
  --keep-best "$scratch/one.safetensors" --json "$scratch/one.json"
prints "it says so" "early, after"
at=$(value one baseline,best_epoch)
succeeds "as many epochs alone" "$mixnn" baseline "${plain[@]}" --epochs "$at" --threads 1 \
  --out "$scratch/short"
alike "the weights are those after the best epoch" "$scratch/one.safetensors" \
  "$scratch/short/model.safetensors"
succeeds "train" "${across[@]}" "${best[@]}" --epochs 30 --keep-best "$scratch/ranks.safetensors" \
  --json "$scratch/ranks.json"
alike "the same file across the ranks" "$scratch/one.safetensors" "$scratch/ranks.safetensors"
for key in parameters_sha256 validation_losses best_epoch best_validation_loss \
  best_validation_accuracy test_loss; do
  same "$key" "$(value ranks "mixnn,$key")" "$(value one "baseline,$key")"
done
same "the number is recorded" "$(value ranks early_stop)" 3

# Stopped before the best epoch, behind it, and on.
from=(--checkpoint "$scratch/saved" --checkpoint-key "$scratch/key")
for epochs in $((at - 1)) $((at + 1)) 30; do
  succeeds "up to epoch $epochs" "${across[@]}" "${best[@]}" --epochs "$epochs" "${from[@]}" \
    --keep-best "$scratch/kept.safetensors" --json "$scratch/kept.json"
done
alike "the same file after stops" "$scratch/one.safetensors" "$scratch/kept.safetensors"
same "the same end after stops" "$(value kept mixnn,parameters_sha256)" \
  "$(value one baseline,parameters_sha256)"
cp "$scratch/kept.json" "$scratch/before.json"
succeeds "found finished" "${across[@]}" "${best[@]}" --epochs 30 "${from[@]}" \
  --keep-best "$scratch/kept.safetensors" --json "$scratch/kept.json"
prints "it trained nothing" "nothing was trained again"
alike "and left the file" "$scratch/one.safetensors" "$scratch/kept.safetensors"
for key in parameters_sha256 validation_losses best_epoch test_loss test_accuracy; do
  same "found finished: $key" "$(value kept "mixnn,$key")" "$(value before "mixnn,$key")"
done
message "a file that is gone, at the end" 0 "which was the best, is over" "${across[@]}" \
  "${best[@]}" --epochs 30 "${from[@]}" --keep-best "$scratch/gone.safetensors"
rm -r "$scratch/saved"
succeeds "again, behind the best" "${across[@]}" "${best[@]}" --epochs $((at + 1)) "${from[@]}" \
  --resume never --keep-best "$scratch/kept.safetensors"
message "a file that is gone" 0 "it receives the best from here on" "${across[@]}" "${best[@]}" \
  --epochs 30 "${from[@]}" --keep-best "$scratch/gone.safetensors"
[[ -s $scratch/gone.safetensors ]] || failed "a file that is gone" "none was written"

refused() { message "$1" 2 "$2" "$mixnn" baseline "$digits_model" "${digits[@]}" "${@:3}"; }
refused "early stop without validation" "there is none: give --validation" --early-stop 3
refused "best without validation" "there is none: give --validation" \
  --keep-best "$scratch/x.safetensors"
refused "no epochs" "--early-stop must be" --validation 0.1 --early-stop 0
refused "no folder" "--keep-best $scratch/none/x.safetensors: cannot be written" --validation 0.1 \
  --keep-best "$scratch/none/x.safetensors"
refused "the last epoch's name" "give another name" --validation 0.1 --out "$scratch/o" \
  --keep-best "$scratch/o/model.safetensors"
finish
