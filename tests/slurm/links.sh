# shellcheck shell=bash
# Links between a job's hosts that are slow and lose packets, or are cut. Sourced by run.sh, after
# hosts.sh.

if [[ -n ${shaped:-} ]]; then
  # shellcheck disable=SC2086 # words
  $link_command 5000 100 1000
  for traffic in onion rounds; do
    shared "$traffic, 5 ms, 100 Mbit per s, 1 packet of 1000 lost" -- --traffic "$traffic"
  done
  # shellcheck disable=SC2086
  $link_command 0 0
fi

# begins_to_train NAME OPTION...: a job that has written checkpoints; `cut`: the port of one of its
# hosts that has not rank 0
begins_to_train() {
  local run=$runs/$1 names
  submit train NAME="$1" "${training[@]}" OPTIONS="$options ${*:2}" && checkpoints "$run" 2 ||
    return 1
  names=$(on h0 scontrol show hostnames "$(field NodeList)" | grep -vx "$(field BatchHost)")
  cut=mx${names##*h}
}

# A link that is back before the timeout costs time alone.
for seconds in 2 10; do
  if begins_to_train "cut-$seconds"; then
    before=$(newest "$runs/cut-$seconds")
    on switch ip link set "$cut" down
    sleep "$seconds"
    on switch ip link set "$cut" up
    after=$(newest "$runs/cut-$seconds")
    ended 300
  fi
  if [[ $state == COMPLETED && $(values "$runs/cut-$seconds" mixnn) == "$whole" ]]; then
    ok "a link cut for $seconds s, behind checkpoint $before, back at $after: the same bits"
  else
    failed "a link cut for $seconds s: $state" "$log"
  fi
done

# Else the run ends, and says what it waits for.
if begins_to_train cut-for-good --timeout 8; then
  begin=$SECONDS
  on switch ip link set "$cut" down
  for ((i = 0; i < 600; ++i)); do
    ! grep -q "^mixnn: no progress" "$log" || break
    sleep 0.1
  done
  took=$((SECONDS - begin))
  said=$(grep -o "^mixnn: no progress for 8 s\|no answer from rank [0-9]*" "$log")
  said=${said//$'\n'/, }
  user scancel "$job" # if Slurm has not seen itself that the host is gone
  on switch ip link set "$cut" up
  ended 120
fi
if [[ $said == "mixnn: no progress for 8 s, no answer from rank "* && $took -lt 60 ]]; then
  ok "a link cut for good: after $took s: $said"
else
  failed "a link cut for good: $state" "$log"
fi
