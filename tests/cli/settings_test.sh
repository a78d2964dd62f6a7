#!/usr/bin/env bash
# The settings with which jobs/local.sh compares the networks of models/: the program takes them,
# and only lacks the data.
#   usage: settings_test.sh MIXNN
source "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=jobs/models.sh
source "$root/jobs/models.sh"
count=0
for model in "$root"/models/*.json; do
  name=$(basename "$model" .json)
  read -ra settings <<<"$(model_settings "$name")"
  message "the settings of $name" 2 "$scratch/nowhere" "$mixnn" baseline "$model" \
    --data "$scratch/nowhere" "${settings[@]}"
  message "another value counts more" 2 "got 'x'" "$mixnn" baseline "$model" \
    --data "$scratch/nowhere" "${settings[@]}" --epochs x
  count=$((count + 1))
done
((count >= 11)) || failed "models/" "only $count of them"
finish
