#!/usr/bin/env bash
# Makes the links between the lab's hosts slower, for as long as somebody wants them so.
#   link.sh keep FOLDER WIRE PORT...             the switch's part, as root in its namespaces:
#                                                takes wishes until it is ended
#   link.sh ask FOLDER DELAY_US RATE_MBIT [LOST] the user's part, what MIXNN_LINK_COMMAND names:
#                                                returns when the links are so and LOST packets of
#                                                a million are lost; 0 0: as they are by themselves
# FOLDER/ask is a FIFO for wishes; FOLDER/now says which one holds, or what went wrong with it. By
# themselves the ports are joined by the kernel's bridge, at full speed; on a wish they leave it,
# and WIRE carries their frames.
set -uo pipefail

stop() {
  printf 'link.sh: %s\n' "$1" >&2
  exit 1
}

# Some hosts may be off, and their ports gone.
ports_of() {
  local port
  ports=()
  for port in "$@"; do ! ip link show "$port" >/dev/null 2>&1 || ports+=("$port"); done
}

keep() {
  local folder=$1 wire=$2 token delay rate lost why port carrier=
  shift 2
  trap '[[ -z $carrier ]] || kill "$carrier"; exit 0' TERM
  exec 3<>"$folder/ask"
  while read -r token delay rate lost <&3; do
    why=
    if [[ -n $carrier ]]; then
      kill "$carrier"
      wait "$carrier" 2>/dev/null
      carrier=
    fi
    ports_of "$@"
    if ((delay == 0 && rate == 0 && lost == 0)); then
      for port in "${ports[@]}"; do
        ip link set "$port" master br0 || why="the bridge does not take $port"
      done
    else
      for port in "${ports[@]}"; do ip link set "$port" nomaster; done
      "$wire" "$delay" "$rate" "$lost" "${ports[@]}" 3>&- &
      carrier=$!
      sleep 0.1
      kill -0 "$carrier" 2>/dev/null || why="the wire has ended" carrier=
    fi
    printf '%s %s\n' "$token" "$why" >"$folder/now.new"
    mv "$folder/now.new" "$folder/now"
  done
}

ask() {
  local folder=$1 delay=$2 rate=$3 lost=${4:-0} token=$$.$RANDOM.$RANDOM now why i
  [[ $delay =~ ^[0-9]{1,7}$ && $rate =~ ^[0-9]{1,7}$ && $lost =~ ^[0-9]{1,6}$ ]] ||
    stop "takes microseconds, Mbit/s and lost packets of a million, not '$delay', '$rate', '$lost'"
  [[ -w $folder/ask ]] || stop "no links to shape here"
  # shellcheck disable=SC2016 # expanded over there
  timeout 5 bash -c 'echo "$1" >"$2"' - "$token $delay $rate $lost" "$folder/ask" ||
    stop "nobody keeps the links"
  for ((i = 0; i < 200; ++i)); do
    read -r now why <"$folder/now"
    if [[ $now == "$token" ]]; then
      [[ -z $why ]] || stop "$why"
      return 0
    fi
    sleep 0.02
  done
  stop "whoever keeps the links does not answer"
}

case ${1:-}-$# in
  ask-[45] | keep-[5-9] | keep-??) "$@" ;;
  *) stop "usage: link.sh ask FOLDER DELAY_US RATE_MBIT [LOST]" ;;
esac
