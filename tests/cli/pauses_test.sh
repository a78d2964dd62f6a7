#!/usr/bin/env bash
# Jobs whose processes are stopped for a while, or whose ranks come or leave late: time in which a
# process did not run is no waiting, and no wait for another rank is without an end.
#   usage: pauses_test.sh MIXNN
source "$(dirname "$0")/lib.sh"

# The processes of a job whose ranks run `$mixnn`, by rank; they are this job's own alone: $here_is
# is in their command line.
pids_by_rank() {
  local pid
  for pid in $(pgrep -f -- "^$mixnn train .*$here_is"); do
    printf '%s %s\n' "$(tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" |
      sed -n 's/^OMPI_COMM_WORLD_RANK=//p')" "$pid"
  done | sort -n | cut -d' ' -f2
}

# paused NAME SECONDS WHEN RANK TIMEOUT: starts a training, stops this rank (or `all`) for so long
# once its output shows WHEN, and lets it go on: the job ends well. In the background: most of the
# time nobody runs.
paused() {
  local name=$1 time=$2 when=$3 who=$4 timeout=$5 job pids chosen code=0
  local here_is=$scratch/${1// /_} output=$scratch/${1// /_}.output
  timeout --kill-after=5 100 mpirun -n 5 --oversubscribe "$mixnn" train "$digits_model" \
    "${digits[@]}" --epochs 400 --seed 7 --timeout "$timeout" --hops 1 --out "$here_is" \
    </dev/null >"$output" 2>&1 &
  job=$!
  for ((i = 0; i < 200; ++i)); do
    mapfile -t pids < <(pids_by_rank)
    ((${#pids[@]} == 5)) && { [[ -z $when ]] || grep -q "$when" "$output"; } && break
    sleep 0.05
  done
  chosen=("${pids[@]}")
  [[ $who == all ]] || chosen=("${pids[$who]}")
  kill -STOP "${chosen[@]}" || failed "$name" "there was nobody to stop"
  sleep "$time"
  kill -CONT "${chosen[@]}"
  wait "$job" || code=$?
  if ((code != 0)); then
    failed "$name" "exit code $code"
  elif [[ ! -s $here_is/model.safetensors ]]; then
    failed "$name" "no results"
  else
    printf 'ok: %s\n' "$name"
  fi
  return "$failures"
}

paused "all ranks stopped in training" 6 'epoch' all 4 &
jobs=($!)
paused "the owner stopped in training" 6 'epoch' 0 4 &
jobs+=($!)
paused "a node stopped in training, for less than the timeout" 3 'epoch' 2 20 &
jobs+=($!)
paused "all ranks stopped as they join" 6 '' all 4 &
jobs+=($!)
for job in "${jobs[@]}"; do
  wait "$job" || failures=$((failures + 1))
done

# A node that comes late: waited for; one that does not come: an end, and a word.
cat >"$scratch/late" <<WRAPPER
#!/bin/bash
sleep "\$1"
exec "$mixnn" node
WRAPPER
chmod +x "$scratch/late"
train=(mpirun -n 1 "$mixnn" train "$digits_model" "${digits[@]}" --epochs 1 --hops 1)
nodes=(: -n 3 --oversubscribe "$mixnn" node : -n 1)
succeeds "a node that comes late" "${train[@]}" --timeout 20 "${nodes[@]}" "$scratch/late" 2
message "a node that does not come" 1 \
  "not all ranks of the job came to MPI_Init within the timeout" \
  "${train[@]}" --timeout 2 "${nodes[@]}" "$scratch/late" 60
message "an owner that does not come" 1 \
  "rank 1: not all ranks of the job came to MPI_Init within the timeout of 1 s" \
  mpirun -n 1 sleep 60 : -n 3 --oversubscribe "$mixnn" node --timeout 1

finish
