#!/usr/bin/env bash
# On a terminal there is a progress line that fits it; elsewhere, and with --quiet, there is none.
#   usage: terminal_test.sh MIXNN
source "$(dirname "$0")/lib.sh"
command -v script >/dev/null || {
  echo "SKIPPED: no script(1) to make a terminal with"
  exit 77
}

# on_terminal COLUMNS COMMAND...: what the command prints on a terminal of that width
on_terminal() {
  local columns=$1
  shift
  runs script -qec "stty cols $columns; $(printf '%q ' "$@")" /dev/null
}
# the longest thing written on one line, between line feeds and carriage returns
longest() {
  tr '\r' '\n' <"$output" | awk '{ if (length > most) most = length } END { print most + 0 }'
}
redraws() { tr -cd '\r' <"$output" | wc -c; }

job=("$digits_model" "${digits[@]}" --epochs 3)
for columns in 80 60 20; do
  on_terminal $columns "$mixnn" baseline "${job[@]}" --threads 1
  prints "baseline, $columns columns" "epoch 1/3"
  tr '\r' '\n' <"$output" | grep '^epoch [0-9]' >"$scratch/lines" || true
  cp "$scratch/lines" "$output"
  (($(longest) < columns)) || failed "baseline, $columns columns" "a line of $(longest)"
done

on_terminal 80 mpirun -n 7 --oversubscribe "$mixnn" train "${job[@]}"
prints "train under mpirun" "samples/s"
prints "train under mpirun" " left"
(($(longest) <= 80)) || failed "train under mpirun" "a line of $(longest)"

on_terminal 80 mpirun -n 7 --oversubscribe "$mixnn" train "${job[@]}" --quiet
[[ ! -s $output ]] || failed "quiet under mpirun" "not quiet"
runs mpirun -n 7 --oversubscribe "$mixnn" train "${job[@]}"
(($(redraws) == 0)) || failed "mpirun into a file" "a progress line"
runs "$mixnn" baseline "${job[@]}"
(($(redraws) == 0)) || failed "baseline into a file" "a progress line"
finish
