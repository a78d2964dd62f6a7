#!/usr/bin/env bash
# Checkpoint and resume over real ranks: a run that was told to stop, or killed, and goes on among
# other ranks ends with the bits of the undisturbed one; a damaged checkpoint gives way to an older
# one; bad input ends with one message.
#   usage: checkpoint_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
cmake=$2
key=$scratch/state/key
training=(train "$digits_model" "${digits[@]}" --seed 7 --epochs 60 --quiet)
keys=(parameters_sha256 test_accuracy test_loss train_losses train_accuracies test_accuracies)

# job RANKS DIR OPTION...: `launch` becomes the command of a checkpointed training
job() {
  launch=(mpirun -n "$1" --oversubscribe "$mixnn" "${training[@]}" --checkpoint "$2"
    --checkpoint-key "$key" "${@:3}")
}

values() { # values FILE: what a report says of the training itself, times left out
  local k
  for k in "${keys[@]}"; do
    "$cmake" -DFILE="$1" -DKEYS="mixnn,$k" -DSHOW=ON -P "$here/json_value.cmake"
  done
}

reported() { # reported NAME FILE KEYS VALUE
  if "$cmake" -DFILE="$2" -DKEYS="$3" -DVALUE="$4" -P "$here/json_value.cmake" >"$output" 2>&1; then
    echo "ok: $1"
  else
    failed "$1" "another value of $3"
  fi
}

same() { # same NAME FILE: the report has the bits of the undisturbed run
  values "$2" >"$scratch/values" 2>&1 || true
  if cmp -s "$scratch/values" "$scratch/reference"; then
    echo "ok: $1: the same bits"
  else
    diff "$scratch/values" "$scratch/reference" >"$output" || true
    failed "$1" "other bits"
  fi
}

# starts DIR COUNT: begins `launch`, and returns once it has written so many checkpoints; its
# process is $mpirun
starts() {
  "${launch[@]}" >"$output" 2>&1 </dev/null &
  mpirun=$!
  local i last
  for ((i = 0; i < 400; ++i)); do
    last=$(find "$1" -name 'checkpoint-*.manifest' 2>/dev/null | sort | tail -1 || true)
    last=${last##*checkpoint-}
    last=${last%.manifest}
    [[ -n $last ]] && ((10#$last >= $2)) && return
    sleep 0.05
  done
  failed "$1" "no checkpoint $2 within 20 s"
}

ends() { # ends NAME CODE TEXT: what starts began ends so, with one message
  code=0
  wait "$mpirun" || code=$?
  if ((code != $2)); then
    failed "$1" "exit code $code, not $2"
  elif (($(grep -c '^mixnn: ' "$output") != 1)) || ! grep -qF -- "$3" "$output"; then
    failed "$1" "not one message with '$3'"
  else
    echo "ok: $1: $(grep '^mixnn: ' "$output")"
  fi
}

says() { # says NAME TEXT: what starts began prints it within 20 s
  local i
  for ((i = 0; i < 400; ++i)); do
    grep -qF -- "$2" "$output" && break
    sleep 0.05
  done
  prints "$1" "$2"
}

kill_job() { # without warning, and the whole of it
  local ranks
  ranks=$(pgrep -P "$mpirun")
  kill -KILL "$mpirun"
  # shellcheck disable=SC2086 # numbers
  kill -KILL $ranks 2>/dev/null || true
  wait "$mpirun" 2>/dev/null || true
}

succeeds "undisturbed" mpirun -n 7 --oversubscribe "$mixnn" "${training[@]}" \
  --json "$scratch/reference.json"
values "$scratch/reference.json" >"$scratch/reference"

# Told to stop twice, in the middle of epochs, and on with another number of relays.
job 7 "$scratch/told" --checkpoint-every 5b
starts "$scratch/told" 4
kill -USR1 "$mpirun"
ends "SIGUSR1" 75 "SIGUSR1: checkpointed after"
modes=$(stat -c %a "$scratch/told" "$key" "$scratch/state" "$scratch"/told/*.shard \
  "$scratch"/told/*.manifest | sort -u | xargs)
[[ $modes == "600 700" ]] || failed "modes" "they are $modes"
sizes=$(stat -c %s "$scratch"/told/*.shard | sort -u | wc -l)
((sizes == 1)) || failed "shards" "of $sizes sizes"
(($(find "$scratch/told" -name '*.shard' | wc -l) == 12)) ||
  failed "shards" "not those of two checkpoints"
cp -a "$scratch/told" "$scratch/stopped" # for what follows, with what opens it
cp -a "$key.runs" "$scratch/stopped.runs"
last=$(find "$scratch/told" -name '*.manifest' | sort | tail -1 | grep -oE '[0-9]{8}')
job 8 "$scratch/told" --hops 2 --checkpoint-every 7b
starts "$scratch/told" $((10#$last + 2))
kill -USR1 "$mpirun"
ends "SIGUSR1 among 8 ranks" 75 "SIGUSR1: checkpointed after"
job 10 "$scratch/told" --schedule gpipe --cell-size 4096 --json "$scratch/told.json"
succeeds "resumed among 10 ranks" "${launch[@]}"
same "told to stop" "$scratch/told.json"
reported "lives" "$scratch/told.json" lives 3

job 7 "$scratch/told" --json "$scratch/again.json" --out "$scratch/out"
succeeds "a finished training" "${launch[@]}"
same "a finished training" "$scratch/again.json"
[[ -s $scratch/out/model.safetensors ]] || failed "a finished training" "no model"
job 7 "$scratch/told" --epochs 61
message "more epochs, though the learning rate has fallen" 2 \
  "--epochs is 61, but the checkpoint was made with 60" "${launch[@]}"

job 7 "$scratch/terminated"
starts "$scratch/terminated" 1
# shellcheck disable=SC2046 # numbers; as srun passes it on, to every rank
kill -TERM $(pgrep -P "$mpirun")
ends "SIGTERM" 75 "SIGTERM: checkpointed after"

# Ctrl-C, and a terminal that is closed. mpirun makes SIGTERM of both, returns 1 whatever ranks
# return, and by itself gives them a second only.
for signal in INT HUP; do
  job 7 "$scratch/$signal" --epochs 2000
  launch=(env --default-signal=INT OMPI_MCA_odls_base_sigkill_timeout=3 "${launch[@]}")
  starts "$scratch/$signal" 1
  kill "-$signal" "$mpirun"
  ends "SIG$signal to mpirun" 1 "checkpointed after"
  [[ $(tail -n 1 "$output") == "mixnn: "*"the same command goes on from there" ]] ||
    failed "SIG$signal to mpirun" "the last line does not say how to go on"
  job 7 "$scratch/$signal-ranks" --epochs 2000
  starts "$scratch/$signal-ranks" 1
  # shellcheck disable=SC2046 # numbers; as srun passes it on, to every rank
  kill "-$signal" $(pgrep -P "$mpirun")
  ends "SIG$signal" 75 "SIG$signal: checkpointed after"
done

# In one process there is nothing to go on from: it says so, keeps the older results, and ends by
# the signal.
for signal in INT HUP TERM; do
  name="baseline: SIG$signal" code=0
  mkdir -p "$scratch/one" && echo older >"$scratch/one/report.json"
  : >"$output"
  env --default-signal=INT,HUP "$mixnn" baseline "$digits_model" "${digits[@]}" --epochs 100000 \
    --threads 1 --out "$scratch/one" >"$output" 2>&1 &
  until grep -q '^ *3 ' "$output"; do sleep 0.05; done
  kill "-$signal" $!
  wait $! || code=$?
  ((code == 128 + $(kill -l "$signal"))) || failed "$name" "exit code $code"
  prints "$name" "mixnn: SIG$signal: the baseline writes no checkpoints"
  [[ $(<"$scratch/one/report.json") == older && $(ls -A "$scratch/one") == report.json ]] ||
    failed "$name" "older results are harmed"
done
runs "$mixnn" baseline --help
prints "baseline: its help says so" "It writes no checkpoints"

job 7 "$scratch/killed" --checkpoint-every 5b
starts "$scratch/killed" 6
kill_job
: >"$scratch/killed/00000000000000000000000000000000.shard.abcdef" # as if in the middle of writing
job 9 "$scratch/killed" --json "$scratch/killed.json"
succeeds "resumed after a kill" "${launch[@]}"
same "killed" "$scratch/killed.json"
reported "lives" "$scratch/killed.json" lives 2
[[ -z $(find "$scratch/killed" -name '*.abcdef') ]] ||
  failed "killed" "what was unfinished is still there"

# Of 6 hosts and relays: which are the hosts' cannot be seen.
newest_shards() {
  find "$1" -name '*.shard' -printf '%T@ %p\n' | sort -rn | head -6 | cut -d' ' -f2
}
older_shards() {
  find "$1" -name '*.shard' -printf '%T@ %p\n' | sort -rn | tail -6 | cut -d' ' -f2
}
each_new_shard() { # each_new_shard DIR COMMAND...: COMMAND... SHARD
  local shard
  for shard in $(newest_shards "$1"); do "${@:2}" "$shard"; done
}
newest_manifest() { find "$1" -name '*.manifest' | sort | tail -1; }
flip() { # flip OFFSET FILE: another byte there
  local byte
  byte=$(od -An -tu1 -j "$1" -N 1 "$2" | tr -d ' ')
  # shellcheck disable=SC2059 # an escape
  printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$2" bs=1 seek="$1" conv=notrunc status=none
}

with_stopped_records() { # those of now are of a later state
  rm -rf "$key.runs"
  cp -a "$scratch/stopped.runs" "$key.runs"
}

job 7 "$scratch/stopped"
message "an older state that is put back" 2 "is of an older state than the oldest" "${launch[@]}"
with_stopped_records
cp -a "$scratch/stopped" "$scratch/back"
rm "$(find "$scratch/back" -name '*.manifest' | sort | tail -1)"
job 7 "$scratch/back"
message "the newest is taken away" 2 "--resume older goes on from checkpoint" "${launch[@]}"
job 7 "$scratch/back" --resume older --json "$scratch/back.json"
succeeds "the newest is taken away, and that is wanted" "${launch[@]}"
same "a step back" "$scratch/back.json"
job 7 "$scratch/back"
mkfifo "$scratch/back/checkpoint-00000999.manifest"
message "a FIFO as manifest" 0 "is no regular file" "${launch[@]}"

# damaged NAME TEXT: `damage DIR` spoils the newest checkpoint; the older one serves, and that is
# said
damaged() {
  rm -rf "$scratch/damaged" "$scratch/damaged.json"
  with_stopped_records
  cp -a "$scratch/stopped" "$scratch/damaged"
  damage "$scratch/damaged"
  job 7 "$scratch/damaged" --json "$scratch/damaged.json"
  message "$1" 0 "$2" "${launch[@]}"
  prints "$1: an older one" "using an older one"
  same "$1" "$scratch/damaged.json"
}
damage() { each_new_shard "$1" truncate -s -100; }
damaged "truncated shard" "is truncated"
damage() { each_new_shard "$1" flip 40000; }
damaged "tampered shard" "is not what was written"
damage() { each_new_shard "$1" rm; }
damaged "missing shard" "is missing"
damage() { each_new_shard "$1" cp "$(older_shards "$1" | head -1)"; }
damaged "an older shard under the name of a new one" "is not what was written"
damage() { flip 2000 "$(newest_manifest "$1")"; }
damaged "tampered manifest" "does not open"
damage() { cp "$(find "$1" -name '*.manifest' | sort | head -1)" "$(newest_manifest "$1")"; }
damaged "an older manifest under the number of a new one" "does not open"
damage() { truncate -s 5 "$(newest_manifest "$1")"; }
damaged "truncated manifest" "is truncated"

refused() { message "$1" 2 "$2" "${launch[@]}"; }
bad=$scratch/bad
cp -a "$scratch/stopped" "$bad"
for shard in "$bad"/*.shard; do truncate -s 1000 "$shard"; done
job 7 "$bad"
refused "all damaged" "no checkpoint in it is good"
rm "$bad"/*.shard
for manifest in "$bad"/*.manifest; do
  printf '\x02' | dd of="$manifest" bs=1 seek=8 conv=notrunc status=none
done
refused "another version" "has format version 2, this program reads version 7"

stopped=$scratch/stopped
job 7 "$stopped" --batch-size 64
refused "batch size" "--batch-size is 64, but the checkpoint was made with 128"
job 7 "$stopped" --seed 8
refused "seed" "--seed is 8, but the checkpoint was made with 7"
job 7 "$stopped" --lr 0.25
refused "learning rate" "--lr is 0.25, but the checkpoint was made with 0.1"
job 7 "$stopped" --limit-train 1000
samples="the number of training samples (--data, --limit-train)"
refused "samples" "$samples is 1000, but the checkpoint was made with 1437"
sed 's/"out_features": 64/"out_features": 65/' "$digits_model" >"$scratch/other.json"
message "another model" 2 "MODEL is another one" mpirun -n 7 --oversubscribe "$mixnn" train \
  "$scratch/other.json" "${digits[@]}" --checkpoint "$stopped" --checkpoint-key "$key"
job 7 "$scratch/nothing" --resume must
refused "nothing to resume" "holds no checkpoint to resume from"
job 7 /dev/null/x
refused "no folder can be made" "--checkpoint /dev/null/x: cannot be made"
job 7 "$digits_model"
refused "a file" "is no folder"
mkdir -m 777 "$scratch/open"
job 7 "$scratch/open"
refused "others can write" "others can write to it"
mkdir "$scratch/readonly" && chmod 500 "$scratch/readonly"
job 7 "$scratch/readonly"
[[ -w $scratch/readonly ]] || refused "cannot be written" "cannot be written" # root can

good_key=$key
key=$scratch/no-such-key
job 7 "$stopped"
refused "no key" "there is no such key"
key=$stopped/key
job 7 "$stopped"
refused "a key in the folder" "lies in the folder of the checkpoints"
key=$scratch/loose.key
cp "$good_key" "$key" && chmod 644 "$key"
job 7 "$stopped"
refused "a key that others can read" "others can read it"
echo "nonsense" >"$key" && chmod 600 "$key"
refused "a key that is none" "is no checkpoint key"
job 7 "$stopped"
key=$scratch/other.key
job 7 "$scratch/elsewhere" --epochs 1
succeeds "another key" "${launch[@]}"
job 7 "$stopped"
refused "checkpoints of another key" "made with another --checkpoint-key"
key=$good_key

job 7 "$scratch/held" --epochs 2000
starts "$scratch/held" 1
message "two jobs" 2 "another job is using it (process" "${launch[@]}"
cp "$output" "$scratch/second"
kill -USR1 "$mpirun"
wait "$mpirun" || true

job 7 "$scratch/moved" --checkpoint-every 1b --epochs 2000
starts "$scratch/moved" 2
mv "$scratch/moved" "$scratch/away"
says "a folder that goes" "older ones are kept, and it is tried again"
mv "$scratch/away" "$scratch/moved"
kill -USR1 "$mpirun"
code=0
wait "$mpirun" || code=$?
((code == 75)) || failed "a folder that comes back" "exit code $code, not 75"
prints "a folder that comes back" "SIGUSR1: checkpointed after"

launch=(mpirun -n 7 --oversubscribe "$mixnn" "${training[@]}" --epochs 1000)
"${launch[@]}" >"$output" 2>&1 </dev/null &
mpirun=$!
sleep 1
kill -USR1 "$mpirun"
ends "SIGUSR1 without --checkpoint" 0 "nowhere to write a checkpoint"
finish
