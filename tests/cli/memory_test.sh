#!/usr/bin/env bash
# `plan` says at least as much memory for each rank as a run then takes.
#   usage: memory_test.sh MIXNN
source "$(dirname "$0")/lib.sh"

for micro_batches in 2 8; do
  options=(--micro-batches "$micro_batches")
  succeeds "plan" "$mixnn" plan "$digits_model" --ranks 8 "${options[@]}" --json "$scratch/plan"
  prints "plan: its table" "memory, MB, at most"
  succeeds "train" mpirun -n 8 --oversubscribe "$mixnn" train "$digits_model" "${digits[@]}" \
    --epochs 2 --seed 7 "${options[@]}" --json "$scratch/report"
  python3 - "$scratch/plan" "$scratch/report" >"$output" 2>&1 <<'END' ||
import json, sys
plan, report = (json.load(open(name)) for name in sys.argv[1:])
ranks = report["mixnn"]["activity"]
assert [p["role"] for p in plan["memory"]] == [r["role"] for r in ranks], ranks
for predicted, rank in zip(plan["memory"], ranks):
    took = rank["memory"]
    print(predicted, took)
    for key in ("parameter_bytes", "optimizer_bytes"):
        assert rank["role"] != "stage host" or predicted[key] == took[key], key
    for key in ("pass_bytes", "message_bytes"):
        assert predicted[key] >= took.get(key, 0), key
    assert predicted["pool_bytes"] == took["pool_limit"] * report["cell_size"]
    assert predicted["pool_bytes"] >= took["pool_cells"] * report["cell_size"]
END
    failed "plan says enough for every rank, $micro_batches micro-batches" "it does not"
done
finish
