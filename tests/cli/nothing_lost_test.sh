#!/usr/bin/env bash
# Nothing about a report, the console or a name costs a model that has been trained.
#   usage: nothing_lost_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
source "$here/bad_files.sh"
cmake=$2
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR"

foreign=$scratch/d$'\xff'
data_set good
mv "$scratch/good" "$foreign"
export OPENBLAS_CORETYPE=$'Hasw\xff'
training=("$digits_model" --data "$foreign" --epochs 1 --seed 7 --threads 1)
across=(mpirun -n 7 --oversubscribe "$mixnn" train "${training[@]}")

# left NAME DIR FILE...: the files are there, and not empty
left() {
  local file
  for file in "${@:3}"; do
    [[ -s $2/$file ]] || failed "$1" "no $file"
  done
}
clean() { # clean NAME: nothing printed but text; what is not UTF-8 was replaced
  iconv -f UTF-8 -t UTF-8 "$output" >/dev/null || failed "$1" "bytes that are no UTF-8"
  if LC_ALL=C tr -d '\n' <"$output" | LC_ALL=C grep -q '[[:cntrl:]]'; then
    failed "$1" "control characters"
  fi
}

succeeds "baseline: names that are no UTF-8" "$mixnn" baseline "${training[@]}" --out "$scratch/b"
left "baseline: names that are no UTF-8" "$scratch/b" model.safetensors report.json
clean "baseline: names that are no UTF-8"
checkpointed=(--checkpoint "$scratch/c" --checkpoint-key "$scratch/key")
succeeds "train: names that are no UTF-8" "${across[@]}" --out "$scratch/t" "${checkpointed[@]}"
left "train: names that are no UTF-8" "$scratch/t" model.safetensors report.json
succeeds "a finished training: the same" "${across[@]}" --out "$scratch/f" "${checkpointed[@]}"
left "a finished training: the same" "$scratch/f" model.safetensors report.json
cmp "$scratch/t/model.safetensors" "$scratch/f/model.safetensors" ||
  failed "a finished training: the same" "another model"
unset OPENBLAS_CORETYPE
succeeds "undisturbed" "$mixnn" baseline "${training[@]}" --out "$scratch/u"

gone="standard output cannot be written: Broken pipe"
# read_by_head NAME COMMAND...: with a reader that goes after one line. What the command prints in
# all has to be more than a pipe holds, or it may have ended by then.
read_by_head() {
  local name=$1
  shift
  code=0
  { timeout --kill-after=5 60 "$@" 2>"$output" || code=$?; echo "$code" >"$scratch/code"; } |
    head -1 >/dev/null
  left "$name" "$scratch/p" model.safetensors report.json
  rm -rf "$scratch/p"
}
read_by_head "baseline | head -1" "$mixnn" baseline "${training[@]}" --epochs 2000 \
  --out "$scratch/p"
[[ $(<"$scratch/code") == 1 ]] || failed "baseline | head -1" "exit code $(<"$scratch/code")"
prints "baseline | head -1" "$gone"
read_by_head "train | head -1" "${across[@]}" --epochs 5 --out "$scratch/p"

message "no report" 1 "/dev/full: cannot be written" "$mixnn" baseline "${training[@]}" \
  --out "$scratch/r" --json /dev/full
left "no report" "$scratch/r" model.safetensors report.json
mkdir -p "$scratch/m/model.safetensors"
message "no model" 1 "; the model is in $TMPDIR/mixnn-results-" "$mixnn" baseline \
  "${training[@]}" --out "$scratch/m"
left "no model" "$scratch/m" report.json
cmp "$TMPDIR"/mixnn-results-*/model.safetensors "$scratch/u/model.safetensors" ||
  failed "no model" "another one"
# shellcheck disable=SC2016 # for that shell
message "a limit on files" 1 "File too large" bash -c 'ulimit -f 8; exec "$@"' - \
  "$mixnn" baseline "${training[@]}" --out "$scratch/l"
# shellcheck disable=SC2016
succeeds "closed streams" bash -c '"$@" <&- >&- 2>&-' - "$mixnn" baseline "${training[@]}" \
  --out "$scratch/s"
cmp "$scratch/s/model.safetensors" "$scratch/u/model.safetensors" ||
  failed "closed streams" "another model"

sed 's/"name": "[^"]*"/"name": "a\\u001b[2J\\nmixnn: b\\u009b"/' "$digits_model" \
  >"$scratch/esc.json"
succeeds "escapes in a name" "$mixnn" baseline "$scratch/esc.json" --data "$foreign" --epochs 1 \
  --json "$scratch/esc-report.json"
clean "escapes in a name"
(($(grep -c '^mixnn: ' "$output") == 0)) || failed "escapes in a name" "a line of its own"
if LC_ALL=C tr -d '\n' <"$scratch/esc-report.json" | LC_ALL=C grep -q $'[\x01-\x1f\x7f]'; then
  failed "escapes in a name" "they are in the report"
fi
message "escapes in a path" 2 "no such file" "$mixnn" baseline "$scratch/"$'\x1b[2J.json'
clean "escapes in a path"

seed() { sed -n 's/^ *"seed": \(.*\),$/\1/p' "$1"; }
sha() { "$cmake" -DFILE="$1" -DKEYS=baseline,parameters_sha256 -DSHOW=ON \
  -P "$here/json_value.cmake" 2>&1; }
for given in random 18446744073709551615; do
  small=(baseline "$digits_model" --data "$foreign" --epochs 1 --threads 1)
  succeeds "seed $given" "$mixnn" "${small[@]}" --seed "$given" --json "$scratch/1.json"
  succeeds "seed $given again" "$mixnn" "${small[@]}" --seed "$(seed "$scratch/1.json")" \
    --json "$scratch/2.json"
  [[ $(sha "$scratch/1.json") == "$(sha "$scratch/2.json")" ]] ||
    failed "seed $given again" "other parameters"
done
finish
