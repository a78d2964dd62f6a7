#!/usr/bin/env bash
# Waits for a training and a baseline that Makefile.slurm has submitted, and compares their bits:
# check.sh RUN BASELINE-RUN
set -euo pipefail
value() { # value RUN SECTION: the parameters' SHA-256
  python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))[sys.argv[2]]["parameters_sha256"])' "$1/out/report.json" "$2"
}
logs=("$1"/logs "$2"/logs)
limit=$((SECONDS + ${MIXNN_PATIENCE:-3600}))
until [[ -s $1/out/report.json && -s $2/out/report.json ]]; do
  if grep -rqsE 'FAILED|^mixnn: |exit code [1-9]' "${logs[@]}"; then
    echo "FAILED: a job ended badly:" >&2
    tail -n 5 "$1"/logs/*.log "$2"/logs/*.log >&2
    exit 1
  fi
  ((SECONDS < limit)) || {
    echo "FAILED: no results in time; see ${logs[*]}" >&2
    exit 1
  }
  sleep 1
done
across=$(value "$1" mixnn) single=$(value "$2" baseline)
if [[ $across == "$single" ]]; then
  echo "ok: bits across the nodes are those of one process: ${across:0:16}..."
else
  echo "FAILED: other bits across the nodes ($across) than in one process ($single)" >&2
  exit 1
fi
