#!/usr/bin/env bash
# The reference: docs/ has what the program prints; mandoc finds nothing wrong with the man page.
#   usage: reference_test.sh MIXNN
source "$(dirname "$0")/lib.sh"

is_printed() { # is_printed FORM FILE
  succeeds "reference --$1" "$mixnn" reference "--$1"
  cmp -s "$output" "$root/docs/$2" ||
    failed "docs/$2" \
      "it differs from 'mixnn reference --$1'; write it anew (ninja -C build reference)"
}
is_printed markdown reference.md
is_printed man mixnn.1
message "no form" 2 "--man and --markdown" "$mixnn" reference

if command -v mandoc >/dev/null; then
  mandoc -T lint -W all "$root/docs/mixnn.1" >"$output" 2>&1 || true
  [[ ! -s $output ]] || failed "the man page" "mandoc objects"
  for text in NAME SYNOPSIS MIXNN_BATCH_SIZE 'EXIT STATUS'; do
    mandoc -T ascii -O width=78 "$root/docs/mixnn.1" | sed 's/.\x08//g' >"$output"
    grep -q "$text" "$output" || failed "the man page" "no $text"
  done
else
  echo "notice: without mandoc the man page is not checked"
fi
finish
