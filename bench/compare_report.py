"""What the scripts of this folder share: reports of `mixnn compare` read, walls summarized, the
machine described.

Python's standard library alone.
"""
import csv
import json
import os
import pathlib
import platform
import statistics

# A baseline epoch this much slower than the lower quartile ran in the slow mode of its machine: a
# two-thread product that has lost one of its cores takes twice as long, and ordinary noise stays
# well below this.
SLOW_MODE = 1.4


class BadReport(Exception):
    pass


def read_report(path):
    """The report of one `mixnn compare` or `mixnn train`, with at least the walls of MixNN's
    epochs."""
    try:
        report = json.loads(pathlib.Path(path).read_text())
    except (OSError, ValueError) as error:
        raise BadReport(f"{path}: {error}") from error
    if not isinstance(report, dict) or not walls(report, "mixnn"):
        raise BadReport(f"{path}: is no report of mixnn")
    return report


def walls(report, who):
    return list(report.get(who, {}).get("epoch_walls_s") or [])


def quartiles(values):
    """(lower, median, upper), with every value counted in; of one value, that value three times."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def healthy(baseline_walls):
    """(the walls that are not of the slow mode, the limit above which the others lie)"""
    limit = SLOW_MODE * quartiles(baseline_walls)[0]
    return [wall for wall in baseline_walls if wall <= limit], limit


class Comparison:
    """One configuration, measured by one or more reports.

    plain      median of MixNN's epoch walls over that of all the baseline's: what `mixnn compare`
               prints
    slowdown   the same over the baseline's healthy epochs alone: never smaller than what a slow
               mode would flatter
    strict     MixNN's median over the lower quartile of the baseline's healthy epochs
    ratios     epoch by epoch, MixNN's wall over the baseline's beside it, where that one is healthy
    left_out   (report, epoch, wall): baseline epochs in the slow mode; MixNN's epochs all count
    """

    def __init__(self, reports):
        base = [(r, e, wall) for r, report in enumerate(reports)
                for e, wall in enumerate(walls(report, "baseline"))]
        ours = {(r, e): wall for r, report in enumerate(reports)
                for e, wall in enumerate(walls(report, "mixnn"))}
        if not base or not ours:
            raise BadReport("no epochs of baseline and mixnn to compare")
        self.baseline, self.limit = healthy([wall for _, _, wall in base])
        self.left_out = [(r + 1, e + 1, wall) for r, e, wall in base if wall > self.limit]
        self.mixnn = list(ours.values())
        self.mixnn_s = statistics.median(self.mixnn)
        self.baseline_s = statistics.median(self.baseline)
        self.plain = self.mixnn_s / statistics.median([wall for _, _, wall in base])
        self.slowdown = self.mixnn_s / self.baseline_s
        self.strict = self.mixnn_s / quartiles(self.baseline)[0]
        self.ratios = [ours[r, e] / wall for r, e, wall in base if wall <= self.limit
                       and (r, e) in ours]
        self.spread = quartiles(self.ratios) if self.ratios else None
        self.bound = bound_slowdown(reports, self.baseline_s)
        self.memory_mib = report_memory_mib(reports)
        self.activity = activity_shares(reports)
        self.bit_identical = all(report.get("bit_identical") is True for report in reports)
        self.reference_s = statistics.median([wall for report in reports
                                              for wall in walls(report, "reference")] or [0])
        self.threads = sorted({report["baseline"].get("threads") for report in reports})


def doubts(comparison, busy_before):
    """Why a ratio may flatter although no single epoch shows it: the whole measurement ran in bad
    company."""
    found = []
    threads = max((count or 1 for count in comparison.threads), default=1)
    if len(comparison.threads) > 1:
        found.append(f"its rounds found different thread counts the fastest: {comparison.threads}")
    if threads > 1 and 0 < comparison.reference_s < 1.3 * comparison.baseline_s:
        found.append(f"the baseline's {threads} threads are hardly faster than the reference's one "
                     f"({comparison.baseline_s:.3f} and {comparison.reference_s:.3f} s): they did "
                     "not have their cores")
    if busy_before is not None and busy_before > 0.2:
        found.append(f"other work was running: {busy_before:g} processors were busy before it "
                     "began")
    return found


def bound_slowdown(reports, baseline_s):
    """The work of an epoch on all cores, none of them ever idle, over the healthy baseline. None
    where no report has it."""
    work = []
    for report in reports:
        bound = report.get("bound") or {}
        if bound.get("work_s_per_epoch") and bound.get("cores"):
            work.append(bound["work_s_per_epoch"] / bound["cores"])
    return statistics.median(work) / baseline_s if work else None


def cells_per_epoch(reports):
    """Cells from rank to rank, all that a run sent over its epochs. None where no report says
    it."""
    cells = [report["mixnn"]["cells"] / len(walls(report, "mixnn")) for report in reports
             if report["mixnn"].get("cells")]
    return statistics.median(cells) if cells else None


def changes_slowdown(reports, change_s, baseline_s):
    """What is added to the bound where each cell on its way is a change from process to process,
    over all cores. None where each rank has a core of its own, or a report or the cost is
    missing."""
    report, cells = reports[0], cells_per_epoch(reports)
    cores = (report.get("bound") or {}).get("cores")
    if not change_s or not cells or not cores or report.get("ranks", 0) <= cores:
        return None
    return cells * change_s / cores / baseline_s


def report_memory_mib(reports):
    """The most that a rank besides the owner held by its own count, in MiB; None where no report
    says it."""
    peaks = [row.get("memory", {}).get("peak_resident", 0) for report in reports
             for row in report["mixnn"].get("activity") or [] if row.get("role") != "owner"]
    return max(peaks) / 2**20 if any(peaks) else None


def activity_shares(reports):
    """What the ranks' processor time went to, in percent, the largest first; empty where no report
    says it."""
    seconds = {}
    for report in reports:
        spent = report["mixnn"].get("cpu_s")
        for what, value in (spent if isinstance(spent, dict) else {}).items():
            seconds[what] = seconds.get(what, 0) + value
    total = sum(seconds.values())
    return sorted(((what, 100 * value / total) for what, value in seconds.items() if value > 0),
                  key=lambda pair: -pair[1])


def read_memory(path):
    """Samples of ranks_memory.py, by rank: [(seconds, own KiB, shared KiB)]; empty where there are
    none."""
    samples = {}
    if pathlib.Path(path).exists():
        with open(path, newline="") as file:
            for row in csv.DictReader(file):
                samples.setdefault(int(row["rank"]), []).append(
                    (float(row["seconds"]), int(row["own_kib"]), int(row["shared_kib"])))
    return samples


def machine_facts(report, before=None):
    """The report's own description of the machine, and of the moment: kernel, processors, load.
    `before`: what machine_before.py found before the measurement, which itself is a load."""
    facts = dict(report.get("machine", {}), **(before or {}))
    facts["kernel"] = platform.release()
    facts["nproc"] = len(os.sched_getaffinity(0))
    facts["load_average"] = [round(load, 2) for load in os.getloadavg()]
    return facts


def machine_text(facts):
    forced = ""
    if "openblas_coretype" in facts:
        forced = f" (OPENBLAS_CORETYPE={facts['openblas_coretype']})"
    return "\n".join([
        f"machine  {facts.get('cpu', 'unknown CPU')}, {facts['nproc']} processors usable, Linux "
        f"{facts['kernel']}",
        f"         {facts.get('blas_version', 'BLAS unknown')}, "
        f"{facts.get('blas_core', 'unknown')} kernels{forced}; "
        f"{facts.get('libsodium', '')}; {facts.get('mpi', '')}",
        "load     " + (f"{' '.join(map(str, facts['load_average_before']))} before, with "
                       f"{facts['busy_processors_before']:g} processors busy; then "
                       if "load_average_before" in facts else "") +
        " ".join(map(str, facts["load_average"])) + " (1, 5, 15 minutes)",
    ])


def build_warning(report):
    build = report.get("machine", {}).get("build", "unknown")
    if build == "release":
        return ""
    return (f"*** WARNING: mixnn was built {build}: these times say nothing about it. "
            "Build with -DCMAKE_BUILD_TYPE=Release.")


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def table(head, rows):
    """A table in Markdown, its columns padded to be read as they are."""
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    lines = ["| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |"
             for row in [head, *rows]]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)
