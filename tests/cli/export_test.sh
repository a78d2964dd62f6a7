#!/usr/bin/env bash
# The weights of a checkpoint: exported as PyTorch's file, and used by evaluate and predict in its
# place, in one process and across the ranks; what is wrong with it is said in one message.
#   usage: export_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
cmake=$2
saved=$scratch/saved
key=$scratch/state/key
from=(--checkpoint "$saved" --checkpoint-key "$key")
across=(mpirun -n 8 --oversubscribe "$mixnn")
# Layers without stages, with a buffer: batch_norm2d's means.
cat >"$scratch/net.json" <<'END_OF_MODEL'
{"name": "net", "input": {"shape": [1, 8, 8], "scale": 0.0625}, "loss": "cross_entropy",
 "layers": [{"type": "conv2d", "out_channels": 4, "kernel_size": 3}, {"type": "batch_norm2d"},
            {"type": "relu"}, {"type": "flatten"}, {"type": "linear", "out_features": 24},
            {"type": "relu"}, {"type": "linear", "out_features": 10}]}
END_OF_MODEL
model=$scratch/net.json
training=(train "$model" "${digits[@]}" --seed 7 --micro-batches 2 --lr-decay none --stages 3
  --optimizer adamw --lr 0.003 --quiet)

value() { # value FILE KEYS
  "$cmake" -DFILE="$1" -DKEYS="$2" -DSHOW=ON -P "$here/json_value.cmake" 2>&1
}
alike() { # alike NAME FILE FILE
  if cmp -s "$2" "$3"; then echo "ok: $1"; else failed "$1" "the files differ"; fi
}

succeeds "one epoch" "${across[@]}" "${training[@]}" --epochs 1 --out "$scratch/one"
succeeds "two epochs, saved" "${across[@]}" "${training[@]}" --epochs 2 "${from[@]}" \
  --checkpoint-every 1e --keep 3 --out "$scratch/two"
find "$saved" | sort >"$scratch/before"

succeeds "export" "$mixnn" export "$model" "${from[@]}" --out "$scratch/new.safetensors"
prints "export says what it is" "after 2 epochs and 0 steps"
# The cut into stages is recorded in the file, so it is that of the training.
alike "it is the file that training leaves" "$scratch/new.safetensors" \
  "$scratch/two/model.safetensors"
mapfile -t manifests < <(find "$saved" -name '*.manifest' | sort)
succeeds "export into a folder, an older one" "$mixnn" export "$model" \
  --checkpoint "${manifests[1]}" --checkpoint-key "$key" --out "$scratch/older"
alike "that of the epoch before" "$scratch/older/model.safetensors" "$scratch/one/model.safetensors"
[[ $(stat -c %a "$scratch/new.safetensors") == 600 ]] || failed "export" "others can read it"

# The same from the checkpoint as from the file, however the layers are cut now.
for way in "$mixnn" "${across[*]}"; do
  # shellcheck disable=SC2086 # words
  succeeds "evaluate a checkpoint, $way" $way evaluate "$model" "${digits[@]}" "${from[@]}" \
    --stages 2 --batch-size 64 --json "$scratch/c.json"
  # shellcheck disable=SC2086
  succeeds "evaluate the file, $way" $way evaluate "$model" "${digits[@]}" --stages 2 \
    --batch-size 64 --weights "$scratch/new.safetensors" --json "$scratch/w.json"
  loss=$(value "$scratch/c.json" evaluation,loss)
  [[ $loss == "$(value "$scratch/w.json" evaluation,loss)" ]] ||
    failed "evaluate, $way" "another loss from the checkpoint"
  # shellcheck disable=SC2086
  succeeds "predict, $way" $way predict "$model" "${digits[@]}" "${from[@]}" --as outputs \
    --batch-size 64 --micro-batches 1 --predictions "$scratch/p.npy"
  [[ -s $scratch/first.npy ]] || cp "$scratch/p.npy" "$scratch/first.npy"
  alike "predictions, $way" "$scratch/p.npy" "$scratch/first.npy"
done
find "$saved" | sort >"$scratch/after"
alike "nothing in the folder changed" "$scratch/before" "$scratch/after"

# The owner's own ends are in a shard of their own.
succeeds "owner's ends, saved" "${across[@]}" "${training[@]}" --epochs 1 --owner-ends both \
  --checkpoint "$scratch/ends" --checkpoint-key "$key"
succeeds "owner's ends" "$mixnn" export "$model" --checkpoint "$scratch/ends" \
  --checkpoint-key "$key" --out "$scratch/ends.safetensors"
alike "the owner's ends are in it" "$scratch/ends.safetensors" "$scratch/one/model.safetensors"

# While a job holds the folder.
exec 9>"$saved/lock" && flock 9
succeeds "export while a job trains" "$mixnn" export "$model" "${from[@]}" \
  --out "$scratch/held.safetensors"
exec 9>&-

refused() { # refused NAME TEXT OPTION...
  message "$1" 2 "$2" "$mixnn" export "$model" --out "$scratch/bad.safetensors" "${@:3}"
  [[ ! -e $scratch/bad.safetensors ]] || failed "$1" "it left a file"
}
message "no folder" 2 "--checkpoint DIR is missing" "$mixnn" export "$model" --out "$scratch/x"
message "no output" 2 "--out is missing" "$mixnn" export "$model" "${from[@]}"
message "cannot be written" 2 "--out $scratch/none/x.safetensors: cannot be written" \
  "$mixnn" export "$model" "${from[@]}" --out "$scratch/none/x.safetensors"
message "both" 2 "give one" "$mixnn" evaluate "$model" "${digits[@]}" "${from[@]}" \
  --weights "$scratch/new.safetensors"
message "neither, across ranks" 2 "--weights FILE is missing, or --checkpoint DIR" \
  "${across[@]}" evaluate "$model" "${digits[@]}"
refused "no such folder" "there is no such folder" --checkpoint "$scratch/no" \
  --checkpoint-key "$key"
[[ ! -e $scratch/no ]] || failed "no such folder" "it was made"
refused "a file" "is no folder" --checkpoint "$model" --checkpoint-key "$key"
mkdir "$scratch/empty"
refused "an empty folder" "holds no checkpoint" --checkpoint "$scratch/empty" \
  --checkpoint-key "$key"
refused "no such manifest" "checkpoint-00000099.manifest is missing" \
  --checkpoint "$saved/checkpoint-00000099.manifest" --checkpoint-key "$key"
refused "no key" "there is no such key" --checkpoint "$saved" --checkpoint-key "$scratch/nokey"
[[ ! -e $scratch/nokey ]] || failed "no key" "it was made"
succeeds "another key" mpirun -n 7 --oversubscribe "$mixnn" train "$digits_model" "${digits[@]}" \
  --epochs 1 --checkpoint "$scratch/other" --checkpoint-key "$scratch/other.key" --quiet
refused "another key" "made with another --checkpoint-key" --checkpoint "$saved" \
  --checkpoint-key "$scratch/other.key"
message "another network" 2 "is of another network than $digits_model" "$mixnn" export \
  "$digits_model" "${from[@]}" --out "$scratch/bad.safetensors"
sed 's/: 24/: 25/' "$model" >"$scratch/wider.json"
message "a wider network" 2 "is of another network" "$mixnn" evaluate "$scratch/wider.json" \
  "${digits[@]}" "${from[@]}"

# damaged NAME TEXT COMMAND...: a copy on which COMMAND worked is refused
damaged() {
  local name=$1 text=$2
  shift 2
  rm -rf "$scratch/damaged"
  cp -a "$saved" "$scratch/damaged"
  newest=$scratch/damaged/$(basename "${manifests[-1]}")
  "$@"
  refused "$name" "$text" --checkpoint "$scratch/damaged" --checkpoint-key "$key"
}
remove_shards() { rm "$scratch"/damaged/*.shard; }
cut_shards() { truncate -s -1 "$scratch"/damaged/*.shard; }
other_format() { printf '%b' "\\x$1" | dd of="$newest" bs=1 seek=8 conv=notrunc status=none; }
damaged "missing shards" ".shard is missing" remove_shards
damaged "cut shards" ".shard is truncated" cut_shards
damaged "an older format" "has format version 6, this program reads version 7" other_format 06
damaged "a newer format" "has format version 99, this program reads version 7" other_format 63
damaged "a cut manifest" "is truncated, or no manifest; to take an older one, name it:" \
  truncate -s 9 "$scratch/damaged/$(basename "${manifests[-1]}")"

# Samples that were normalized in training.
succeeds "normalized" mpirun -n 7 --oversubscribe "$mixnn" train "$digits_model" "${digits[@]}" \
  --epochs 1 --normalize train --checkpoint "$scratch/normal" --checkpoint-key "$key" --quiet
normal=(--checkpoint "$scratch/normal" --checkpoint-key "$key")
message "not normalized now" 2 "was trained on normalized samples: give --normalize train" \
  "$mixnn" evaluate "$digits_model" "${digits[@]}" "${normal[@]}"
succeeds "normalized now" "$mixnn" evaluate "$digits_model" "${digits[@]}" "${normal[@]}" \
  --normalize train
succeeds "export it" "$mixnn" export "$digits_model" "${normal[@]}" --out "$scratch/n.safetensors"
finish
