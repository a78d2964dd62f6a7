#!/usr/bin/env bash
# What --stats prints and --trace writes, and that the picture can be made of it.
#   usage: trace_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
cmake=$2

launch=(mpirun -n 8 --oversubscribe "$mixnn")
training=("$digits_model" "${digits[@]}" --epochs 2 --seed 7)
trace=$scratch/trace.json report=$scratch/report.json

has() { # has JSON-FILE KEY... [= VALUE]
  if ! "$cmake" -DFILE="$1" -DKEYS="$2" -DVALUE="${3-}" -P "$here/json_value.cmake" \
    >"$output" 2>&1; then
    failed "$(basename "$1")" "$2 ${3-}"
  fi
}
value() { "$cmake" -DFILE="$1" -DKEYS="$2" -DSHOW=ON -P "$here/json_value.cmake" 2>&1; }

succeeds "compare --stats --trace" "${launch[@]}" compare "${training[@]}" \
  --stats --trace "$trace" --json "$report"
for text in "bound " "stage 3" "relays, least" "compute" "percent of wall" \
  "peak resident memory"; do
  prints "--stats prints '$text'" "$text"
done
for key in bound,work_s_per_epoch bound,cores bound,slowdown mixnn,cpu_s,compute \
  mixnn,cpu_s,ticket mixnn,activity,7,role mixnn,activity,1,memory,parameter_bytes \
  mixnn,activity,1,memory,peak_resident_by_epoch,1; do
  has "$report" "$key"
done
has "$report" mixnn,activity,1,role "stage host"
has "$report" bit_identical ON
if grep -q '"rank"' "$report"; then failed "report" "it names ranks"; fi

has "$trace" traceEvents,0,args,name "rank 0: owner"
has "$trace" traceEvents,7,ph M
has "$trace" traceEvents,8,ph X
has "$trace" otherData,ranks,7,events
[[ $(stat -c %a "$trace") == 600 ]] || failed "--trace" "not private"

sha=$(value "$report" mixnn,parameters_sha256)
succeeds "train --trace, few events" "${launch[@]}" train "${training[@]}" --trace "$trace" \
  --trace-events 50 --json "$report"
has "$report" mixnn,parameters_sha256 "$sha"
has "$trace" otherData,ranks,3,events 50

if command -v python3 >/dev/null; then
  succeeds "train --trace" "${launch[@]}" train "${training[@]}" --trace "$trace" --quiet
  succeeds "the picture" python3 "$root/bench/trace_picture.py" "$trace" -o "$scratch/trace.svg" \
    --steps 1:2
  grep -q '</svg>' "$scratch/trace.svg" || failed "the picture" "no SVG"
fi

message "--trace without ranks" 2 "--trace shows the ranks" "$mixnn" baseline "${training[@]}" \
  --trace "$trace"
message "--trace into a folder" 2 "--trace $scratch: cannot be written" "${launch[@]}" train \
  "${training[@]}" --trace "$scratch"
message "--trace-events" 2 "--trace-events must be" "$mixnn" train "${training[@]}" --trace-events 0
finish
