#!/usr/bin/python3
"""The table of bench/slowdown.sh from the reports in its folder: slowdown_summary.py DIR

Writes slowdown.json, slowdown.csv and epochs.csv beside them. Exits with 1 where a case has no
report at all.
"""
import csv
import json
import pathlib
import sys

import compare_report as cr

WITHIN = 1.2  # of the bound


def read_cases(folder):
    """What slowdown.sh set out to measure: name, model, batch, ranks, backend, limit, goal."""
    for line in (folder / "cases").read_text().splitlines():
        name, model, batch, ranks, backend, limit, goal = line.split()
        yield {"name": name, "model": model, "batch_size": int(batch), "ranks": int(ranks),
               "backend": backend,
               "train_samples": int(limit), "goal": float(goal)}


def in_order_of_rounds(paths):
    return sorted(paths, key=lambda path: int(path.suffixes[-2].removeprefix(".round")))


def peak_of_a_node(folder, name):
    """MiB of the largest rank besides the owner at its largest: (own, shared). None without
    samples."""
    peaks = [(own + shared, own, shared) for path in folder.glob(f"{name}.round*.memory.csv")
             for rank, samples in cr.read_memory(path).items() if rank != 0
             for _, own, shared in samples]
    return tuple(kib / 1024 for kib in max(peaks)[1:]) if peaks else None


def pytorch_walls(folder, name):
    """By threads and OpenMP's way to wait, the walls of all rounds; a run's first epoch warms up
    and is left out."""
    walls = {}
    for path in folder.glob(f"torch-{name}.*.round*.json"):
        _, threads, wait, _, _ = path.name.rsplit(".", 4)
        walls.setdefault(f"{threads} threads, {wait}",
                         []).extend(json.loads(path.read_text())["walls_s"][1:])
    return {how: values for how, values in walls.items() if values}


def summarize(folder, case, busy_before, change_s):
    paths = in_order_of_rounds(path for path in folder.glob(f"{case['name']}.round*.json"))
    reports = [cr.read_report(path) for path in paths]
    if not reports:
        return None, []
    c = cr.Comparison(reports)
    changes = cr.changes_slowdown(reports, change_s, c.baseline_s)
    memory = peak_of_a_node(folder, case["name"])
    torch = pytorch_walls(folder, case["name"])
    best = min(torch, key=lambda how: cr.quartiles(torch[how])[1]) if torch else None
    result = dict(case, rounds=len(reports), epochs=len(c.mixnn), threads_of_baseline=c.threads,
                  baseline_s=c.baseline_s,
                  mixnn_s=c.mixnn_s, slowdown=c.slowdown, ratio_quartiles=c.spread, plain=c.plain,
                  strict=c.strict,
                  met=c.slowdown <= case["goal"], bound=c.bound,
                  over_bound=c.slowdown / c.bound if c.bound else None,
                  within_bound=c.slowdown <= WITHIN * c.bound if c.bound else None,
                  cells_per_epoch=cr.cells_per_epoch(reports), process_change_s=change_s,
                  bound_with_changes=c.bound + changes if c.bound and changes else None,
                  left_out=[{"round": r, "epoch": e, "wall_s": wall} for r, e, wall in c.left_out],
                  left_out_above_s=c.limit, doubts=cr.doubts(c, busy_before),
                  bit_identical=c.bit_identical,
                  node_memory_mib={"own": memory[0], "shared": memory[1]} if memory else None,
                  peak_resident_mib_of_the_report=c.memory_mib,
                  activity_percent=dict(c.activity),
                  pytorch_s={how: cr.quartiles(values)[1] for how, values in torch.items()},
                  pytorch_best=best)
    return result, reports


def verdict(met):
    return "-" if met is None else "met" if met else "MISSED"


def main_table(results):
    rows = []
    for r in results:
        spread = r["ratio_quartiles"]
        rows.append([r["name"], f"{r['baseline_s']:.3f} "
                                f"({'/'.join(map(str, r['threads_of_baseline']))})",
                     f"{r['mixnn_s']:.3f}", cr.number(r["slowdown"]),
                     f"{spread[0]:.2f} .. {spread[2]:.2f}" if spread else "-",
                     cr.number(r["strict"]),
                     cr.number(r["plain"]), f"<= {r['goal']:g}", verdict(r["met"]),
                     cr.number(r["bound"]),
                     cr.number(r["over_bound"]), verdict(r["within_bound"])])
    return cr.table(["case", "baseline s (threads)", "mixnn s", "slowdown", "quartiles", "strict",
                     "plain", "goal", "", "bound",
                     "over bound", "<= 1.2"], rows)


def print_rest(results):
    for r in results:
        if r["left_out"]:
            which = ", ".join(f"round {x['round']} epoch {x['epoch']} ({x['wall_s']:.3f} s)"
                              for x in r["left_out"])
            print(f"{r['name']}: baseline epochs left out, slower than {cr.SLOW_MODE:g} x its "
                  "lower quartile "
                  f"(above {r['left_out_above_s']:.3f} s): {which}")
        for doubt in r["doubts"]:
            print(f"{r['name']}: may flatter: {doubt}")
        if not r["bit_identical"]:
            print(f"{r['name']}: *** parameters are NOT those of the reference")
    changed = [r for r in results if r["bound_with_changes"]]
    if changed:
        print("\nThe bound counts work alone. With a change from rank to rank for each cell on "
              "its way, at "
              f"{1e6 * changed[0]['process_change_s']:.1f} us on a core shared by eight\n(mixnn "
              "plan), it would be:")
    for r in changed:
        print(f"  {r['name']}: {cr.number(r['bound_with_changes'])}, {r['cells_per_epoch']:.0f} "
              "changes an epoch; "
              f"measured {cr.number(r['slowdown'])}, over it "
              f"{cr.number(r['slowdown'] / r['bound_with_changes'])}")
    print("\nMemory of a node (the largest rank besides the owner, at its largest, as sampled; its "
          "peak by the report), MiB:")
    for r in results:
        memory, peak = r["node_memory_mib"], r["peak_resident_mib_of_the_report"]
        sampled = "-"
        if memory:
            sampled = f"{memory['own']:.0f} of its own, {memory['shared']:.0f} of shared cells"
        print(f"  {r['name']}: {sampled}; {cr.number(peak, 0)}")
    if any(r["activity_percent"] for r in results):
        print("\nProcessor time of all ranks by activity:")
        for r in results:
            print(f"  {r['name']}: " + (", ".join(f"{what} {share:.0f} %"
                                                  for what, share in r["activity_percent"].items())
                                        or "-"))
    for r in results:
        if r["pytorch_best"]:
            best = r["pytorch_s"][r["pytorch_best"]]
            print(f"\nPlain PyTorch beside {r['name']}, median seconds an epoch: " +
                  "; ".join(f"{how}: {wall:.3f}" for how, wall in sorted(r["pytorch_s"].items())))
            print(f"Goal: MixNN at least as fast as PyTorch's best: {r['mixnn_s']:.3f} against "
                  f"{best:.3f} s, "
                  f"{verdict(r['mixnn_s'] <= best)}")


def write_files(folder, facts, results, reports):
    (folder / "slowdown.json").write_text(json.dumps({"machine": facts, "cases": results},
                                                     indent=2) + "\n")
    flat = [key for key, value in results[0].items() if not isinstance(value, (dict, list, tuple))]
    machine = {f"machine_{key}": value for key, value in facts.items()}
    with open(folder / "slowdown.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, [*flat, *machine], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(dict(result, **machine) for result in results)
    with open(folder / "epochs.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "round", "epoch", "who", "wall_s", "left_out"])
        for result in results:
            left_out = {(x["round"], x["epoch"]) for x in result["left_out"]}
            for number, report in enumerate(reports[result["name"]], 1):
                for who in ("baseline", "reference", "mixnn"):
                    for epoch, wall in enumerate(cr.walls(report, who), 1):
                        gone = who == "baseline" and (number, epoch) in left_out
                        writer.writerow([result["name"], number, epoch, who, wall,
                                         "yes" if gone else "no"])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    results, reports, missing = [], {}, []
    before_file = folder / "before.json"
    before = json.loads(before_file.read_text()) if before_file.exists() else {}
    plan_file = folder / "plan.json"
    change_s = None
    if plan_file.exists():
        change_s = json.loads(plan_file.read_text())["costs"]["process_change_s"]
    for case in read_cases(folder):
        result, found = summarize(folder, case, before.get("busy_processors_before"), change_s)
        if result is None:
            missing.append(case["name"])
            continue
        results.append(result)
        reports[case["name"]] = found
    for result in results:
        chosen = {tuple(r["threads_of_baseline"]) for r in results
                  if (r["model"], r["batch_size"]) == (result["model"], result["batch_size"])}
        if len(chosen) > 1:
            result["doubts"].append("cases of one model and batch found different thread counts "
                                    "the fastest")
    if not results:
        sys.exit(f"{folder}: no case has a report")
    first = reports[results[0]["name"]][0]
    facts = cr.machine_facts(first, before)
    warning = cr.build_warning(first)
    if warning:
        print(warning)
    print(cr.machine_text(facts))
    print("\nSeconds an epoch, medians; slowdown is MixNN over the baseline's healthy epochs, with "
          "the quartiles of the ratios\n"
          "epoch by epoch; strict: over the baseline's lower quartile; plain: over all its "
          "epochs.\n")
    print(main_table(results))
    print()
    print_rest(results)
    for name in missing:
        print(f"{name}: FAILED, no report")
    write_files(folder, facts, results, reports)
    print(f"\nwritten: {folder}/slowdown.json, slowdown.csv, epochs.csv")
    if warning:
        print(warning)
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    try:
        main()
    except cr.BadReport as error:
        sys.exit(f"slowdown_summary: {error}")
