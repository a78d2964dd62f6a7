#!/usr/bin/env python3
"""Functions of src/ that no program has: neither mixnn nor a program of bench/.

usage: check_unused.py ROOT BUILD
The programs are linked with --gc-sections: a program has what it can reach. A function that the
compiler has put into its callers is in none by its name, but then its callers are in its own
source; so it counts as used if its source names it outside its definition, or gives its class to a
template. What is kept for tests on purpose is in kept_for_tests.txt, a function or a source; one
that is used, or gone, is an error.
"""

import pathlib
import re
import subprocess
import sys

from tree import Tree

KEPT = pathlib.Path("tests/architecture/kept_for_tests.txt")
PROGRAMS = ["mixnn", "baseline_epochs", "mpi_pingpong", "micro_layers", "micro_onion"]


def functions(files, kinds):
    """{name with parameters: its source, as transport/loopback.cpp} of what `files` define."""
    command = ["nm", "--demangle", "--defined-only", "--print-file-name", *map(str, files)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {}
    for line in said.splitlines():
        match = re.match(r"(.*?):[0-9a-f]+ ([a-zA-Z]) (.*)$", line)
        if match and match[2] in kinds:
            name = re.sub(r"\[abi:\w+\]| \[clone [^]]*\]", "", match[3])
            library, _, member = match[1].rpartition(":")
            folder = pathlib.Path(library).stem.removeprefix("libmixnn_")
            found.setdefault(name, f"{folder}/{member.removesuffix('.o')}")
    return found


def without_parameters(name):
    """mixnn::Plan::draw(int) const: mixnn::Plan::draw."""
    return re.match(r"(operator\(\)|[^(])*", name.replace("(anonymous namespace)", "{}"))[0]


def sources_of(tree):
    """{transport/loopback.cpp: its code without comments}; folders within a folder do not count."""
    found = {}
    for place, lines in tree.files.items():
        if place.parts[0] == "src" and place.suffix == ".cpp":
            code = [line.split("//")[0] for line in lines]
            found.setdefault(f"{place.parts[1]}/{place.name}", []).extend(code)
    return found


def named_elsewhere(name, code):
    """Whether `code` names it in other lines than those, at the margin, that define it; leaves its
    definition to the compiler; or gives its class to a template, as kind_of<ReluSpec>() does."""
    parts = without_parameters(name).split("::")
    word = r"(?<!\w)" + re.escape(parts[-1]) + r"(?!\w)"
    if len(parts) > 1 and any(f"<{parts[-2]}>" in line for line in code):
        return True
    lines = [line for line in code if re.search(word, line)]
    return any(not re.match(rf"\w[^;{{]*{word}\(", line) or "= default;" in line for line in lines)


def read_kept(tree):
    """{name: its line in the list}; each has a reason behind a #."""
    kept = {}
    for number, line in enumerate((tree.root / KEPT).read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        name, _, reason = line.partition("#")
        if not reason.strip():
            tree.violation(f"{KEPT}:{number}: {name} without a reason")
        kept[name.strip()] = number
    return kept


def main():
    tree, build = Tree(sys.argv[1]), pathlib.Path(sys.argv[2])
    archives = sorted(build.glob("libmixnn_*.a"))
    missing = [name for name in PROGRAMS if not (build / name).exists()]
    if missing or not archives:
        print(f"skipped: {build} has no {', '.join(missing) or 'libraries'}")
        sys.exit(77)
    defined = functions(archives, "Ti")
    used = functions([build / name for name in PROGRAMS], "TtWwi")
    sources = sources_of(tree)
    kept = read_kept(tree)
    linked = {place for name, place in defined.items() if name in used}
    unused = {place: place for place in set(defined.values()) - linked}
    unused |= {without_parameters(name): place for name, place in defined.items()
               if name not in used and place in linked
               and not named_elsewhere(name, sources.get(place, []))}
    for name, place in sorted(unused.items()):
        if name not in kept:
            what = "any of its functions" if name == place else name
            tree.violation(f"{place}: no program has {what}")
    for name, number in kept.items():
        if name not in unused:
            tree.violation(f"{KEPT}:{number}: {name} is gone, or a program has it")
    print(f"{len(defined)} functions, {len(kept)} kept for tests")
    tree.end("unused functions")


if __name__ == "__main__":
    main()
