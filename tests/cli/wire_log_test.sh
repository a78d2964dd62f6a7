#!/usr/bin/env bash
# What --wire-log writes: a private file of each rank and the owner's truth, whole, and none where it
# is refused. What they hold is tested in tests/audit.
#   usage: wire_log_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"

launch=(mpirun -n 8 --oversubscribe "$mixnn" train)
training=("$digits_model" "${digits[@]}" --epochs 1 --seed 7 --quiet)
logs=$scratch/logs

# has_logs NAME RANKS
has_logs() {
  local files
  files=$(cd "$logs" && ls)
  [[ $(wc -w <<<"$files") == $(($2 + 1)) && $files == *truth.wire* ]] ||
    failed "$1" "the folder holds: $files"
  [[ -z $(find "$logs" -type f ! -perm 600) ]] || failed "$1" "not private"
  for ((rank = 0; rank < $2; ++rank)); do
    [[ $(head -c 16 "$logs/rank-$rank.wire") == "mixnn wire log 1" ]] ||
      failed "$1" "no log of rank $rank"
  done
}

for traffic in onion rounds; do
  rm -rf "$logs"
  succeeds "train --wire-log, $traffic" "${launch[@]}" "${training[@]}" \
    --traffic $traffic --wire-log "$logs"
  has_logs "train --wire-log, $traffic" 8
done
message "--wire-log into a run's folder" 2 "holds the log of another run" "${launch[@]}" \
  "${training[@]}" --wire-log "$logs"

# A node writes what it is told to by its own command line.
rm -rf "$logs"
succeeds "nodes of their own" mpirun --oversubscribe -n 1 "$mixnn" train "${training[@]}" \
  --wire-log "$logs" : -n 7 "$mixnn" node --wire-log "$logs"
has_logs "nodes of their own" 8

rm -rf "$logs"
message "--wire-log without ranks" 2 "--wire-log" "$mixnn" baseline "${training[@]}" \
  --wire-log "$logs"
[[ ! -e $logs ]] || failed "--wire-log without ranks" "the folder is there"
touch "$scratch/file"
message "--wire-log into a file" 2 "--wire-log $scratch/file: cannot be written" "${launch[@]}" \
  "${training[@]}" --wire-log "$scratch/file"
finish
