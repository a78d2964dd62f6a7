#!/usr/bin/env python3
"""Lines of at most 100 columns, folders of at most 20 files, and include/mixnn a mirror of src.

usage: check_layout.py ROOT
Columns: tables, links and what stands in code fences of Markdown may be longer. Files: the kinds of
layers may be more. Mirror: a folder of one is a folder of the other, and a source has a header of
its own name at the same place, or beside it.
"""

import pathlib
import re
import sys

from tree import Tree, is_markdown, is_source, outside_fences

COLUMNS = 100
FILES = 20
MANY_FILES = {"src/layers/kinds"}
LINK = re.compile(r"\]\([^)]*\)|<?https?://\S+")


def check_columns(tree):
    for place, lines in tree.files.items():
        if not is_markdown(place):
            numbered = enumerate(lines, 1)
        else:
            numbered = ((number, LINK.sub("]", line)) for number, line in outside_fences(lines)
                        if not line.lstrip().startswith("|"))
        for number, line in numbered:
            if len(line) > COLUMNS:
                tree.violation(f"{place}:{number}: {len(line)} columns, the limit is {COLUMNS}")


def check_folders(tree):
    folders = [path for path in (tree.root / "src").rglob("*") if path.is_dir()]
    for folder in sorted(folders):
        place = folder.relative_to(tree.root).as_posix()
        count = sum(path.is_file() for path in folder.iterdir())
        if count > FILES and place not in MANY_FILES:
            tree.violation(f"{place}: {count} files, the limit is {FILES}")


def check_mirror(tree):
    src, include = pathlib.Path("src"), pathlib.Path("include/mixnn")

    def folders(top):
        paths = (tree.root / top).rglob("*")
        return {path.relative_to(tree.root / top) for path in paths if path.is_dir()}

    for folder in sorted(folders(src) ^ folders(include)):
        there, missing = (src, include) if (tree.root / src / folder).is_dir() else (include, src)
        tree.violation(f"{there / folder}: {missing} has no such folder")
    for place in tree.files:
        if not place.is_relative_to(src) or not is_source(place) or len(place.parts) < 3:
            continue
        if place.suffix == ".hpp":
            continue
        header = place.with_name(place.name.split(".")[0] + ".hpp")
        if not any(at in tree.files for at in (header, include / header.relative_to(src))):
            tree.violation(f"{place}: has no header of its name")


def main():
    tree = Tree(sys.argv[1])
    check_columns(tree)
    check_folders(tree)
    check_mirror(tree)
    tree.end("layout")


if __name__ == "__main__":
    main()
