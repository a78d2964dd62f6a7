#!/usr/bin/python3
"""Judges the cases of bench/rounds_product.sh: rounds_product_summary.py CASES.csv. Prints a table
and the failures. Exits with 1 if there are any."""
import collections
import csv
import sys

import compare_report as cr

WAYS = ("plain", "losses", "liar", "preempted")


def name_of(case):
    return (f"{case['way']}: {case['hops']} hops, staleness {case['staleness']}, {case['ranks']} "
            f"ranks, {case['stages']} stages, {case['type']}")


def failure_of(case):
    """Why a case has failed; nothing if it has not."""
    if case["result"] == "skipped":
        return ""
    if case["result"] != "same":
        return case["why"] or case["result"]
    if case["way"] in ("plain", "preempted") and int(case["rewinds"]):
        return f"all went back {case['rewinds']} times, though nothing was lost"
    if case["way"] != "plain" and not int(case["faults"]):
        return "nothing was done to it"
    return ""


def failures_of(cases):
    failures = [f"{name_of(case)}: {why}" for case in cases if (why := failure_of(case))]
    for way in ("losses", "liar"):
        those = [case for case in cases if case["way"] == way and case["result"] == "same"]
        if those and not any(int(case["rewinds"]) for case in those):
            failures.append(f"{way}: nobody went back in any case")
    if not any(case["result"] == "same" for case in cases):
        failures.append("nothing was compared")
    return failures


def rows_of(cases):
    """One for each way, hops and staleness."""
    groups = collections.defaultdict(list)
    for case in cases:
        groups[WAYS.index(case["way"]), case["hops"], case["staleness"]].append(case)
    for (way, hops, staleness), those in sorted(groups.items()):
        counts = collections.Counter(case["result"] for case in those)
        done = [case for case in those if case["result"] != "skipped"]
        longest = max((float(case["seconds"]) for case in done), default=0)
        yield [WAYS[way], hops, staleness, len(those), counts["same"],
               len(done) - counts["same"], counts["skipped"],
               sum(int(case["faults"]) for case in done),
               sum(int(case["rewinds"]) for case in done), f"{longest:.1f}"]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], newline="") as file:
        cases = list(csv.DictReader(file))
    print(cr.table(["way", "hops", "staleness", "cases", "same bits", "not", "skipped", "faults",
                    "rewinds", "longest s"], list(rows_of(cases))))
    skipped = collections.Counter(case["why"] for case in cases if case["result"] == "skipped")
    for why, count in sorted(skipped.items()):
        print(f"skipped: {count} cases: {why}")
    failures = failures_of(cases)
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{sum(case['result'] == 'same' for case in cases)} of {len(cases)} cases have the bits "
          f"of the reference, {sum(skipped.values())} were skipped, {len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
