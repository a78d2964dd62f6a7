#!/usr/bin/python3
"""One variable at a time: how the slowdown depends on hops, micro-batches, cell size, batch size,
padding, sealing, relays, waiting and on how cells go between ranks.

    sweep.py [--quick] [--only NAME,NAME...] [--model FILE] [--epochs N] [--limit-train N]
             [--seconds N] [--out DIR]

Each point is one `mixnn compare`; everything else stays at the base: 3 hops, 4 relays, batch 128 in
4 micro-batches, cells and sealing chosen by mixnn, uniform padding. The baseline does the same work
at every point of one batch size, so the slowdown of a point is its median epoch over the baseline's
median at that of these points where it was fastest; `own` is that over the point's own baseline,
which ran beside it. (The sweep of hops has 5 relays throughout, for 5 hops need them.) DIR (default
out-sweep) receives every report, sweep.csv, sweep.json and a plot of each variable. --quick trains
mlp on 20480 samples with fewer points: under five minutes on two cores. A point that cannot run, or
takes longer than --seconds, is named as skipped. The build is in build/, or BUILD=...; data in
DATA=... . Needs mpirun; plots need matplotlib (Debian: python3-matplotlib).
"""
import argparse
import csv
import json
import os
import pathlib
import signal
import subprocess
import sys

import compare_report as cr
import machine_before

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
BASE = {"hops": 3, "relays": 4, "batch": 128, "micro": 4}

# variable: title, unit of its axis, all values, values of --quick. A number is an option's value, a
# word a choice.
VARIABLES = {
    "hops": ("Hops", "relays on every route", [0, 1, 2, 3, 4, 5], [0, 1, 3, 5]),
    "micro-batches": ("Micro-batches", "parts of a batch", [1, 2, 4, 8], [1, 2, 4, 8]),
    "cell-size": ("Cell size", "KiB", ["auto", 4, 8, 16, 32, 64, 128, 256], ["auto", 8, 32, 128]),
    "batch-size": ("Batch size", "samples", [32, 64, 128, 256, 512, 1024], [64, 128, 512]),
    "padding": ("Padding", "", ["uniform", "cells"], ["uniform", "cells"]),
    "sealing": ("Sealing", "", ["aes256gcm", "chacha20poly1305", "aes256gcm, libsodium",
                                "chacha20poly1305, libsodium"],
                ["aes256gcm", "chacha20poly1305", "aes256gcm, libsodium",
                 "chacha20poly1305, libsodium"]),
    "relays": ("Relays", "relays in the job", [3, 4, 6, 8, 12], [3, 4, 8]),
    "waiting": ("Waiting", "", ["doorbell", "poll"], ["doorbell", "poll"]),
    "cells": ("Cells between ranks", "", ["shared", "copied"], ["shared", "copied"]),
}


def command_of(variable, value):
    """(relays, options of mixnn, environment) of one point."""
    at = dict(BASE)
    options, environment = [], {}
    if variable == "hops":
        at.update(hops=value, relays=5)
    elif variable == "micro-batches":
        at["micro"] = value
    elif variable == "batch-size":
        at["batch"] = value
    elif variable == "relays":
        at["relays"] = value
    elif variable == "cell-size":
        options = ["--cell-size", "auto" if value == "auto" else str(value * 1024)]
    elif variable == "padding":
        options = ["--padding", value]
    elif variable == "sealing":
        suite, _, backend = value.partition(", ")
        options = ["--aead", suite]
        environment = {"MIXNN_AEAD_BACKEND": backend} if backend else {}
    elif variable == "waiting":
        environment = {"MIXNN_WAIT": value}
    elif variable == "cells":
        environment = {"MIXNN_CELLS": value}
    options += ["--hops", str(at["hops"]), "--batch-size", str(at["batch"]), "--micro-batches",
                str(at["micro"])]
    return at["relays"], options, environment


def base_environment():
    """The user's, without what would change mixnn's defaults; mpirun's settings as jobs/lib.sh has
    them."""
    script = 'root=$1; source "$root/jobs/lib.sh"; mpirun_settings; env -0'
    found = subprocess.run(["bash", "-c", script, "-", str(ROOT)], check=True,
                           capture_output=True).stdout
    pairs = (entry.partition("=")[::2]
             for entry in found.decode(errors="surrogateescape").split("\0") if entry)
    return {name: value for name, value in pairs
            if not name.startswith("MIXNN_") and
            name not in ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")}


def run_point(arguments, stages, variable, value, environment, report_file):
    """None where it ran, else why it did not."""
    relays, options, extra = command_of(variable, value)
    command = ["mpirun", "-n", str(1 + stages + relays), "--oversubscribe", str(BUILD / "mixnn"),
               "compare",
               str(arguments.model), *options, "--epochs", str(arguments.epochs), "--seed", "1",
               "--quiet",
               "--limit-test", "1000", "--json", str(report_file)]
    if arguments.limit_train:
        command += ["--limit-train", str(arguments.limit_train)]
    if "DATA" in os.environ:
        command += ["--data", os.environ["DATA"]]
    process = subprocess.Popen(command, env=dict(environment, **extra), stdin=subprocess.DEVNULL,
                               start_new_session=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output, _ = process.communicate(timeout=arguments.seconds)
    except subprocess.TimeoutExpired:
        process.terminate()  # mpirun ends its ranks
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        return f"took longer than {arguments.seconds} s"
    if process.returncode != 0:
        messages = [line for line in output.splitlines()
                    if line.startswith("mixnn: ")] or output.splitlines()[-1:]
        return messages[0] if messages else f"exit code {process.returncode}"
    return None


def baselines(points):
    """By batch size, the lowest of the points' own medians: most points may have met the baseline
    in its slow mode."""
    fastest = {}
    for _, _, report in points:
        own = cr.Comparison([report]).baseline_s
        fastest[report["batch_size"]] = min(own, fastest.get(report["batch_size"], own))
    return fastest


def row_of(variable, value, report, baseline_s):
    own = cr.Comparison([report])
    return {"variable": variable, "value": value, "slowdown": own.mixnn_s / baseline_s,
            "lowest": min(own.mixnn) / baseline_s, "highest": max(own.mixnn) / baseline_s,
            "own": own.slowdown,
            "baseline_s": baseline_s, "own_baseline_s": own.baseline_s,
            "own_baseline_threads": report["baseline"]["threads"],
            "own_left_out": len(own.left_out), "mixnn_s": own.mixnn_s,
            "bound": cr.bound_slowdown([report], baseline_s),
            "ranks": report["ranks"], "hops": report["hops"], "relays": report["relays"],
            "batch_size": report["batch_size"],
            "micro_batches": report["micro_batches"], "cell_size": report["cell_size"],
            "cells_per_message": report["cells_per_message"], "padding": report["padding"],
            "aead": report["aead"],
            "cells": report["mixnn"].get("cells"),
            "bytes_on_wire": report["mixnn"].get("bytes_on_wire"),
            "bit_identical": report.get("bit_identical")}


def label_of(row):
    if row["variable"] == "cell-size" and row["value"] == "auto":
        return f"auto ({row['cell_size'] / 1024:g})"
    return str(row["value"])


def plot(rows, variable, subtitle, file):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    title, unit, _, _ = VARIABLES[variable]
    places = range(len(rows))
    low = [row["slowdown"] - row["lowest"] for row in rows]
    high = [row["highest"] - row["slowdown"] for row in rows]
    figure, axes = pyplot.subplots(figsize=(6.4, 4), dpi=150)
    axes.bar(places, [row["slowdown"] for row in rows], width=0.6, color="#4c78a8",
             yerr=[low, high], capsize=4,
             ecolor="#333333")
    for place, row in zip(places, rows):
        axes.text(place, 0.02 * axes.get_ylim()[1], f"{row['slowdown']:.2f}", ha="center",
                  va="bottom", color="white")
    bounds = [row["bound"] for row in rows]
    if all(bounds):
        axes.plot(places, bounds, "_", color="#e45756", markersize=28, markeredgewidth=2,
                  label="bound")
        axes.legend(frameon=False)
    axes.axhline(1, color="#888888", linewidth=0.8, linestyle="--")
    labels = [label_of(row).replace(", ", ",\n") for row in rows]
    axes.set_xticks(list(places), [label.replace("chacha20", "chacha20\n") for label in labels])
    axes.set_ylabel("epoch wall over the baseline's")
    axes.set_xlabel(unit)
    axes.set_title(f"{title}: slowdown, median and range of the epochs", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    figure.text(0.99, 0.01, subtitle, ha="right", va="bottom", fontsize=6, color="#666666")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.savefig(file)
    pyplot.close(figure)


def write_plots(rows, folder, facts, model):
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        print("notice: no matplotlib (Debian: python3-matplotlib): no plots", file=sys.stderr)
        return
    subtitle = (f"{model}; {facts.get('cpu')}, {facts['nproc']} processors; "
                f"{facts.get('blas_core')} kernels")
    for variable in VARIABLES:
        of_it = [row for row in rows if row["variable"] == variable]
        if of_it:
            plot(of_it, variable, subtitle, folder / f"{variable}.png")


def write_results(rows, skipped, folder, facts):
    (folder / "sweep.json").write_text(json.dumps({"machine": facts, "points": rows,
                                                   "skipped": skipped}, indent=2) + "\n")
    machine = {f"machine_{key}": value for key, value in facts.items()}
    with open(folder / "sweep.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], *machine])
        writer.writeheader()
        writer.writerows(dict(row, **machine) for row in rows)


def print_results(rows, skipped, facts, report):
    print(cr.build_warning(report) + "\n" if cr.build_warning(report) else "", end="")
    print(cr.machine_text(facts) + "\n")
    print(cr.table(["variable", "value", "slowdown", "range", "mixnn s", "baseline s", "bound",
                    "own", "own baseline s (threads)"],
                   [[row["variable"], label_of(row), f"{row['slowdown']:.2f}",
                     f"{row['lowest']:.2f} .. {row['highest']:.2f}",
                     f"{row['mixnn_s']:.3f}", f"{row['baseline_s']:.3f}", cr.number(row["bound"]),
                     f"{row['own']:.2f}",
                     f"{row['own_baseline_s']:.3f} ({row['own_baseline_threads']})"]
                    for row in rows]))
    for point in skipped:
        print(f"skipped: {point['variable']} {point['value']}: {point['why']}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", metavar="NAME,NAME...", help=", ".join(VARIABLES))
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models" / "mlp.json")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--limit-train", type=int, default=0,
                        help="0: all samples, but 20480 with --quick")
    parser.add_argument("--seconds", type=float, default=300, help="the most that a point may take")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out-sweep"))
    arguments = parser.parse_args()
    chosen = [name for name in arguments.only.split(",") if name]
    unknown = [name for name in chosen if name not in VARIABLES]
    if unknown:
        parser.error(f"--only knows {', '.join(VARIABLES)}, not {', '.join(unknown)}")
    if not (BUILD / "mixnn").exists():
        parser.error(f"no mixnn in {BUILD}: build first, or set BUILD")
    if arguments.quick and not arguments.limit_train:
        arguments.limit_train = 20480
    return arguments, chosen or list(VARIABLES)


def main():
    arguments, variables = parse_arguments()
    try:
        model = json.loads(arguments.model.read_text())
    except (OSError, ValueError) as error:
        sys.exit(f"sweep: {arguments.model}: {error}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    environment = base_environment()
    before = machine_before.before()
    points, skipped = [], []
    for variable in variables:
        values = VARIABLES[variable][3 if arguments.quick else 2]
        for value in values:
            print(f"{variable}: {value}", file=sys.stderr)
            file = arguments.out / f"{variable}.{str(value).replace(', ', '-')}.json"
            file.unlink(missing_ok=True)
            why = run_point(arguments, len(model["stages"]), variable, value, environment, file)
            if why is None:
                points.append((variable, value, cr.read_report(file)))
            else:
                skipped.append({"variable": variable, "value": value, "why": why})
    if not points:
        for point in skipped:
            print(f"skipped: {point['variable']} {point['value']}: {point['why']}", file=sys.stderr)
        sys.exit("sweep: no point could run")
    report = points[0][2]
    facts = cr.machine_facts(report, before)
    of_batch = baselines(points)
    rows = [row_of(variable, value, found, of_batch[found["batch_size"]]) for variable, value,
            found in points]
    write_results(rows, skipped, arguments.out, facts)
    write_plots(rows, arguments.out, facts, model["name"])
    print_results(rows, skipped, facts, report)
    print(f"\nwritten: {arguments.out}/sweep.csv, sweep.json and plots")


if __name__ == "__main__":
    try:
        main()
    except cr.BadReport as error:
        sys.exit(f"sweep: {error}")
