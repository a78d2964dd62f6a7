#!/usr/bin/env python3
"""Compares forecasts of steps in rounds with runs.

usage: plan_rounds_summary.py DIR
DIR has NAME.MICRO_BATCHES.roundN.plan.json and .json of bench/plan_rounds.sh. Writes
plan_rounds.csv and prints a table of medians over the rounds. The first epoch of a run does not
count where there are others. Exit code 1 if the mean error is above 15 %.
"""

import collections
import csv
import json
import math
import pathlib
import statistics
import sys

GOAL = 0.15


def measured_step(report):
    run = report["mixnn"]
    walls = run["epoch_walls_s"]
    steps = math.ceil(report["train_samples"] / report["batch_size"])
    return statistics.median(walls[1:] or walls) / steps


def forecast_of(plan):
    return next(f for f in plan["forecasts"] if f["micro_batches"] == plan["micro_batches"])


def read(folder):
    found = collections.defaultdict(list)
    for place in sorted(folder.glob("*.round*.plan.json")):
        report = place.with_name(place.name.replace(".plan.json", ".json"))
        if not report.exists():
            continue
        plan, run = json.loads(place.read_text()), json.loads(report.read_text())
        if plan["micro_batches"] != run["micro_batches"]:
            sys.exit(f"{place.name}: the run took other micro-batches than the forecast")
        forecast = forecast_of(plan)
        found[plan["model"], plan["micro_batches"]].append(
            (plan["ranks"], forecast["exchanges_per_step"], forecast["step_s"],
             measured_step(run), forecast["baseline_step_s"]))
    return found


def main():
    folder = pathlib.Path(sys.argv[1])
    rows = []
    for (model, micro_batches), runs in sorted(read(folder).items()):
        ranks, exchanges = runs[0][:2]
        predicted, measured, baseline = (statistics.median(run[i] for run in runs)
                                         for i in (2, 3, 4))
        rows.append([model, ranks, micro_batches, exchanges, predicted, measured,
                     predicted / measured - 1, measured / baseline])
    if not rows:
        sys.exit("no forecast with its run")
    with (folder / "plan_rounds.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["model", "ranks", "micro_batches", "exchanges", "predicted_step_s",
                        "measured_step_s", "error", "slowdown_to_the_predicted_baseline"])
        table.writerows(rows)
    print("| model | ranks | micro-batches | exchanges | predicted, ms | measured, ms | error |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for model, ranks, micro_batches, exchanges, predicted, measured, error, _ in rows:
        print(f"| `{model}` | {ranks} | {micro_batches} | {exchanges} | {1e3 * predicted:.1f} | "
              f"{1e3 * measured:.1f} | {100 * error:+.0f} % |")
    errors = [abs(row[6]) for row in rows]
    print(f"mean error {100 * statistics.mean(errors):.0f} %, worst {100 * max(errors):.0f} % "
          f"({rows[errors.index(max(errors))][0]})")
    return 1 if statistics.mean(errors) > GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
