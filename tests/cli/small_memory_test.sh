#!/usr/bin/env bash
# A limit of the address space (ulimit -v) that is too small for OpenBLAS: the program says what
# failed, or runs; it does not hang without a word. (A limit between what this needs and what a
# training needs may still do that.) With 100000 KiB the libraries themselves find no room, and the
# loader says so.
#   usage: small_memory_test.sh MIXNN
source "$(dirname "$0")/lib.sh"

(ulimit -v 1200000 && exec "$mixnn" info) >"$scratch/first" 2>&1 || true
if grep -q Sanitizer "$scratch/first"; then
  echo "notice: a sanitizer maps more than any limit"
  exit 77
fi
: >"$output"
limits=(150000 200000 250000 300000 400000 600000 1200000) # KiB

# under LIMIT COMMAND...: runs it; its output and exit code go to files
under() {
  local code=0
  (
    ulimit -v "$1"
    exec timeout -k 5 100 "${@:2}"
  ) >"$scratch/$1" 2>&1 || code=$?
  echo "$code" >"$scratch/$1.code"
}

# What every limit must come to: a run, or the message.
said_or_ran() {
  local what=$1 limit code ran=0 said=0
  for limit in "${limits[@]}"; do
    code=$(<"$scratch/$limit.code")
    if ((code == 0)); then
      ran=$((ran + 1))
    elif ((code == 1)) && grep -q "ulimit -v" "$scratch/$limit"; then
      said=$((said + 1))
    else
      failed "$what with ulimit -v $limit" "exit code $code: $(head -c 300 "$scratch/$limit")"
    fi
  done
  ((ran > 0 && said > 0)) || failed "$what" "$ran limits ran and $said were told: it shows nothing"
  printf 'ok: %s: %s limits told, with %s it runs\n' "$what" "$said" "$ran"
}

for limit in "${limits[@]}"; do under "$limit" "$mixnn" info & done
wait
said_or_ran info

finish
