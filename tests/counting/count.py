#!/usr/bin/env python3
"""How many checks of a suite passed, failed and were skipped, by what its tool has written.

usage: count.py ctest JUNIT_FILE EXIT_CODE
       count.py lines OUTPUT_FILE EXIT_CODE
Prints three numbers, and under them what failed, each with the end of what it said. `ctest`: what
`ctest --output-junit` wrote; a test that could not be started has failed; what a test that passed
says to have skipped within it is counted beside it. `lines`: a script that prints a line `ok: ...`,
`FAILED: ...` or `skipped: ...` for each check. A suite whose exit code is not 0, or that has
checked nothing, has failed at least once.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as xml

LAST_LINES = 15  # of a failed test, that are shown
SKIPPED = 77  # the exit code of a script that skips all
SKIPPED_WITHIN = re.compile(r"^(?:skipped: |\[  SKIPPED \] \S+ \()", re.MULTILINE)


def count_ctest(text):
    passed = failed = skipped = 0
    for case in xml.fromstring(text).iter("testcase"):
        status = case.get("status")
        why = case.find("skipped")
        told = "" if why is None else why.get("message", "")
        if status == "run":
            passed += 1
            skipped += len(SKIPPED_WITHIN.findall(case.findtext("system-out") or ""))
        elif status == "disabled" or (status == "notrun" and told.startswith("SKIP_")):
            skipped += 1
        else:
            failed += 1
    return passed, failed, skipped


def failed_ctest(text):
    for case in xml.fromstring(text).iter("testcase"):
        told = case.find("skipped")
        message = "" if told is None else told.get("message", "")
        if case.get("status") in ("run", "disabled") or message.startswith("SKIP_"):
            continue
        yield "FAILED: " + case.get("name", "?")
        said = (case.findtext("system-out") or "").strip().splitlines()
        yield from ("    " + line for line in said[-LAST_LINES:])


def failed_lines(text):
    return re.findall("^FAILED: .*", text, re.MULTILINE)


def failures(kind, file):
    try:
        text = pathlib.Path(file).read_text(errors="replace")
        return list({"ctest": failed_ctest, "lines": failed_lines}[kind](text))
    except (OSError, xml.ParseError) as error:
        return [f"FAILED: nothing to count: {error}"]


def count_lines(text):
    return tuple(len(re.findall(f"^{word}: ", text, re.MULTILINE))
                 for word in ("ok", "FAILED", "skipped"))


def count(kind, file, code):
    try:
        text = pathlib.Path(file).read_text(errors="replace")
        passed, failed, skipped = {"ctest": count_ctest, "lines": count_lines}[kind](text)
    except (OSError, xml.ParseError):
        return 0, 1, 0
    if kind == "lines" and code == SKIPPED and passed + failed == 0:
        return 0, 0, max(1, skipped)
    if failed == 0 and (code != 0 or passed == 0):
        failed = 1
    return passed, failed, skipped


if __name__ == "__main__":
    print(*count(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    print(*failures(sys.argv[1], sys.argv[2]), sep="\n")
