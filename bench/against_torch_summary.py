#!/usr/bin/python3
"""The table of bench/against_torch.sh from the runs in its folder: against_torch_summary.py DIR

Writes against_torch.json beside them. Exits with 1 where a model has no runs of both.
"""
import json
import pathlib
import statistics
import sys

import compare_report as cr


def epochs_of(run):
    """Seconds of the epochs but the first, which warms up."""
    walls = run["baseline"]["epoch_walls_s"] if "baseline" in run else run["walls_s"]
    return walls[1:]


def fastest(folder, name, who, samples):
    """Samples a second by threads, over the epochs of all rounds, and the best of them."""
    walls = {}
    for path in sorted(folder.glob(f"{name}.{who}.*.round*.json")):
        threads = int(path.name.split(".")[2])
        walls.setdefault(threads, []).extend(epochs_of(json.loads(path.read_text())))
    if not walls:
        return None
    rates = {threads: samples / statistics.median(values) for threads, values in walls.items()}
    best = max(rates, key=rates.get)
    quartiles = cr.quartiles(walls[best])
    return {"threads": best, "samples_per_s": rates[best],
            "quartiles": [samples / quartiles[2], samples / quartiles[0]],
            "by_threads": rates}


def summarize(folder):
    for line in (folder / "cases").read_text().splitlines():
        name, batch, samples, optimizer, layouts = line.split()
        result = {"model": name, "batch_size": int(batch), "samples": int(samples),
                  "optimizer": optimizer,
                  "mixnn": fastest(folder, name, "mixnn", int(samples))}
        for layout in layouts.split(","):
            run = result[layout] = fastest(folder, name, layout, int(samples))
            if run and result["mixnn"]:
                run["ratio"] = result["mixnn"]["samples_per_s"] / run["samples_per_s"]
        yield result


def rate(run):
    return f"{run['samples_per_s']:.0f} ({run['threads']})" if run else "-"


def ratio(run):
    return f"{run['ratio']:.2f}" if run and "ratio" in run else "-"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    results = list(summarize(folder))
    before_file = folder / "before.json"
    before = json.loads(before_file.read_text()) if before_file.exists() else {}
    reports = sorted(folder.glob("*.mixnn.*.json"))
    if not reports:
        sys.exit(f"{folder}: no run of mixnn")
    facts = json.loads(reports[0].read_text())["machine"]
    torch = next((json.loads(path.read_text())["torch"] for path in
                  sorted(folder.glob("*.default.*.json"))), "-")
    busy = before.get("busy_processors_before")
    print(f"{facts['cpu']}, {facts['cores']} cores; {facts['blas_version']}, {facts['blas_core']}; "
          f"build {facts['build']}; PyTorch {torch}"
          + (f"; processors busy before: {busy:g}" if busy is not None else ""))
    print("\nTraining, samples a second: medians of all epochs but the first of a run, each at its "
          "best number of threads (in brackets);\nratio: of mixnn's to PyTorch's. Aim: at least 1 "
          "against the default layout.\n")
    rows = []
    for r in results:
        default, last = r["default"], r.get("channels-last")
        met = None if ratio(default) == "-" else default["ratio"] >= 1
        r["met"] = met
        rows.append([r["model"], str(r["batch_size"]), rate(r["mixnn"]), rate(default),
                     ratio(default), {None: "-", True: "met", False: "MISSED"}[met], rate(last),
                     ratio(last)])
    print(cr.table(["model", "batch", "mixnn", "PyTorch", "ratio", ">= 1", "channels-last",
                    "ratio"], rows))
    decided = [r for r in results if r["met"] is not None]
    missed = [r["model"] for r in decided if not r["met"]]
    print(f"\n{len(decided) - len(missed)} of {len(results)} met" +
          (f"; missed: {', '.join(missed)}" if missed else ""))
    (folder / "against_torch.json").write_text(json.dumps(
        {"machine": facts, "torch": torch, **before, "models": results}, indent=2) + "\n")
    print(f"written: {folder}/against_torch.json")
    sys.exit(0 if len(decided) == len(results) else 1)


if __name__ == "__main__":
    main()
