#!/usr/bin/python3
"""The scaling study of a cluster: one variable at a time, each point a few `mixnn compare` in a job of its own.

    scaling.py --study tiny|quick|full --count                      how many points it has
    scaling.py --study ... --point I --out DIR                      writes the point's model, and prints: its name, its ranks, its
                                                                    repeats, then the arguments of `compare`
    scaling.py --report DIR                                         report.md, scaling.csv, scaling.json and plots from DIR/points

jobs/scaling.sbatch runs the points. `compare` measures baseline, reference and ranks in turn, in the same job, the single process on the
node of rank 0. The base: 3 stages of one hidden layer each, 3 hops, 4 relays, batch 128 in 4 micro-batches, cells and sealing
as mixnn chooses.

`stages`   strong scaling: one network of six hidden layers of equal width, cut into more and more stages
`depth`    weak scaling: a network that has a hidden layer for each stage
The link is what MIXNN_LINK in the job calls the network between the hosts; whoever changes it runs the study again
"""
import argparse
import csv
import json
import pathlib
import statistics
import sys

import compare_report as cr
import sweep

PAPERS = 7.5
BASE = {"stages": 3, "layers": 3, "width": 256, "hops": 3, "relays": 4, "batch": 128, "micro": 4, "cell": "auto",
        "padding": "uniform", "aead": "aes256gcm"}
# variable: title, unit, field of BASE, values of full, quick, tiny
STUDY = {
    "stages": ("Strong scaling", "stages that one network is cut into", "stages", [1, 2, 3, 6], [1, 2, 3, 6], [1, 3]),
    "depth": ("Weak scaling", "stages, of one layer each", "stages", [1, 2, 3, 4, 6, 8], [1, 2, 4], []),
    "relays": ("Relays", "relays in the job", "relays", [3, 4, 6, 8, 12], [3, 4, 8], []),
    "hops": ("Hops", "relays on every route", "hops", [0, 1, 2, 3, 4], [0, 1, 3], [1]),
    "micro-batches": ("Micro-batches", "parts of a batch", "micro", [1, 2, 4, 8, 16], [1, 4, 8], [2]),
    "batch-size": ("Batch size", "samples", "batch", [64, 128, 256, 512, 1024], [64, 512], []),
    "width": ("Width", "neurons of each hidden layer", "width", [64, 128, 256, 512, 1024, 2048], [128, 1024], []),
    "cell-size": ("Cell size", "bytes", "cell", ["auto", 4096, 16384, 65536, 131072], [16384, 65536], []),
    "padding": ("Padding", "", "padding", ["uniform", "cells"], ["cells"], []),
    "aead": ("AEAD", "", "aead", ["aes256gcm", "chacha20poly1305"], ["chacha20poly1305"], []),
    "paper": ("The paper's point", "", None, ["mlp"], ["mlp"], ["mlp"]),
}
SIZES = {"full": (3, 5, 3, []), "quick": (4, 3, 3, ["--limit-train", "20480"]),
         "tiny": (5, 2, 2, ["--data", "tests/data/digits"])}  # where the values are, epochs, repeats, data


def points_of(size):
    return [(variable, value) for variable, row in STUDY.items() for value in row[SIZES[size][0]]]


def settings_of(variable, value, size):
    at = dict(BASE)
    if size == "tiny":
        at.update(width=32, relays=3)
    field = STUDY[variable][2]
    if field:
        at[field] = value
    if variable == "stages":
        at["layers"] = 6
    elif variable == "depth":
        at["layers"] = value
    at["relays"] = max(at["relays"], at["hops"])
    return at


def equal_width(at, tiny):
    """A network of equal hidden layers, cut into equal stages; the output layer is the last stage's."""
    hidden = [[{"type": "linear", "out_features": at["width"]}, {"type": "relu"}] for _ in range(at["layers"])]
    each = at["layers"] // at["stages"]
    stages = [sum(hidden[i * each:(i + 1) * each], []) for i in range(at["stages"])]
    stages[0].insert(0, {"type": "flatten"})
    stages[-1].append({"type": "linear", "out_features": 10})
    side, scale = (8, 0.0625) if tiny else (28, 1 / 255)
    return {"name": f"equal-{at['width']}x{at['layers']}", "input": {"shape": [1, side, side], "scale": scale},
            "loss": "cross_entropy", "stages": [{"layers": layers} for layers in stages]}


def describe_point(size, index, folder):
    points = points_of(size)
    if not 0 <= index < len(points):
        sys.exit(f"scaling: --point is 0 to {len(points) - 1} in the {size} study, not {index}")
    variable, value = points[index]
    _, epochs, repeats, data = SIZES[size]
    at = settings_of(variable, value, size)
    if variable == "paper":
        model = pathlib.Path("models/digits.json" if size == "tiny" else "models/mlp.json")
    else:
        model = folder / "models" / f"{variable}.{value}.json"
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_text(json.dumps(equal_width(at, size == "tiny")) + "\n")
    arguments = [str(model), "--hops", at["hops"], "--batch-size", at["batch"], "--micro-batches", at["micro"], "--cell-size",
                 at["cell"], "--padding", at["padding"], "--aead", at["aead"], "--epochs", epochs, "--seed", 1, "--quiet", *data]
    print("\n".join(map(str, [f"{variable}.{value}", 1 + at["stages"] + at["relays"], repeats, *arguments])))


def pipeline(report, latency_s):
    """What the pipeline model foretells of a report: (M / (M + p - 1), seconds of an epoch).

    Each stage takes 1/p of the reference's time of a micro-batch, on a core of its own; M micro-batches through p stages take
    M + p - 1 turns; and the messages that one batch waits for one after the other, 2 p + 1, cross hops + 1 links each.
    """
    micro, stages = report["micro_batches"], report["stages"]
    steps = -(-report["train_samples"] // report["batch_size"])
    reference = statistics.median(cr.walls(report, "reference"))
    turns = reference / (micro * stages) * (micro + stages - 1)
    return micro / (micro + stages - 1), turns + steps * (2 * stages + 1) * (report["hops"] + 1) * latency_s


# Activities of a report, by what the study asks for; the rest of the time is `other`.
SHARES = {"compute": ("compute",), "aead": ("seal", "open"), "tickets": ("ticket",), "copies": ("send",), "waiting": ("wait",)}


def shares_of(reports):
    """The percentages of processor time in each of SHARES; None where the reports do not say."""
    percent = dict(cr.activity_shares(reports))
    return {kind: sum(percent.get(part, 0) for part in parts) if percent else None for kind, parts in SHARES.items()}


def read_points(folder):
    """By point, in the order of the study: (variable, value, [reports], facts of the job); and what did not run."""
    order = {name: place for place, name in enumerate(STUDY)}
    found, skipped = {}, []
    for path in sorted((folder / "points").glob("*.json")):
        name, _, repeat = path.stem.rpartition(".")
        if repeat == "job":
            continue
        found.setdefault(name, []).append(cr.read_report(path))
    for path in sorted((folder / "points").glob("*.skipped")):
        skipped.append((path.stem, path.read_text().strip()))
    points = []
    for name, reports in found.items():
        variable, _, value = name.partition(".")
        job = folder / "points" / f"{name}.job.json"
        points.append((variable, value, reports, json.loads(job.read_text()) if job.exists() else {}))
    number = lambda text: (0, float(text), "") if text.replace(".", "").isdigit() else (1, 0, text)  # noqa: E731
    points.sort(key=lambda point: (order.get(point[0], 99), number(point[1])))
    return points, skipped


def row_of(variable, value, reports, job):
    c, first = cr.Comparison(reports), reports[0]
    latency = job.get("latency_us")
    bubble, foretold = pipeline(first, (latency or 0) / 1e6)
    samples = first["train_samples"]
    return {"variable": variable, "value": value, "slowdown": c.slowdown, "lowest": min(c.mixnn) / c.baseline_s,
            "highest": max(c.mixnn) / c.baseline_s, "speed": 1 / c.slowdown, "mixnn_samples_per_s": samples / c.mixnn_s,
            "baseline_samples_per_s": samples / c.baseline_s, "mixnn_s": c.mixnn_s, "baseline_s": c.baseline_s,
            "bubble_efficiency": bubble, "model_s": foretold, "of_model": foretold / c.mixnn_s,
            "bound": foretold / c.baseline_s, "latency_us": latency, "repeats": len(reports), "epochs": len(c.mixnn),
            "bit_identical": c.bit_identical, "nodes": job.get("nodes"), "launch": job.get("launch"), "link": job.get("link"),
            **{key: first.get(key) for key in ("model", "data", "ranks", "stages", "relays", "hops", "batch_size",
                                               "micro_batches", "cell_size", "padding", "aead")},
            **{f"{kind}_percent": share for kind, share in shares_of(reports).items()}}


def markdown(rows, skipped, facts, plots):
    out = ["# Scaling study", "", "```", cr.machine_text(facts), "```", "",
           "Slowdown: median epoch of MixNN over the baseline's, the fastest single process, in the same job on rank 0's node. "
           "M/(M+p-1): the pipeline's own efficiency. Of the model: its time, with latency on every link of every hop and a core for "
           "each rank, over the time taken: 1.00 is the model's own speed. Shares are of the ranks' processor time.", ""]
    for variable, (title, *_) in STUDY.items():
        found = [row for row in rows if row["variable"] == variable]
        if not found:
            continue
        out += [f"## {title}", ""]
        if variable == "paper":
            out += [cr.table(["point", "nodes", "ranks", "hops", "link", "slowdown", "the paper's"],
                             [[f"{row['model']} on {row['data']}", row["nodes"] or "-", row["ranks"], row["hops"], row["link"] or "-",
                               f"{row['slowdown']:.2f}", f"about {PAPERS}"] for row in found]), ""]
            continue
        out += [cr.table(
            ["value", "ranks", "nodes", "slowdown", "range", "samples/s", "baseline samples/s", "M/(M+p-1)", "of the model",
             "link us", "compute %", "AEAD %", "tickets %", "copies %", "waiting %", "bits"],
            [[row["value"], row["ranks"], row["nodes"] or "-", f"{row['slowdown']:.2f}", f"{row['lowest']:.2f} .. {row['highest']:.2f}",
              f"{row['mixnn_samples_per_s']:.0f}", f"{row['baseline_samples_per_s']:.0f}", f"{row['bubble_efficiency']:.2f}",
              f"{row['of_model']:.3f}", cr.number(row["latency_us"], 1),
              *(cr.number(row[f"{kind}_percent"], 0) for kind in SHARES),
              "same" if row["bit_identical"] else "OTHER"] for row in found]), ""]
        if variable in plots:
            out += [f"![{title}]({variable}.png)", ""]
    if skipped:
        out += ["## Not measured", ""] + [f"- {name}: {why}" for name, why in skipped] + [""]
    return "\n".join(out)


def draw(rows, folder, facts):
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        print("notice: no matplotlib (Debian: python3-matplotlib): no plots", file=sys.stderr)
        return []
    sweep.VARIABLES.update({name: (title, unit, [], []) for name, (title, unit, *_) in STUDY.items()})
    drawn = []
    for variable in STUDY:
        found = [row for row in rows if row["variable"] == variable]
        if found and variable != "paper":
            sweep.plot(found, variable, f"{facts.get('cpu')}; bound: the pipeline model", folder / f"{variable}.png")
            drawn.append(variable)
    return drawn


def report(folder):
    points, skipped = read_points(folder)
    if not points:
        for name, why in skipped:
            print(f"not measured: {name}: {why}", file=sys.stderr)
        sys.exit(f"scaling: no point has a report in {folder / 'points'}")
    rows = [row_of(*point) for point in points]
    facts = cr.machine_facts(points[0][2][0])
    machine = {f"machine_{key}": value for key, value in facts.items()}
    (folder / "scaling.json").write_text(json.dumps({"machine": facts, "points": rows, "skipped": skipped}, indent=2) + "\n")
    with open(folder / "scaling.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], *machine])
        writer.writeheader()
        writer.writerows(dict(row, **machine) for row in rows)
    (folder / "report.md").write_text(markdown(rows, skipped, facts, draw(rows, folder, facts)))
    print(f"written: {folder}/report.md, scaling.csv, scaling.json: {len(rows)} points, {len(skipped)} not measured")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", choices=SIZES, default="quick")
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--point", type=int)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path, metavar="DIR")
    arguments = parser.parse_args()
    if arguments.report:
        report(arguments.report)
    elif arguments.count:
        print(len(points_of(arguments.study)))
    elif arguments.point is not None and arguments.out:
        describe_point(arguments.study, arguments.point, arguments.out)
    else:
        parser.error("--count, --point with --out, or --report")


if __name__ == "__main__":
    try:
        main()
    except cr.BadReport as error:
        sys.exit(f"scaling: {error}")
