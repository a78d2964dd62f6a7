"""What the checks of this folder share: the repository's files, and how a violation is said."""

import os
import pathlib
import sys

SOURCES = {".cpp", ".hpp", ".c", ".h", ".in"}
SCRIPTS = {".sh", ".py", ".cmake", ".sbatch", ".slurm"}
NOT_OURS = {".git", "build", "out", "runs", "__pycache__", "results"}  # made, not written


class Tree:
    """The files under ROOT that people write, as {path from ROOT: lines}; `violations` as found."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.violations = []
        self.files = {}
        for path in sorted(self.paths()):
            place = path.relative_to(self.root)
            if path.is_file() and (is_source(place) or is_script(place) or is_markdown(place)):
                self.files[place] = path.read_text(encoding="utf-8").splitlines()

    def paths(self):
        """Of all files; what is made, perhaps at this moment, is not looked into."""
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if is_ours(name)]
            yield from (pathlib.Path(folder, name) for name in names if is_ours(name))

    def violation(self, text):
        self.violations.append(text)

    def end(self, what):
        """Prints the violations, or that there are none; ends the program with its exit code."""
        for text in self.violations:
            print(text)
        count = len(self.violations)
        print(f"{what}: {count} violations" if count else f"{what}: {len(self.files)} files, none")
        sys.exit(1 if count else 0)


def is_ours(name):
    return name not in NOT_OURS and not name.startswith(("build-", "out-"))


def is_source(place):
    return place.suffix in SOURCES


def is_script(place):
    return place.suffix in SCRIPTS or place.name == "CMakeLists.txt"


def is_markdown(place):
    return place.suffix == ".md"


def outside_fences(lines):
    """(number, line) of Markdown that is not within a code fence."""
    fenced = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line
