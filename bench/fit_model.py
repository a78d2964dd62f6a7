#!/usr/bin/env python3
"""Fits  step = a + b * bytes * passes  to measured runs, and prints how far off it is.

usage: fit_model.py [--plan PLAN.json]... RUN...

RUN is a report of `mixnn compare --json` or `mixnn train --json`, or a CSV file with the columns
hops,bytes,step_s (bytes: those of all messages of one step before they are relayed; further
columns, model and batch_size, keep unlike runs apart). PLAN is a file of `mixnn plan --json`: where
it foretells a measured run (same model, ranks, hops, batch size, micro-batches and type of
activations), the error of the forecast is printed, too.

passes: how often a byte is sealed or opened on its way, 4 times (2 without relays), and how often a
keystream goes over it, 2 * hops times, each counted as 0.65 of a seal (docs/protocol.md, "Body";
`micro_onion`: AES-256 by ipsec-mb). One line is fitted to each (model, batch size, type of
activations); a line through fewer than three runs says nothing and is left out.
"""

import argparse
import csv
import json
import statistics
from collections import defaultdict


COVER = 0.65


def passes(hops):
    return 4 + COVER * 2 * hops if hops else 2


def from_report(report):
    """One measured point of a report with a training across ranks."""
    batch, m = report["batch_size"], report["micro_batches"]
    steps = -(-report["train_samples"] // batch)
    messages = 2 * m * (report["stages"] + 1)
    point = {key: report[key] for key in ("model", "ranks", "hops", "batch_size", "micro_batches")}
    point["wire_dtype"] = report.get("wire_dtype")
    point["bytes"] = messages * report["cells_per_message"] * report["cell_size"]
    point["step_s"] = statistics.median(report["mixnn"]["epoch_walls_s"]) / steps
    if "slowdown" in report:
        point["slowdown"] = report["slowdown"]
    return point


def read_points(name):
    with open(name, encoding="utf-8") as file:
        if name.endswith(".csv"):
            rows = list(csv.DictReader(file))
            if not rows or not {"hops", "bytes", "step_s"} <= rows[0].keys():
                raise SystemExit(f"fit_model: {name} has no columns hops, bytes and step_s; give "
                                 "the reports in JSON")
            return [
                {
                    "model": row.get("model", "all"),
                    "batch_size": int(row.get("batch_size") or 0),
                    "hops": int(row["hops"]),
                    "bytes": float(row["bytes"]),
                    "step_s": float(row["step_s"]),
                }
                for row in rows
            ]
        return [from_report(json.load(file))]


def line(xs, ys):
    """Least squares; a, b and the coefficient of determination."""
    mean_x, mean_y = statistics.fmean(xs), statistics.fmean(ys)
    xx = sum((x - mean_x) ** 2 for x in xs)
    b = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys)) / xx if xx else 0.0
    a = mean_y - b * mean_x
    total = sum((y - mean_y) ** 2 for y in ys)
    left = sum((y - a - b * x) ** 2 for x, y in zip(xs, ys))
    return a, b, 1 - left / total if total else 1.0


def show_fit(name, points):
    xs = [p["bytes"] * passes(p["hops"]) for p in points]
    ys = [p["step_s"] for p in points]
    if len(points) < 3 or len(set(xs)) < 2:
        print(f"{name}: {len(points)} runs are too few to fit a line")
        return
    a, b, r2 = line(xs, ys)
    errors = [abs(a + b * x - y) / y for x, y in zip(xs, ys)]
    print(f"{name}: step = {a * 1e3:.3f} ms + {b * 1e9:.4f} ns * bytes * passes, {len(points)} "
          "runs")
    print(f"  error: mean {statistics.fmean(errors):.1%}, largest {max(errors):.1%}; R^2 {r2:.3f}")


def wire_of(run):
    """Of a plan or a point; files from before there was a choice have none."""
    return run.get("wire_dtype") or "float32"


def show_forecasts(plans, points):
    print("\nmodel       batch  M  hops   measured   foretold   error   slowdown  foretold")
    errors = []
    for point in points:
        for plan in plans:
            if any(plan[key] != point.get(key) for key in ("model", "ranks", "hops", "batch_size")):
                continue
            if wire_of(plan) != wire_of(point):
                continue
            for forecast in plan["forecasts"]:
                if forecast["micro_batches"] != point["micro_batches"]:
                    continue
                error = forecast["step_s"] / point["step_s"] - 1
                errors.append(abs(error))
                print(
                    f"{point['model']:10} {point['batch_size']:6} {point['micro_batches']:2} "
                    f"{point['hops']:5}"
                    f" {point['step_s'] * 1e3:7.2f} ms {forecast['step_s'] * 1e3:7.2f} ms "
                    f"{error:+7.0%}"
                    f" {point.get('slowdown', float('nan')):10.2f} {forecast['slowdown']:9.2f}"
                )
    if errors:
        print(f"error of the forecast: mean {statistics.fmean(errors):.0%}, largest "
              f"{max(errors):.0%}")
    else:
        print("no plan foretells any of these runs")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", action="append", default=[], help="a file of mixnn plan --json")
    parser.add_argument("run", nargs="+", help="a report in JSON, or a CSV file")
    given = parser.parse_args()
    points = [point for name in given.run for point in read_points(name)]
    groups = defaultdict(list)
    for point in points:
        groups[point["model"], point["batch_size"], wire_of(point)].append(point)
    for (model, batch, wire), members in sorted(groups.items()):
        show_fit(model + (f", batch {batch}" if batch else "") + (f", {wire}" if wire != "float32"
                                                                  else ""), members)
    plans = []
    for name in given.plan:
        with open(name, encoding="utf-8") as file:
            plans.append(json.load(file))
    if plans:
        show_forecasts(plans, points)


if __name__ == "__main__":
    main()
