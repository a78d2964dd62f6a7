#!/usr/bin/env bash
# Does traffic in rounds train the bits of the reference, whatever goes with what? The full product
# of hops, staleness, ranks, types of activations, and what happens meanwhile, on a small network.
#   bash bench/rounds_product.sh [--hops 1,2,3] [--staleness 0,1] [--ranks 5,6,...]
#                      [--types float32,bfloat16] [--ways plain,losses,liar,preempted]
#                      [--stages N] [--jobs N] [--out DIR]
# --types takes int8, too. Ways are:
# plain; losses (about twelve slots of a run are lost, doubled, delayed or altered); liar (a rank
# alters one in 2000 of the slots that it sends); preempted (a job is told to stop, and another goes
# on). The last is a job of mpirun; the others run in one process, --jobs at once (all cores).
# Networks have 2 to 4 stages, by the ranks, or as many as --stages says; what the program refuses
# then is skipped, counted and named: staleness 1 with one stage, and more stages than ranks less 2.
# Prints a table and the failures. DIR (default out-rounds-product) receives cases.csv, a line for
# each case. Exit code 1: other bits, a run that failed, all went back where nothing was lost, or
# nothing was lost where it was to be. The build is in build/, or BUILD=... .
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=bench/lib.sh
source "$root/bench/lib.sh"

hops=1,2,3 staleness=0,1 ranks=5,6,7,8,9,10,11,12,13 types=float32,bfloat16
ways=plain,losses,liar,preempted stages=0 jobs=$(nproc) out=out-rounds-product
take_options 'hops staleness ranks types ways stages jobs out' '' "$@"
only() { # only NAME LIST VALUE...: stops where the list has another than these
  local name=$1 list=$2 value
  shift 2
  for value in ${list//,/ }; do
    [[ " $* " == *" $value "* ]] || stop "$name takes some of: $*; not '$value'"
  done
}
only --hops "$hops" 1 2 3
only --staleness "$staleness" 0 1
only --ranks "$ranks" 5 6 7 8 9 10 11 12 13
only --types "$types" float32 bfloat16 int8
only --ways "$ways" plain losses liar preempted
((stages == 0)) || number --stages "$stages"
number --jobs "$jobs"
need_program rounds_product
[[ ,$ways, != *,preempted,* ]] || need_program mixnn
drop_settings
mpirun_settings
export OMPI_MCA_orte_execute_quiet=1
mkdir -p "$out"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
csv=$out/cases.csv
echo hops,staleness,ranks,stages,type,way,result,rewinds,bad_slots,faults,seconds,why >"$csv"

# A case is HOPS STALENESS RANKS STAGES TYPE WAY.

# wrote CASE RESULT REWINDS BAD FAULTS BEGAN WHY
wrote() {
  local took
  took=$(($(date +%s%N) / 1000000 - $6))
  printf '%s,%s,%s,%s,%s,%d.%03d,"%s"\n' "${1// /,}" "$2" "$3" "$4" "$5" \
    $((took / 1000)) $((took % 1000)) "${7//\"/\'}" >>"$csv"
}

in_one_process() {
  local began said code=0 ours reference results rewinds bad faults
  began=$(($(date +%s%N) / 1000000))
  said=$(timeout -k 5 200 "$build/rounds_product" "$@" 2>&1) || code=$?
  if ((code != 0)); then
    wrote "$*" failed 0 0 0 "$began" "exit code $code: $(tail -n 1 <<<"$said")"
    return
  fi
  read -r ours reference results rewinds bad faults <<<"$said"
  if [[ $ours == "$reference" && $results == equal ]]; then
    wrote "$*" same "$rewinds" "$bad" "$faults" "$began" ""
  else
    wrote "$*" other "$rewinds" "$bad" "$faults" "$began" "$ours, not $reference; $results"
  fi
}

# What a report says of bits.
bits_of() {
  "$python" - "$1" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
run = report.get("mixnn") or report["baseline"]
print(run["parameters_sha256"], run["train_losses"], run["test_loss"], run["test_accuracy"])
PYTHON
}
rewinds_of() {
  "$python" -c 'import json, sys
run = json.load(open(sys.argv[1]))["mixnn"]
print(run["rewinds"], run["bad_slots"])' "$1"
}

model_of() { # model_of STAGES: its file, which is made once
  local file=$scratch/model.$1.json before='{"type": "flatten"}, ' i
  if [[ ! -f $file ]]; then
    {
      printf '{"name": "product", "input": {"shape": [1, 8, 8], "scale": 0.0625},\n'
      printf ' "loss": "cross_entropy", "stages": ['
      for ((i = 1; i < $1; ++i)); do
        printf '{"layers": [%s{"type": "linear", "out_features": 24}, {"type": "relu"}]},\n' \
          "$before"
        before=
      done
      printf '{"layers": [%s{"type": "linear", "out_features": 10}]}]}\n' "$before"
    } >"$file"
  fi
  echo "$file"
}
training_of() { # training_of STALENESS STAGES TYPE: `training` becomes the options
  training=("$(model_of "$2")" --data "$root/tests/data/digits" --seed 7 --epochs 5 --quiet
    --micro-batches 3 --batch-size 100 --staleness "$1" --wire-dtype "$3")
}

# The reference of such a case, made once.
reference_of() { # reference_of STALENESS STAGES TYPE
  local file=$scratch/reference.$1.$2.$3.json
  training_of "$@"
  [[ -f $file ]] || "$build/mixnn" baseline "${training[@]}" --threads 1 --json "$file" >&2
  bits_of "$file"
}

# Waits until the job has written so many checkpoints: the first is of the beginning.
has_written() { # has_written FOLDER COUNT PID
  local i
  for ((i = 0; i < 3000; ++i)); do
    (($(find "$1" -name '*.manifest' 2>/dev/null | wc -l) < $2)) || return 0
    kill -0 "$3" 2>/dev/null || return 0
    sleep 0.02
  done
}

last_said() { { grep '^mixnn: ' "$1" || cat "$1"; } | tail -n 1; }

under_mpirun() {
  local began launch job code=0 folder=$scratch/run rewinds bad
  began=$(($(date +%s%N) / 1000000))
  rm -rf "$folder"
  mkdir "$folder"
  training_of "$2" "$4" "$5"
  launch=(timeout -k 5 120 mpirun -n "$3" --oversubscribe "$build/mixnn" train "${training[@]}"
    --traffic rounds --hops "$1" --checkpoint "$folder/kept" --checkpoint-key "$folder/key"
    --checkpoint-every 2b --json "$folder/report.json")
  "${launch[@]}" >"$folder/first" 2>&1 </dev/null &
  job=$!
  has_written "$folder/kept" 2 "$job"
  pkill -USR1 -P "$job" || true # mpirun
  wait "$job" || code=$?
  if ((code != 75)); then
    wrote "$*" failed 0 0 0 "$began" \
      "told to stop, exit code $code, not 75: $(last_said "$folder/first")"
    return
  fi
  code=0
  "${launch[@]}" >"$folder/second" 2>&1 </dev/null || code=$?
  if ((code != 0)); then
    wrote "$*" failed 0 0 0 "$began" \
      "resumed, exit code $code: $(last_said "$folder/second")"
    return
  fi
  read -r rewinds bad <<<"$(rewinds_of "$folder/report.json")"
  if [[ $(bits_of "$folder/report.json") == "$(reference_of "$2" "$4" "$5")" ]]; then
    wrote "$*" same "$rewinds" "$bad" 1 "$began" ""
  else
    wrote "$*" other "$rewinds" "$bad" 1 "$began" "other bits than the reference"
  fi
}

refused_why() { # refused_why STALENESS RANKS STAGES: nothing if the program takes it
  if (($3 + 2 > $2)); then
    echo "$3 stages need $(($3 + 2)) ranks"
  elif (($1 == 1 && $3 == 1)); then
    echo "staleness 1 needs two stages"
  fi
}

: >"$scratch/in_one_process"
: >"$scratch/under_mpirun"
for n in ${ranks//,/ }; do
  for h in ${hops//,/ }; do
    for s in ${staleness//,/ }; do
      for t in ${types//,/ }; do
        for way in ${ways//,/ }; do
          p=$((stages == 0 ? 2 + (n + 1) % 3 : stages))
          why=$(refused_why "$s" "$n" "$p")
          if [[ -n $why ]]; then
            wrote "$h $s $n $p $t $way" skipped 0 0 0 $(($(date +%s%N) / 1000000)) "$why"
          elif [[ $way == preempted ]]; then
            echo "$h $s $n $p $t $way" >>"$scratch/under_mpirun"
          else
            echo "$h $s $n $p $t $way" >>"$scratch/in_one_process"
          fi
        done
      done
    done
  done
done
say "$(wc -l <"$scratch/in_one_process") cases in one process, $jobs at once;" \
  "$(wc -l <"$scratch/under_mpirun") under mpirun"
export build csv
export -f in_one_process wrote
xargs -r -P "$jobs" -L 1 bash -c 'in_one_process "$@"' _ <"$scratch/in_one_process"
while read -r -a one; do
  under_mpirun "${one[@]}"
done <"$scratch/under_mpirun"
exec "$python" -B "$root/bench/rounds_product_summary.py" "$csv"
