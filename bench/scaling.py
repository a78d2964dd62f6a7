#!/usr/bin/python3
"""The scaling study of a cluster: one variable at a time, each point a few `mixnn compare` in a job
of its own.

    scaling.py --study tiny|quick|full|paper|networks|far --count
                                                    how many points it has
    scaling.py --study ... --ranks                  the most ranks that one of them takes
    scaling.py --study ... --point I --out DIR      writes the point's model, and prints: its name,
                                                    ranks, repeats, the delay and the rate of its
                                                    links (0 0: as found), how many of a million
                                                    packets they lose, then the arguments of
                                                    `compare`
    scaling.py --report DIR                         report.md, scaling.csv, scaling.json and plots
                                                    from DIR/points

jobs/scaling.sbatch runs the points. `compare` measures baseline, reference and ranks in turn, in
the same job, the single process on the node of rank 0. The base, which is measured once and stands
in every table but that of strong scaling: 3 stages of one hidden layer each, 3 hops, 4 relays,
batch 128 in 4 micro-batches, cells and sealing as mixnn chooses, links as found.

`stages`               strong scaling: one network of six hidden layers of equal width, cut into
                       more and more stages
`depth`                weak scaling: a network that has a hidden layer for each stage
`latency`, `bandwidth` links that a command of the site makes slower (MIXNN_LINK_COMMAND):
                       microseconds more one way, Mbit/s
`paper`                its network, on the links as found, and on links as between machines of one
                       cloud
`choices`              there, what each choice of a user brings, one after the other; the study
                       `paper` is these two
`networks`             models of this repository with bfloat16 on links as found, a study of its
                       own
`far`                  the paper's network over a wide area: 5 and 50 ms, 100 Mbit/s, one packet of
                       a thousand lost; a study of its own
"""
import argparse
import csv
import json
import pathlib
import statistics
import subprocess
import sys

import compare_report as cr

ROOT = pathlib.Path(__file__).resolve().parents[1]

PAPERS = 7.5
UNSHAPED = "as found"
BASE = {"stages": 3, "layers": 3, "width": 256, "hops": 3, "relays": 4, "batch": 128, "micro": 4,
        "cell": "auto",
        "padding": "uniform", "wire": "float32", "aead": "aes256gcm", "delay": UNSHAPED,
        "rate": UNSHAPED, "ends": "none", "staleness": 0, "traffic": "onion"}
CLOUD = {"delay": 250, "rate": 1000}
LINKS = {"as-found": {}, "cloud": CLOUD}  # of the paper's point


def choices_at(batch, *more):
    """One after the other: by name, all settings up to there."""
    settings, found = {"batch": batch, "micro": "auto"}, {}
    for name, setting in [("", {}), *more]:
        settings = dict(settings, **setting)
        found[f"{batch}{name and '-' + name}"] = settings
    return found


CELLS, HALVES = ("cells", {"padding": "cells"}), ("bfloat16", {"wire": "bfloat16"})
ENDS, STALE = ("ends", {"ends": "both"}), ("staleness", {"staleness": 1})
CHOICES = {**choices_at(128, CELLS, HALVES, ENDS, STALE), **choices_at(512, CELLS, HALVES, ENDS),
           **{f"rounds-{name}": dict(setting, traffic="rounds", padding="uniform")
              for name, setting in choices_at(512, HALVES, ENDS).items()}}
# By the model; `random`: time does not depend on what the data say.
NETWORKS = {
    "mlp-ends": {"batch": 512, "ranks": 6, "samples": 30720, "ends": "both"},
    # fewer messages: all hosts of the lab share a few processors
    "mlp-ends-2": {"batch": 512, "ranks": 6, "samples": 30720, "ends": "both", "micro": 2},
    "wide": {"batch": 512, "ranks": 9, "samples": 10240},
    "deep": {"batch": 512, "ranks": 13, "samples": 10240},
    "cnn": {"batch": 128, "ranks": 8, "samples": 2560},
    "gpt": {"batch": 64, "ranks": 8, "samples": 512, "random": True,
            "more": ["--optimizer", "adamw"]},
}
FAR = {f"{delay}ms{name}": dict(more, delay=1000 * delay) for delay in (5, 50) for name, more in (
    ("", {}), ("-choices", {**CELLS[1], **HALVES[1], **ENDS[1], **STALE[1]}),
    ("-rounds", {"traffic": "rounds", **HALVES[1], **ENDS[1]}))}
# Variables whose models are no variations of the base, and those that are studies of their own.
OF_THE_REPOSITORY = ("paper", "choices", "networks", "far")
ALONE = ("networks", "far")
# variable: title, unit, field of BASE, values of full, quick, tiny besides the base's
STUDY = {
    "base": ("The base", "", None, [""], [""], [""]),
    "stages": ("Strong scaling", "stages that one network is cut into", "stages", [1, 2, 3, 6],
               [1, 2, 3, 6], [3]),
    "depth": ("Weak scaling", "stages, of one layer each", "stages", [1, 2, 4, 6, 8], [1, 2, 6],
              []),
    "relays": ("Relays", "relays in the job", "relays", [3, 6, 8, 12], [3, 8], []),
    "hops": ("Hops", "relays on every route", "hops", [0, 1, 2, 4], [0, 1], [1]),
    "micro-batches": ("Micro-batches", "parts of a batch", "micro", [1, 2, 8, 16], [1, 2, 8], []),
    "batch-size": ("Batch size", "samples", "batch", [64, 256, 512, 1024], [64, 512], []),
    "width": ("Width", "neurons of each hidden layer", "width", [64, 128, 512, 1024, 2048],
              [64, 1024], []),
    "cell-size": ("Cell size", "bytes", "cell", [4096, 16384, 65536, 131072], [16384, 65536], []),
    "padding": ("Padding", "", "padding", ["cells"], ["cells"], []),
    "wire-dtype": ("Type of activations and gradients sent", "", "wire", ["bfloat16"], ["bfloat16"],
                   []),
    "aead": ("AEAD", "", "aead", ["chacha20poly1305"], ["chacha20poly1305"], []),
    "latency": ("Latency of the links", "us more, one way", "delay", [50, 250, 1000, 5000],
                [250, 1000], [500]),
    "bandwidth": ("Bandwidth of the links", "Mbit/s", "rate", [100, 250, 1000, 2500, 10000],
                  [200, 1000], [100]),
    "paper": ("The paper's point", "", None, list(LINKS), list(LINKS), list(LINKS)),
    "choices": ("The paper's network between machines of a cloud, choice by choice", "", None,
                list(CHOICES), [], []),
    "networks": ("Networks, with bfloat16 on links as found", "", None, list(NETWORKS), [], []),
    "far": ("Over a wide area that loses one packet of a thousand", "", None, list(FAR), [], []),
}
# Where the values are, epochs, repeats, data, and the variables if not all.
SIZES = {"full": (3, 5, 3, []), "quick": (4, 3, 2, ["--limit-train", "20480"]),
         "tiny": (5, 2, 2, ["--data", str(ROOT / "tests/data/digits")]),
         "paper": (3, 3, 2, ["--limit-train", "10240"], ("paper", "choices")),
         "networks": (3, 3, 2, [], ("networks",)),
         "far": (3, 2, 1, ["--limit-train", "2048", "--limit-test", "512"], ("far",))}


def points_of(size):
    column, *_, variables = [*SIZES[size], [name for name in STUDY if name not in ALONE]][:5]
    return [(variable, value) for variable in variables for value in STUDY[variable][column]]


def name_of(variable, value):
    return variable if variable == "base" else f"{variable}.{value}"


def ranks_of(at):
    return at.get("ranks") or 1 + at["stages"] - {"none": 0, "both": 2}[at["ends"]] + at["relays"]


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
    elif variable == "paper":
        at.update(LINKS[value])
    elif variable == "choices":
        at.update(CLOUD, **CHOICES[value])
    elif variable == "networks":
        at.update({"micro": "auto", "wire": "bfloat16", **NETWORKS[value]})
    elif variable == "far":
        at.update(FAR[value], batch=512, micro="auto", rate=100, lost=1000)
    at["relays"] = max(at["relays"], at["hops"])
    return at


def equal_width(at, tiny):
    """A network of equal hidden layers, cut into equal stages; the output layer is the last
    stage's."""
    hidden = [[{"type": "linear", "out_features": at["width"]}, {"type": "relu"}]
              for _ in range(at["layers"])]
    each = at["layers"] // at["stages"]
    stages = [sum(hidden[i * each:(i + 1) * each], []) for i in range(at["stages"])]
    stages[0].insert(0, {"type": "flatten"})
    stages[-1].append({"type": "linear", "out_features": 10})
    side, scale = (8, 0.0625) if tiny else (28, 1 / 255)
    return {"name": f"equal-{at['width']}x{at['layers']}", "input": {"shape": [1, side, side],
                                                                     "scale": scale},
            "loss": "cross_entropy", "stages": [{"layers": layers} for layers in stages]}


def data_of(at, model, folder):
    """Where a network's samples are, and how many are taken."""
    test = 512
    taken = ["--limit-train", at["samples"], "--limit-test", test]
    if not at.get("random"):
        return taken
    data = folder / "data" / model.stem
    subprocess.run([sys.executable, str(ROOT / "bench/make_random_data.py"), str(ROOT / model),
                    "--out", str(data), "--train", str(at["samples"]), "--test", str(test)],
                   check=True, stdout=subprocess.DEVNULL)
    return ["--data", data, *taken]


def describe_point(size, index, folder):
    points = points_of(size)
    if not 0 <= index < len(points):
        sys.exit(f"scaling: --point is 0 to {len(points) - 1} in the {size} study, not {index}")
    variable, value = points[index]
    _, epochs, repeats, data = SIZES[size][:4]
    at = settings_of(variable, value, size)
    if variable == "networks":
        model = pathlib.Path(f"models/{value.partition('-')[0]}.json")
        data = data_of(at, model, folder)
    elif variable in OF_THE_REPOSITORY:
        model = pathlib.Path("models/digits.json" if size == "tiny" else "models/mlp.json")
    else:
        model = folder / "models" / f"{name_of(variable, value)}.json"
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_text(json.dumps(equal_width(at, size == "tiny")) + "\n")
    arguments = [str(model), "--hops", at["hops"], "--batch-size", at["batch"], "--micro-batches",
                 at["micro"], "--cell-size",
                 at["cell"], "--padding", at["padding"], "--wire-dtype", at["wire"], "--aead",
                 at["aead"], "--owner-ends", at["ends"], "--staleness", at["staleness"],
                 "--traffic", at["traffic"],
                 "--epochs", epochs, "--seed", 1, "--quiet", *data, *at.get("more", [])]
    links = [0 if at[field] == UNSHAPED else at[field] for field in ("delay", "rate")]
    print("\n".join(map(str, [name_of(variable, value), ranks_of(at), repeats, *links,
                              at.get("lost", 0), *arguments])))


def processors_of(reports, job):
    """Those that all ranks together can use; None where nothing says."""
    return job.get("processors") or (reports[0].get("bound") or {}).get("cores")


def bound_of(reports, job):
    """The largest of three times of an epoch, and which it is: (seconds, name). None where a report
    does not have them. Of the job, `processors`: that all its hosts share, where they do;
    `byte_ns`: what a byte between two hosts takes of processor time at both ends together."""
    bounds = [report.get("bound") or {} for report in reports]
    if not all("chain_s" in bound for bound in bounds):
        return None, None
    seconds = {name: statistics.median(bound[f"{key}_s"] for bound in bounds)
               for key, name in (("cores", "cores"), ("links", "bytes"), ("chain", "latencies"))}
    processors = processors_of(reports, job)
    if processors:
        work = statistics.median(bound["work_s_per_epoch"] for bound in bounds)
        handing_over = bounds[0].get("link_bytes", 0) * (job.get("byte_ns") or 0) * 1e-9
        seconds["cores"] = max(seconds["cores"], (work + handing_over) / processors)
    name = max(seconds, key=seconds.get)
    return seconds[name], name


def links_alone_s(reports):
    """An epoch if processors took no time, as reports have it simulated; None where they do not, or
    where ranks had one host."""
    found = [(report.get("bound") or {}).get("schedule_s") for report in reports]
    return statistics.median(found) if all(found) else None


# Activities of a report, by what the study asks for; the rest of the time is `other`.
SHARES = {"compute": ("compute",), "aead": ("seal", "open"), "tickets": ("ticket",),
          "copies": ("send",), "waiting": ("wait",)}


def shares_of(reports):
    """The percentages of processor time in each of SHARES; None where the reports do not say."""
    percent = dict(cr.activity_shares(reports))
    return {kind: sum(percent.get(part, 0) for part in parts) if percent else None
            for kind, parts in SHARES.items()}


def busy_percent(reports, processors):
    """Of the time of the processors in the training epochs, what ranks took; None where the reports
    do not say."""
    used = [sum(report["mixnn"].get("cpu_s", {}).values()) / sum(report["mixnn"]["epoch_walls_s"])
            for report in reports]
    return 100 * statistics.median(used) / processors if processors and all(used) else None


def handed_over_ns(reports):
    """Processor time that a byte between hosts took of the ranks, at both ends together: what they
    spent in MPI. None where the reports do not say."""
    found = [1e9 * sum(report["mixnn"]["cpu_s"].get(kind, 0) for kind in ("send", "wait"))
             / len(report["mixnn"]["epoch_walls_s"]) / report["bound"]["link_bytes"]
             for report in reports if report.get("bound", {}).get("link_bytes")]
    return statistics.median(found) if found else None


def read_points(folder):
    """By point, in the order of the study: (variable, value, [reports], facts of the job); and what
    did not run."""
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
        points.append((variable, value, reports, json.loads(job.read_text()) if job.exists()
                       else {}))
    return sorted(points, key=lambda point: place_of(point[0], point[1])), skipped


def place_of(variable, value):
    """The order of tables and plots: variables as in STUDY; links from those as found to the
    slowest; numbers, then words."""
    place = list(STUDY).index(variable) if variable in STUDY else len(STUDY)
    named = {"choices": list(CHOICES), "networks": list(NETWORKS), "far": list(FAR)}.get(variable)
    if named is not None:
        return place, named.index(value) if value in named else len(named), value
    if value == UNSHAPED:
        return place, float("-inf"), ""
    if not value.isdigit():
        return place, float("inf"), value
    return place, int(value) * (-1 if variable == "bandwidth" else 1), ""


def work_of(report):
    """What the baseline trains does not depend on how ranks share the work: points of equal work
    have equal baselines."""
    return report["model"], report["data"], report["train_samples"], report["batch_size"]


def baselines(points):
    """By work, the lowest of the points' own medians: a baseline that had not both of its cores
    would flatter."""
    fastest = {}
    for _, _, reports, _ in points:
        own, work = cr.Comparison(reports).baseline_s, work_of(reports[0])
        fastest[work] = min(own, fastest.get(work, own))
    return fastest


def row_of(variable, value, reports, job, baseline_s):
    c, first = cr.Comparison(reports), reports[0]
    latency, bandwidth = job.get("latency_us"), job.get("bandwidth_mbit")
    bound_s, bounded_by = bound_of(reports, job)
    micro = first["micro_batches"]
    alone_s = links_alone_s(reports)
    samples = first["train_samples"]
    return {"variable": variable, "value": value, "slowdown": c.mixnn_s / baseline_s,
            "lowest": min(c.mixnn) / baseline_s,
            "highest": max(c.mixnn) / baseline_s, "own": c.slowdown,
            "mixnn_samples_per_s": samples / c.mixnn_s,
            "baseline_samples_per_s": samples / baseline_s, "mixnn_s": c.mixnn_s,
            "baseline_s": baseline_s,
            "own_baseline_s": c.baseline_s, "own_baseline_threads": " ".join(map(str, c.threads)),
            "bubble_efficiency": micro / (micro + first["stages"] - 1), "bound_s": bound_s,
            "bound": bound_s and bound_s / baseline_s, "bounded_by": bounded_by,
            "over_bound": bound_s and c.mixnn_s / bound_s,
            "links_alone": alone_s and alone_s / baseline_s, "delay_us": job.get("delay_us"),
            "rate_mbit": job.get("rate_mbit"),
            "latency_us": latency, "bandwidth_mbit": bandwidth,
            "byte_ns": job.get("byte_ns"), "handed_over_ns": handed_over_ns(reports),
            "busy_percent": busy_percent(reports, processors_of(reports, job)),
            "repeats": len(reports), "epochs": len(c.mixnn),
            "bit_identical": c.bit_identical, "nodes": job.get("nodes"),
            "launch": job.get("launch"), "link": job.get("link"),
            **{key: first.get(key) for key in ("model", "data", "ranks", "stages", "relays", "hops",
                                               "batch_size",
                                               "micro_batches", "cell_size", "padding",
                                               "wire_dtype", "aead")},
            **{f"{kind}_percent": share for kind, share in shares_of(reports).items()}}


def rows_of(points):
    """A row for each point, and the base's once more for each variable in whose table it stands."""
    fastest = baselines(points)
    measured = [job["byte_ns"] for *_, job in points if job.get("byte_ns")]
    least = {"byte_ns": min(measured, default=None)}  # slow links take time to wait, too
    rows = [row_of(variable, value, reports, dict(job, **least), fastest[work_of(reports[0])])
            for variable, value, reports, job in points]
    of_base = [row for row in rows if row["variable"] == "base"]
    for variable in {row["variable"] for row in rows} - {"base", "stages", *OF_THE_REPOSITORY}:
        rows += [dict(row, variable=variable, value=str(BASE[STUDY[variable][2]]))
                 for row in of_base]
    return sorted(rows, key=lambda row: place_of(row["variable"], row["value"]))


def asked_link(row):
    """What a point's links were to be."""
    asked = [f"{row[key]} {unit}" for key, unit in (("delay_us", "us more"),
                                                    ("rate_mbit", "Mbit/s")) if row[key]]
    return ", ".join(asked) or UNSHAPED


def markdown(rows, skipped, facts, plots):
    links = sorted({row["link"] for row in rows if row["link"]})
    out = ["# Scaling study", "", "```", cr.machine_text(facts),
           *(f"links    {link}" for link in links), "```", "",
           "Slowdown: median epoch of MixNN over the baseline's, the fastest single process, whole "
           "batches. Baselines of equal work are equal, so it is the lowest median that any job of "
           "the same network and batch size measured; own: over that of the same job. Range: "
           "MixNN's fastest and slowest epoch. Bound: the slowdown that cannot be less, the "
           "largest of three: the work of the busiest host on its cores, or of all on those that "
           "they share, with what MPI takes at least to hand their bytes to other hosts (cores); "
           "the bytes on the busiest host's link (bytes); messages that wait for one another, "
           "each with its latencies and its own bytes (latencies); links as the "
           "job measured them. Links alone: the slowdown if processors took no time, by a "
           "simulation of the same schedule on these links. What it has above the bound is the "
           "pipeline's, which fills and empties in every step, and messages' that meet on a link; "
           "what the measured one has above it is the processors'. M/(M+p-1): the pipeline's own "
           "efficiency. Link: one way of a cell "
           "of 4 KiB, and what a cell of 1 MiB makes of the bandwidth, measured in the same job. "
           "Busy: the ranks' processor time over that of all processors they have. ns/byte: what "
           "MPI took of it for each byte between hosts, at both ends together. "
           "Shares are of the ranks' processor time.", ""]
    least = [row["byte_ns"] for row in rows if row["byte_ns"]]
    if least:
        out += [f"A stream of cells from one host to another took {min(least):.2f} ns a byte: that "
                "is in the bounds.", ""]
    head = ["ranks", "nodes", "slowdown", "range", "own", "samples/s", "baseline samples/s",
            "bound", "by", "over bound", "links alone", "M/(M+p-1)", "link us",
            "link Mbit/s", "busy %", "ns/byte", "compute %", "AEAD %", "tickets %", "copies %",
            "waiting %", "bits"]
    for variable, (title, unit, *_) in STUDY.items():
        found = [row for row in rows if row["variable"] == variable]
        if not found:
            continue
        paper = variable in ("paper", "choices")
        point = "point" if variable == "paper" else "choices"
        first = [point, "links", "the paper's"] if paper else [unit
                                                               or "value"] * (variable != "base")
        out += [f"## {title}", "", cr.table(
            [*first, *head],
            [[*([row["value"] if variable == "choices" else f"{row['model']} on {row['data']}",
                 asked_link(row), f"about {PAPERS}"]
                if paper else
                [row["value"]] * (variable != "base")),
              row["ranks"], row["nodes"] or "-", f"{row['slowdown']:.2f}",
              f"{row['lowest']:.2f} .. {row['highest']:.2f}",
              f"{row['own']:.2f}", f"{row['mixnn_samples_per_s']:.0f}",
              f"{row['baseline_samples_per_s']:.0f}", cr.number(row["bound"]),
              row["bounded_by"] or "-", cr.number(row["over_bound"]),
              cr.number(row["links_alone"]), f"{row['bubble_efficiency']:.2f}",
              cr.number(row["latency_us"], 1),
              cr.number(row["bandwidth_mbit"], 0), cr.number(row["busy_percent"], 0),
              cr.number(row["handed_over_ns"], 1),
              *(cr.number(row[f"{kind}_percent"], 0) for kind in SHARES),
              "same" if row["bit_identical"] else "OTHER"] for row in found]), ""]
        if variable in plots:
            out += [f"![{title}]({variable}.png)", ""]
    if skipped:
        out += ["## Not measured", ""] + [f"- {name}: {why}" for name, why in skipped] + [""]
    return "\n".join(out)


def plot(rows, variable, subtitle, file):
    """The slowdown at each value, evenly spaced, with the range of the epochs and what the pipeline
    model foretells."""
    from matplotlib import pyplot, ticker

    title, unit, *_ = STUDY[variable]
    places = range(len(rows))
    bounds = [row["bound"] for row in rows if row["bound"]]
    figure, axes = pyplot.subplots(figsize=(6.4, 4), dpi=120)
    line = "-" if all(row["value"].isdigit() or row["value"] == UNSHAPED for row in rows) else ""
    below = [row["slowdown"] - row["lowest"] for row in rows]
    above = [row["highest"] - row["slowdown"] for row in rows]
    axes.errorbar(places, [row["slowdown"] for row in rows], [below, above], fmt="o" + line,
                  color="#4c78a8", ecolor="#333333",
                  capsize=4, label="measured: median, range of the epochs")
    axes.plot(places, [row["bound"] for row in rows], "_" + (line and "--"), color="#e45756",
              markersize=14, markeredgewidth=2, linewidth=1,
              label="bound: cores, bytes or latencies")
    axes.axhline(1, color="#888888", linewidth=0.8, label="the baseline")
    for place, row in zip(places, rows):
        text = f"{row['slowdown']:.2f}" if row["slowdown"] < 100 else f"{row['slowdown']:.0f}"
        axes.annotate(text, (place, row["highest"]), (0, 4), textcoords="offset points",
                      ha="center", fontsize=9)
    lowest, highest = min(*bounds, 1), max(row["highest"] for row in rows)
    if highest > 10 * lowest:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
        axes.minorticks_off()
        axes.set_ylim(lowest / 1.5, highest * (highest / lowest) ** 0.5)  # the legend's place
    else:
        axes.set_ylim(0, highest * 1.5)
    axes.set_xlim(-0.4, len(rows) - 0.6)
    axes.set_xticks(list(places), [row["value"] for row in rows])
    axes.set_ylabel("epoch, in baseline's epochs")
    axes.set_xlabel(unit)
    axes.set_title(title, fontsize=11)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend([handles[2], *handles[:2]], [labels[2], *labels[:2]], frameon=False, fontsize=8,
                loc="upper left")
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.text(0.99, 0.01, subtitle, ha="right", va="bottom", fontsize=6, color="#666666")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.savefig(file)
    pyplot.close(figure)


def plot_choices(rows, subtitle, file):
    """Bars downwards from the plain run, the bound in each, and the paper's line."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.2, 0.42 * len(rows) + 1.6), dpi=120)
    places = range(len(rows))
    axes.barh(places, [row["slowdown"] for row in rows], color="#4c78a8", height=0.62,
              label="measured")
    axes.plot([row["bound"] for row in rows], places, "|", color="#e45756", markersize=15,
              markeredgewidth=2.5, label="bound: cores, bytes or latencies")
    axes.axvline(PAPERS, color="#333333", linewidth=1, linestyle="--",
                 label=f"the paper's, about {PAPERS}")
    for place, row in zip(places, rows):
        axes.annotate(f"{row['slowdown']:.1f}   {row['mixnn_samples_per_s']:.0f} samples/s",
                      (row["slowdown"], place), (5, 0), textcoords="offset points", va="center",
                      fontsize=8)
    axes.set_yticks(list(places), [row["value"] for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.35 * max(row["slowdown"] for row in rows))
    axes.set_xlabel("epoch, in baseline's epochs")
    axes.set_title("The paper's network at 250 us and 1 Gbit/s, choice by choice", fontsize=11)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.text(0.99, 0.01, subtitle, ha="right", va="bottom", fontsize=6, color="#666666")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.savefig(file)
    pyplot.close(figure)


def subtitle_of(rows, facts):
    nodes = max(row["nodes"] or 1 for row in rows)
    return f"{nodes} nodes; {facts.get('cpu')}; {facts.get('blas_core')} kernels"


def draw(rows, folder, facts):
    try:
        import matplotlib
    except ImportError:
        print("notice: no matplotlib (Debian: python3-matplotlib): no plots", file=sys.stderr)
        return []
    matplotlib.use("Agg")
    drawn = []
    for variable in STUDY:
        found = [row for row in rows if row["variable"] == variable]
        if len(found) > 1 and variable not in OF_THE_REPOSITORY:
            plot(found, variable, subtitle_of(rows, facts), folder / f"{variable}.png")
            drawn.append(variable)
    choices = [row for row in rows if row["variable"] == "choices"]
    if len(choices) > 1:
        plot_choices(choices, subtitle_of(rows, facts), folder / "choices.png")
        drawn.append("choices")
    return drawn


def report(folder):
    points, skipped = read_points(folder)
    if not points:
        for name, why in skipped:
            print(f"not measured: {name}: {why}", file=sys.stderr)
        sys.exit(f"scaling: no point has a report in {folder / 'points'}")
    rows = rows_of(points)
    facts = cr.machine_facts(points[0][2][0])
    machine = {f"machine_{key}": value for key, value in facts.items()}
    (folder / "scaling.json").write_text(json.dumps({"machine": facts, "points": rows,
                                                     "skipped": skipped}, indent=2) + "\n")
    with open(folder / "scaling.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], *machine])
        writer.writeheader()
        writer.writerows(dict(row, **machine) for row in rows)
    (folder / "report.md").write_text(markdown(rows, skipped, facts, draw(rows, folder, facts)))
    print(f"written: {folder}/report.md, scaling.csv, scaling.json: {len(rows)} points, "
          f"{len(skipped)} not measured")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", choices=SIZES, default="quick")
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--ranks", action="store_true")
    parser.add_argument("--point", type=int)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path, metavar="DIR")
    arguments = parser.parse_args()
    if arguments.report:
        report(arguments.report)
    elif arguments.count:
        print(len(points_of(arguments.study)))
    elif arguments.ranks:
        print(max(ranks_of(settings_of(*point, arguments.study))
                  for point in points_of(arguments.study)))
    elif arguments.point is not None and arguments.out:
        describe_point(arguments.study, arguments.point, arguments.out)
    else:
        parser.error("--count, --ranks, --point with --out, or --report")


if __name__ == "__main__":
    try:
        main()
    except cr.BadReport as error:
        sys.exit(f"scaling: {error}")
