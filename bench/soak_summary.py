#!/usr/bin/python3
"""Judges a run of bench/soak.sh: soak_summary.py DIR TOLERANCE_KIB SHARED_TOLERANCE_KIB. Exits with
1 where it failed. With a reference.json in DIR, the job has lost cells on purpose."""
import json
import pathlib
import statistics
import sys

import compare_report as cr


def windows(end):
    """(first, last): the spans whose medians are compared, in seconds. One minute each, after a
    minute of warm-up; a tenth of the run where that is shorter."""
    minute = min(60.0, end / 10)
    return (minute, 2 * minute), (end - minute, end)


def median_in(samples, span, column):
    values = [sample[column] for sample in samples if span[0] <= sample[0] <= span[1]]
    return statistics.median(values) if values else None


def growth(samples):
    """By rank (own at first, own growth, shared at first, shared growth), in KiB; None for a rank
    without samples in both spans."""
    end = max(sample[0] for rank in samples.values() for sample in rank)
    first, last = windows(end)
    result = {}
    for rank, values in sorted(samples.items()):
        own = median_in(values, first, 1), median_in(values, last, 1)
        shared = median_in(values, first, 2), median_in(values, last, 2)
        result[rank] = None if None in own + shared else (own[0], own[1] - own[0], shared[0],
                                                          shared[1] - shared[0])
    return result


# In rounds nodes take part in some exchanges behind their last report; what they send in these is
# counted, and what they take is not. Three, and three more where all go back meanwhile.
UNREPORTED_EXCHANGES = 6


def unreported(report):
    """The slots that all nodes take in one exchange; nothing of onions."""
    if report.get("traffic") != "rounds":
        return 0
    return (report["ranks"] - 1) ** 2 * (report["hops"] + 1)


def cell_problems(report):
    """What is wrong with the cells that all ranks counted: every cell that was sent came in
    somewhere and was forwarded, delivered or rejected."""
    counted = report["mixnn"]
    keys = ("cells", "cells_forwarded", "cells_delivered", "cells_rejected")
    if any(key not in counted for key in keys):
        return ["the report does not count cells"]
    sent, forwarded, delivered, rejected = (counted[key] for key in keys)
    problems = []
    if rejected:
        problems.append(f"{rejected} cells were rejected")
    behind, slots = sent - forwarded - delivered - rejected, unreported(report)
    if behind < 0 or behind > UNREPORTED_EXCHANGES * slots or (slots and behind % slots):
        problems.append(f"{sent} cells were sent, but {forwarded + delivered + rejected} "
                        "forwarded, delivered or rejected")
    return problems


def read_faults(log):
    """What all ranks did to cells, by kind, from what they said at their end; and how many said."""
    said = [json.loads(line.partition("losses ")[2]) for line in log.splitlines()
            if line.startswith('losses {"')]
    return {key: sum(one[key] for one in said) for key in (said[0] if said else ())}, len(said)


def injected(faults):
    return sum(count for kind, count in faults.items() if kind != "sent")


def came_late(report, faults):
    """The cells that were rejected though nobody had done anything to them: on a busy machine a
    rank can be later than others are patient. All go back for each, so it is not lost."""
    return max(0, report["mixnn"]["cells_rejected"] - faults["doubled"] - faults["misnamed"])


def loss_problems(report, faults, told, reference):
    """Where cells were lost on purpose: whether no more was rejected or lost, and the bits are
    those of one process."""
    if told != report["ranks"]:
        return [f"{told} of {report['ranks']} ranks said what they did to cells"]
    counted = report["mixnn"]
    problems = [f"no cell was {kind}" for kind in ("dropped", "doubled", "delayed", "altered")
                if not faults[kind]]
    if not counted["rewinds"]:
        problems.append("all never went back")
    late = came_late(report, faults)
    if late > injected(faults) / 10:
        problems.append(f"{late} more cells were rejected than came twice or with another name")
    lost = counted["cells"] - counted["cells_forwarded"] - counted["cells_delivered"]
    most = faults["dropped"] + faults["misnamed"] + late
    if lost > most + UNREPORTED_EXCHANGES * unreported(report):
        problems.append(f"{lost} cells did not come, and {most} were dropped, misnamed or "
                        "late")
    if counted["parameters_sha256"] != reference["baseline"]["parameters_sha256"]:
        problems.append("the parameters are not those of one process")
    return problems


def print_losses(report, faults):
    counted = report["mixnn"]
    print(f"losses   {faults['dropped']} cells dropped, {faults['doubled']} doubled, "
          f"{faults['delayed']} delayed, {faults['altered']} altered, {faults['misnamed']} misnamed"
          f" of {faults['sent']}; {came_late(report, faults)} came too late by themselves")
    print(f"rewinds  {counted['rewinds']}, for {counted['bad_slots']} bad slots; parameters "
          f"{counted['parameters_sha256'][:16]}")


def batches(report):
    return report["epochs"] * -(-report["train_samples"] // report["batch_size"])


def print_run(report, samples):
    walls = cr.walls(report, "mixnn")
    tenth = max(1, len(walls) // 10)
    counted = report["mixnn"]
    print(cr.machine_text(cr.machine_facts(report)))
    print(f"run      {report['model']}, {report['ranks']} ranks, {report['hops']} hops: "
          f"{report['epochs']} epochs, "
          f"{batches(report)} batches of {report['batch_size']}")
    print(f"walls    median epoch {statistics.median(walls[:tenth]):.3f} s in the first tenth, "
          f"{statistics.median(walls[-tenth:]):.3f} s in the last")
    print(f"cells    {counted.get('cells')} sent = {counted.get('cells_forwarded')} forwarded + "
          f"{counted.get('cells_delivered')} delivered + {counted.get('cells_rejected')} rejected"
          + (" + the last exchanges" if unreported(report) else ""))
    end = max(sample[0] for rank in samples.values() for sample in rank)
    first, last = windows(end)
    print(f"memory   medians of {first[0]:.0f} .. {first[1]:.0f} s and {last[0]:.0f} .. "
          f"{last[1]:.0f} s\n")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    tolerance, shared_tolerance = int(sys.argv[2]), int(sys.argv[3])
    report = cr.read_report(folder / "report.json")
    samples = cr.read_memory(folder / "memory.csv")
    if not samples:
        sys.exit(f"{folder}: no memory was sampled")
    print_run(report, samples)
    faults = {}
    if (folder / "reference.json").exists():
        faults, told = read_faults((folder / "log.txt").read_text())
        problems = loss_problems(report, faults, told,
                                 json.loads((folder / "reference.json").read_text()))
        if faults:
            print_losses(report, faults)
    else:
        problems = cell_problems(report)
    if len(samples) != report["ranks"]:
        problems.append(f"{len(samples)} of {report['ranks']} ranks were sampled")
    rows = []
    for rank, grown in growth(samples).items():
        if grown is None:
            problems.append(f"rank {rank} has too few samples")
            continue
        rows.append([rank, f"{grown[0]:.0f}", f"{grown[1]:+.0f}", f"{grown[2]:.0f}",
                     f"{grown[3]:+.0f}"])
        if grown[1] > tolerance:
            problems.append(f"rank {rank}'s own memory grew by {grown[1]:.0f} KiB; the tolerance "
                            f"is {tolerance}")
        if grown[3] > shared_tolerance:
            problems.append(f"rank {rank}'s view of shared cells grew by {grown[3]:.0f} KiB; the "
                            f"tolerance is {shared_tolerance}")
    print(cr.table(["rank", "own KiB", "growth", "shared KiB", "growth"], rows))
    for problem in problems:
        print(f"FAILED: {problem}")
    if not problems:
        print(f"\npassed: no rank grew by more than {tolerance} KiB of its own or "
              f"{shared_tolerance} KiB shared, no cell was lost"
              + (" that was not to be" if faults else ""))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    try:
        main()
    except cr.BadReport as error:
        sys.exit(f"soak_summary: {error}")
