#!/usr/bin/env python3
"""Draws the curves of trainings from logs (mixnn train|baseline|compare --log FILE).

usage: curves.py LOG... [-o OUT.png|OUT.svg] [--runs NAME,...] [--smooth STEPS] [--title TEXT]

Loss of each step, smoothed, and what was tested after each epoch: the validation set, or without
one the test set. A log of compare holds a baseline beside MixNN; its reference is left out, as its
curves are MixNN's (--runs names what is drawn). Several logs are told apart by their files' names.
Needs matplotlib (Debian: python3-matplotlib).
"""
import argparse
import collections
import csv
import json
import pathlib
import sys

COLOURS = ["#2f6db5", "#c8553d", "#3f9b6c", "#e0a030", "#7c6aa6", "#6b4f3a"]
MOST_POINTS = 300  # of a curve: pictures stay small
NOT_DRAWN = {"reference"}
WORDS = {"run", "kind"}  # columns that are no numbers

# A run's name, the steps' numbers and losses, and by what was tested the epochs and their values.
Curve = collections.namedtuple("Curve", "name steps losses tests")


def rows_of(path):
    """The rows of a log, as dictionaries of what is known. A last line that is cut is left out."""
    path = pathlib.Path(path)
    text = path.read_text()
    lines = text[:text.rfind("\n") + 1].splitlines()
    try:
        if path.suffix == ".csv":
            return [{key: value if key in WORDS else float(value)
                     for key, value in row.items() if value != ""} for row in csv.DictReader(lines)]
        return [json.loads(line) for line in lines]
    except (ValueError, TypeError) as error:
        raise SystemExit(f"curves.py: {path}: no log of mixnn: {error}")


def curves_of(rows, prefix="", runs=None):
    """A curve for each run of the rows, in their order."""
    curves = {}
    for row in rows:
        name = row["run"]
        if name not in runs if runs else name in NOT_DRAWN:
            continue
        curve = curves.setdefault(name, Curve(prefix + name, [], [], {}))
        if row["kind"] == "step" and row.get("loss") is not None:
            curve.steps.append(row["step"])
            curve.losses.append(row["loss"])
        elif row["kind"] == "epoch":
            for what in ("loss", "accuracy"):
                for tested in ("validation", "test"):
                    value = row.get(f"{tested}_{what}")
                    if value is not None:
                        curve.tests.setdefault((tested, what), []).append((row["epoch"], value))
    return list(curves.values())


def smoothed(values, width):
    """The mean of each value and those up to `width` - 1 before it."""
    result, total = [], 0.0
    for i, value in enumerate(values):
        total += value
        if i >= width:
            total -= values[i - width]
        result.append(total / min(i + 1, width))
    return result


def usual_width(curves):
    """A fortieth of the steps of the longest."""
    return max(1, max(len(curve.steps) for curve in curves) // 40)


def shown(curve, what):
    """The tests of a curve, of the validation set if there is one, and their set's name."""
    for tested in ("validation", "test"):
        if (tested, what) in curve.tests:
            return tested, curve.tests[tested, what]
    return None, []


def draw(curves, out, width, title):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import MaxNLocator
    matplotlib.rcParams.update({"font.size": 11, "axes.spines.top": False,
                                "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.3,
                                "svg.hashsalt": "mixnn", "svg.fonttype": "none"})
    per_epoch = [what for what in ("loss", "accuracy") if any(shown(c, what)[1] for c in curves)]
    figure, axes = pyplot.subplots(1, 1 + len(per_epoch), squeeze=False,
                                   figsize=(4.6 * (1 + len(per_epoch)), 3.8))
    steps = axes[0][0]
    for i, curve in enumerate(curves):
        colour, line = COLOURS[i % len(COLOURS)], "--" if i % 2 else "-"
        each = max(1, len(curve.steps) // MOST_POINTS)
        if width > 1:
            steps.plot(curve.steps[::each], curve.losses[::each], color=colour, alpha=0.15,
                       linewidth=0.8)
        steps.plot(curve.steps[::each], smoothed(curve.losses, width)[::each], color=colour,
                   label=curve.name, linestyle=line, linewidth=1.8)
    steps.set_xlabel("step")
    steps.set_ylabel("training loss" + (f", mean of {width} steps" if width > 1 else ""))
    for axis, what in zip(axes[0][1:], per_epoch):
        sets = []
        for i, curve in enumerate(curves):
            tested, points = shown(curve, what)
            if points:
                sets.append(tested)
                axis.plot(*zip(*points), color=COLOURS[i % len(COLOURS)], label=curve.name,
                          linestyle="--" if i % 2 else "-", marker="o", markersize=4)
        axis.set_xlabel("epoch")
        axis.set_ylabel(f"{' and '.join(dict.fromkeys(sets))} {what}")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    steps.legend(frameon=False)
    if title:
        figure.suptitle(title)
    figure.tight_layout()
    svg = out.suffix == ".svg"
    figure.savefig(out, dpi=None if svg else 150, metadata={"Date": None} if svg else None)
    pyplot.close(figure)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("logs", nargs="+", metavar="LOG", type=pathlib.Path)
    parser.add_argument("-o", "--out", type=pathlib.Path, default=pathlib.Path("curves.svg"))
    parser.add_argument("--runs", help="names of the runs to draw, with commas between them")
    parser.add_argument("--smooth", type=int, metavar="STEPS", help="1: as they are")
    parser.add_argument("--title")
    given = parser.parse_args(arguments)
    if given.out.suffix not in (".png", ".svg"):
        parser.error(f"-o must end in .png or .svg, got {given.out}")
    runs = set(given.runs.split(",")) if given.runs else None
    curves = []
    for log in given.logs:
        prefix = f"{log.stem}: " if len(given.logs) > 1 else ""
        curves += curves_of(rows_of(log), prefix, runs)
    if not any(curve.steps or curve.tests for curve in curves):
        raise SystemExit("curves.py: no rows to draw in " + ", ".join(map(str, given.logs)))
    draw(curves, given.out, given.smooth or usual_width(curves), given.title)
    print(given.out)


if __name__ == "__main__":
    main(sys.argv[1:])
