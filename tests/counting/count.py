#!/usr/bin/env python3
"""How many checks of a suite passed, failed and were skipped, by what its tool has written.

usage: count.py ctest JUNIT_FILE EXIT_CODE
       count.py lines OUTPUT_FILE EXIT_CODE
Prints three numbers, and under them what failed, each with the end of what it said. `ctest`: what
`ctest --output-junit` wrote; a test that could not be started has failed; what a test that passed
says to have skipped within it is counted beside it. A test FOLDER/<i>of<n> of ctest is a process
that ran many tests of GoogleTest: these are counted, by GoogleTest's report on them in
FOLDER/<i>of<n>.xml beside JUNIT_FILE. There is none if it crashed, or ended too early: then those
are counted that it said to have ended, and the one that was running has failed. `lines`: a script
that prints a line `ok: ...`, `FAILED: ...` or `skipped: ...` for each check. A suite whose exit
code is not 0, or that has checked nothing, has failed at least once.
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

LAST_LINES = 15  # of a failed test, that are shown
SKIPPED = 77  # the exit code of a script that skips all
SKIPPED_WITHIN = re.compile(r"^(?:skipped: |\[  SKIPPED \] \S+ \()", re.MULTILINE)
TOGETHER = re.compile(r"\w+/\d+of\d+")  # a process with many tests
# What GoogleTest says of each of them, and first of all.
BEGUN = re.compile(r"\[ RUN      \] (\S+)$", re.MULTILINE)
ENDED = re.compile(r"\[ +(OK|FAILED|SKIPPED) +\] (\S+?)(?:, where .*)? \(\d+ ms\)$", re.MULTILINE)
MANY = re.compile(r"^\[=+\] Running (\d+) tests? from", re.MULTILINE)
OUTCOMES = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}

# One check: its outcome, its name and what it said.
Check = collections.namedtuple("Check", "outcome name said", defaults=("", ""))


def of_ctest(file):
    for case in xml.parse(file).iter("testcase"):
        name, status = case.get("name", "?"), case.get("status")
        said = case.findtext("system-out") or ""
        if TOGETHER.fullmatch(name) and status in ("run", "fail"):
            yield from of_gtest(name, status == "run", said, file.parent / f"{name}.xml")
            continue
        why = case.find("skipped")
        told = "" if why is None else why.get("message", "")
        if status == "run":
            yield Check("passed", name)
            yield from (Check("skipped") for _ in SKIPPED_WITHIN.findall(said))
        elif status == "disabled" or (status == "notrun" and told.startswith("SKIP_")):
            yield Check("skipped", name)
        else:
            yield Check("failed", name, said)


def of_gtest(process, well, said, report):
    """Of a process with many tests: `well` if ctest says so."""
    try:
        found = [of_test(process, test) for test in xml.parse(report).iter("testcase")]
    except (OSError, xml.ParseError):
        found = list(of_cut_short(process, said))
    yield from found
    if not found or not (well or any(check.outcome == "failed" for check in found)):
        yield Check("failed", f"{process}, though no test in it has", said)


def of_test(process, test):
    name = f"{process}: {test.get('classname')}.{test.get('name')}"
    wrong = [failure.get("message", "") for failure in test.iter("failure")]
    if wrong:
        return Check("failed", name, "\n".join(wrong))
    return Check("passed" if test.get("result") == "completed" else "skipped", name)


def of_cut_short(process, said):
    ended = ENDED.findall(said)
    for outcome, name in ended:
        yield Check(OUTCOMES[outcome], f"{process}: {name}")
    begun = BEGUN.findall(said)
    running = set(begun) - {name for _, name in ended}
    where = f"{process}: {' '.join(running) or 'no test'} was running"
    many = MANY.search(said)
    behind = int(many[1]) - len(begun) if many else "all"
    yield Check("failed", f"{where} as it ended; tests that did not begin: {behind}", said)


def of_lines(file):
    words = {"ok": "passed", "FAILED": "failed", "skipped": "skipped"}
    text = file.read_text(errors="replace")
    for word, rest in re.findall(r"^(ok|FAILED|skipped): (.*)", text, re.MULTILINE):
        yield Check(words[word], rest)


def checks(kind, file):
    try:
        return list({"ctest": of_ctest, "lines": of_lines}[kind](pathlib.Path(file)))
    except (OSError, xml.ParseError) as error:
        return [Check("failed", f"nothing to count: {error}")]


def failures(kind, file):
    return list(lines_of_failures(kind, file))


def lines_of_failures(kind, file):
    for check in checks(kind, file):
        if check.outcome == "failed":
            yield "FAILED: " + check.name
            yield from ("    " + line for line in check.said.strip().splitlines()[-LAST_LINES:])


def count(kind, file, code):
    outcomes = collections.Counter(check.outcome for check in checks(kind, file))
    passed, failed, skipped = (outcomes[word] for word in ("passed", "failed", "skipped"))
    if kind == "lines" and code == SKIPPED and passed + failed == 0:
        return 0, 0, max(1, skipped)
    if failed == 0 and (code != 0 or passed == 0):
        failed = 1
    return passed, failed, skipped


if __name__ == "__main__":
    print(*count(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    print(*failures(sys.argv[1], sys.argv[2]), sep="\n")
