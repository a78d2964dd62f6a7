#!/usr/bin/env python3
"""Functions of src/ that no program has: neither mixnn nor a program of bench/.

usage: check_unused.py ROOT BUILD
The programs are linked with --gc-sections: a program has what it can reach. A function that the
compiler has put into its callers is in none by its name, but then its callers are in its own
object; so it counts as used if its source names it outside its definition, or gives its class to a
template. An object of several sources (CMAKE_UNITY_BUILD) has that of whose definition the function
is; then the others that know its header, and headers, may name it too. What is kept for tests on
purpose is in kept_for_tests.txt, a function or a source; one that is used, or gone, is an error.
"""

import pathlib
import re
import subprocess
import sys

from tree import Tree

KEPT = pathlib.Path("tests/architecture/kept_for_tests.txt")
PROGRAMS = ["mixnn", "baseline_epochs", "mpi_pingpong", "micro_layers", "micro_onion"]


def functions(files, kinds):
    """{name with parameters: (folder, object), as (transport, loopback.cpp)} of what `files`
    define."""
    command = ["nm", "--demangle", "--defined-only", "--print-file-name", *map(str, files)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {}
    for line in said.splitlines():
        match = re.match(r"(.*?):[0-9a-f]+ ([a-zA-Z]) (.*)$", line)
        if match and match[2] in kinds:
            name = re.sub(r"\[abi:\w+\]| \[clone [^]]*\]", "", match[3])
            library, _, member = match[1].rpartition(":")
            folder = pathlib.Path(library).stem.removeprefix("libmixnn_")
            found.setdefault(name, (folder, member.removesuffix(".o")))
    return found


def without_parameters(name):
    """mixnn::Plan::draw(int) const: mixnn::Plan::draw."""
    return re.match(r"(operator\(\)|[^(])*", name.replace("(anonymous namespace)", "{}"))[0]


class Sources:
    """The code below src/, without comments: of sources, as transport/loopback.cpp (folders within
    a folder do not count), and of headers, as they are included."""

    def __init__(self, tree):
        self.code, self.headers = {}, {}
        self.header_of = {}
        for path, lines in tree.files.items():
            code = [line.split("//")[0] for line in lines]
            if path.parts[0] == "src" and path.suffix == ".cpp":
                place = f"{path.parts[1]}/{path.name}"
                self.code[place] = code
                self.header_of[place] = "/".join(("mixnn", *path.with_suffix(".hpp").parts[1:]))
            elif path.parts[0] == "include":
                self.headers["/".join(path.parts[1:])] = code
            elif path.parts[0] == "src" and path.suffix == ".hpp":
                self.headers[path.name] = code
        self.known = {}

    def knows(self, code, headers):
        """Whether `code` includes one of these, by others too."""
        return any(name in headers or headers & self.included(name) for name in includes(code))

    def included(self, header):
        if header not in self.known:
            self.known[header] = set()  # for a circle
            for name in includes(self.headers.get(header, [])):
                self.known[header] |= {name} | self.included(name)
        return self.known[header]

    def of_object(self, folder, member, build):
        """The sources in it: one, or those that CMake has joined."""
        unity = build / "CMakeFiles" / f"mixnn_{folder}.dir" / "Unity" / member
        if not unity.exists():
            return [f"{folder}/{member}"]
        joined = re.findall(r'#include "(?:[^"]*/)?([^"/]+)"', unity.read_text())
        return [f"{folder}/{name}" for name in joined]

    def own_header(self, place):
        header = self.header_of.get(place, "")
        return header if header in self.headers else header.rpartition("/")[2]

    def of_definition(self, name, places):
        """Which of these sources defines it; of several, the one whose header names it."""
        parts = without_parameters(name).split("::")
        by_header = sorted(places, key=lambda place: not any(
            parts[-1] in line for line in self.headers.get(self.own_header(place), [])))
        for word in ("::".join(parts[-2:]), parts[-1]):
            start = rf"(?:\w[^;{{]*)?(?<![\w:])(?:\w+::)*{re.escape(word)}\("
            for place in by_header:
                if any(re.match(start, line) for line in self.code.get(place, [])):
                    return place
        return places[0]

    def named_outside(self, name, place, places, by_its_header=True):
        """Whether what the compiler may have put it into, as it joined these sources, names it:
        another of them, or a header. Each has to know where it is declared: its source's header, or
        if that does not name it, any that does."""
        if len(places) == 1:
            return False
        word = word_of(name)
        own = self.own_header(place)
        names = [header for header, code in self.headers.items()
                 if any(re.search(word, line) for line in code)]
        declaring = {own} if own in names else set(names)
        code = {other: self.code.get(other, []) for other in places if other != place}
        code |= {header: lines for header, lines in self.headers.items()
                 if header != own or by_its_header}
        return any((of in declaring or self.knows(lines, declaring)) and calls(name, lines)
                   for of, lines in code.items())


def includes(code):
    return [match[1] for line in code if (match := re.match(r'#include "([^"]+)"', line))]


def named_elsewhere(name, code):
    """Whether `code` names it in other lines than those, at the margin, that define it; leaves its
    definition to the compiler; or gives its class to a template, as kind_of<ReluSpec>() does."""
    parts = without_parameters(name).split("::")
    word = r"(?<!\w)" + re.escape(parts[-1]) + r"(?!\w)"
    if len(parts) > 1 and any(f"<{parts[-2]}>" in line for line in code):
        return True
    lines = [line for line in code if re.search(word, line)]
    return any(not re.match(rf"\w[^;{{]*{word}\(", line) or "= default;" in line for line in lines)


def word_of(name):
    """The pattern of what whoever uses it writes; of an operator, of its class."""
    parts = without_parameters(name).split("::")
    word = parts[-2] if parts[-1].startswith("operator") and len(parts) > 1 else parts[-1]
    return r"(?<!\w)" + re.escape(word) + r"(?!\w)"


def calls(name, code):
    """Whether `code` names it in other lines than declarations, which have a type before it."""
    word = word_of(name)
    declares = rf"\s*(?!return\b|throw\b|else\b|case\b|co_)[\w:\[\]][\w:<>,&*\[\] ]*[ &*]{word}\("
    declares += rf"|\s*(?:class|struct) {word}"
    return any(re.search(word, line) and not re.match(declares, line) for line in code)


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
    used = set(functions([build / name for name in PROGRAMS], "TtWwi"))
    sources = Sources(tree)
    kept = read_kept(tree)
    joined = {part: sources.of_object(*part, build) for part in set(defined.values())}
    places = {name: sources.of_definition(name, joined[part]) for name, part in defined.items()}
    linked = {place for name, place in places.items() if name in used or
              sources.named_outside(name, place, joined[defined[name]], by_its_header=False)}
    unused = {place: place for place in set(places.values()) - linked}
    unused |= {without_parameters(name): place for name, place in places.items()
               if name not in used and place in linked
               and not named_elsewhere(name, sources.code.get(place, []))
               and not sources.named_outside(name, place, joined[defined[name]])}
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
