#!/usr/bin/env python3
"""What documents and comments name exists: files, links, promises, commands, programs, tests.

usage: check_references.py ROOT
Markdown is read whole, of sources and scripts the comments. Pages of history may name what is gone.
"""

import io
import pathlib
import posixpath
import re
import sys
import tokenize

from tree import Tree, is_markdown, is_script, is_source, outside_fences

HISTORY = {"CHANGELOG.md", "bench/JOURNAL.md"}
PROMISES = "docs/threat-model.md"
TOPS = ("src", "include", "tests", "bench", "jobs", "docs", "models", "packaging", ".ci")

PLACEHOLDER = re.compile(r"(?:.*/)?(?:NAME|OUT|FILE|x)(?:_test)?\.\w+$")  # models/x.json
FILE = re.compile(r"(?<![\w/.$}{<*~-])((?:[\w.*-]+/)*[\w*-][\w.*-]*\.(?:cpp|hpp|sh|py|md|cmake|"
                  r"sbatch|slurm))(?![\w/(])")
FOLDER = re.compile(rf"(?<![\w/.$}}{{-])((?:{'|'.join(TOPS)})/[\w/.*-]*[\w*/])")
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
PROMISE = re.compile(r"(?<![\w-])P([1-9]|10)\b(?![-\w])")
PROMISE_DEFINED = re.compile(r"^(?:#+ |[-*] |\| *)?\**\[?P([1-9]|10)\b")
# Data that jobs/models.sh puts beside the programs is none.
PROGRAM = re.compile(r"(?<![\w-])build/(?!data/)(\w+)|`(micro_(?!batches\b)\w+)")
COMMAND = re.compile(r"build/mixnn ([a-z]+)\b|`mixnn ([a-z]+)`")
TARGET = re.compile(r"make (?:-s )?-f Makefile\.slurm ([a-z-]+)")
PRESET = re.compile(r"--preset[ =]([\w-]+)")
MADE = re.compile(r"[Ss]ave (?:it|this) as\s+`([^`]+)`")  # by the reader of a page, on its advice
TEST = re.compile(r"`([A-Z]\w+)\.([A-Z]\w+)`")
CTEST = re.compile(r"`(?:ctest -R )?(cli/\w+)`")


def comments(place, lines):
    """(number, text) of the comments of a source or a script, and of Python's docstrings."""
    if place.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
            if token.type == tokenize.COMMENT or token.string.startswith('"""'):
                for number, text in enumerate(token.string.splitlines(), token.start[0]):
                    yield number, text
        return
    begin = re.compile(r"(?:^|\s)" + ("//" if is_source(place) else "#") + "(?!!)(.*)$")
    for number, line in enumerate(lines, 1):
        if found := begin.search(line):
            yield number, found[1]


class References:
    def __init__(self, tree):
        self.tree = tree
        self.names = {place.name.removesuffix(".in") for place in tree.files}
        self.names |= {path.name for path in (tree.root / "bench/results").rglob("*")}
        self.made = {place: set(MADE.findall("\n".join(lines)))
                     for place, lines in tree.files.items() if is_markdown(place)}
        self.code = {place: "\n".join(lines) for place, lines in tree.files.items()}
        cmake = "\n".join(text for place, text in self.code.items()
                          if place.name == "CMakeLists.txt")
        self.programs = set(re.findall(r"(?:add_executable|mixnn_mpi_test)\((\w+)", cmake))
        for loop in re.findall(r"foreach\(name ([^)]*)\)", cmake):
            self.programs |= set(loop.split())
        self.programs |= {f"{place.parts[1]}_test" for place in tree.files
                          if place.parts[0] == "tests" and place.name.endswith("_test.cpp")}
        self.tests = set(re.findall(r"\bTEST(?:_[FP])?\((\w+),\s*(\w+)\)", "\n".join(
            text for place, text in self.code.items() if place.suffix == ".cpp")))
        parsed = "\n".join(text for place, text in self.code.items()
                           if place.is_relative_to("src/app"))
        self.commands = set(re.findall(r"Command(?:Row\{Command::k\w+, |\{)\"([a-z]+)\"", parsed))
        makefile = self.code.get(pathlib.Path("Makefile.slurm"), "")
        self.targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
        presets = tree.root / "CMakePresets.json"
        self.presets = set(re.findall(r'"name": "([\w-]+)"', presets.read_text())
                           if presets.exists() else [])
        self.promises = {int(found[1]) for line in tree.files.get(pathlib.Path(PROMISES), [])
                         if (found := PROMISE_DEFINED.match(line))}
        self.anchors = {place: self.anchors_of(lines) for place, lines in tree.files.items()
                        if is_markdown(place)}

    @staticmethod
    def anchors_of(lines):
        """The anchors that headings get: small letters, no punctuation, hyphens for spaces."""
        found = set()
        for _, line in outside_fences(lines):
            if heading := re.match(r"#+ (.*)", line):
                text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1])
                anchor = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
                while anchor in found:
                    anchor += "-1"
                found.add(anchor)
            found |= set(re.findall(r'<a (?:id|name)="([\w-]+)"', line))
        return found

    def there(self, place, name):
        """Whether a path in a text of `place` is one: from the root, from there, or from a folder
        that such names are told from; a name without a folder may be anywhere."""
        if "/" not in name and "*" not in name:
            return name in self.names
        folders = [".", place.parent, "include", "include/mixnn", "src", "tests", "build"]
        return any(next(self.tree.root.joinpath(folder).glob(name.rstrip("/")), None)
                   for folder in folders if self.tree.root.joinpath(folder).is_dir())

    def look(self, place, number, text):
        at = f"{place}:{number}"

        def missing(what, name):
            self.tree.violation(f"{at}: there is no {what} {name}")

        for found in PROMISE.finditer(text):
            if int(found[1]) not in self.promises:
                self.tree.violation(f"{at}: P{found[1]} is not defined in {PROMISES}")
        if place.as_posix() in HISTORY:
            return
        plain = re.sub(r"https?://\S+|\]\([^)]*\)", "]", text)
        names = {name.rstrip(".") for name in FILE.findall(plain) + FOLDER.findall(plain)}
        for name in sorted(names - self.made.get(place, set())):
            if not PLACEHOLDER.match(name) and not self.there(place, name):
                missing("file", name)
        for found in PROGRAM.finditer(text):
            name = found[1] or found[2]
            if name not in self.programs:
                missing("program", name)
        for what, pattern, known in (("command mixnn", COMMAND, self.commands),
                                     ("target", TARGET, self.targets),
                                     ("preset", PRESET, self.presets)):
            for found in pattern.finditer(text):
                if (name := next(filter(None, found.groups()))) not in known:
                    missing(what, name)
        if is_markdown(place):
            for suite, test in TEST.findall(text):
                if (suite, test) not in self.tests:
                    missing("test", f"{suite}.{test}")
            for name in CTEST.findall(text):
                if not (self.tree.root / f"tests/{name}_test.sh").exists():
                    missing("test", name)

    def follow(self, place, number, target):
        """A link of a page: a file, an anchor of it, or both."""
        if re.match(r"[a-z]+:", target):
            return
        path, _, anchor = target.partition("#")
        page = pathlib.Path(posixpath.normpath((place.parent / path).as_posix())) if path else place
        if not (self.tree.root / page).exists():
            self.tree.violation(f"{place}:{number}: the link to {target} leads nowhere")
        elif anchor and anchor not in self.anchors.get(page, set()):
            self.tree.violation(f"{place}:{number}: {page} has no heading for #{anchor}")


def main():
    tree = Tree(sys.argv[1])
    references = References(tree)
    for place, lines in tree.files.items():
        if is_markdown(place):
            for number, line in enumerate(lines, 1):
                references.look(place, number, line)
            for number, line in outside_fences(lines):
                for target in LINK.findall(line):
                    references.follow(place, number, target)
        elif is_source(place) or is_script(place):
            for number, text in comments(place, lines):
                references.look(place, number, text)
    tree.end("references")


if __name__ == "__main__":
    main()
