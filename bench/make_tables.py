#!/usr/bin/env python3
"""Makes data sets of CSV files from what Debian's packages have.

usage: make_tables.py --from DIR --out DIR

The packages are unpacked, not installed:

    apt-get download r-cran-mlbench python3-sklearn
    for package in r-cran-mlbench_*.deb python3-sklearn_*.deb; do dpkg-deb -x $package debian; done
    python3 make_tables.py --from debian --out tables

OUT gets, for each package that is there:
  letters   20000 letters by 16 numbers of their shapes (D. J. Slate, 1991), classes 0 to 25; the
            first 16000 are to train, as is usual
  diabetes  442 patients by 10 numbers (Efron et al., 2004), the target is the progression of the
            disease; 342 of them, drawn, are to train
"""

import argparse
import csv
import gzip
import pathlib
import random

import r_data

LETTERS = "usr/lib/R/site-library/mlbench/data/LetterRecognition.rda"
DIABETES = "usr/lib/python3/dist-packages/sklearn/datasets/data"
FEATURES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]


def letters(root):
    columns = r_data.variables(root / LETTERS)["LetterRecognition"]
    names = columns.attributes["names"]
    classes = [level - 1 for level in columns[0]]
    rows = [[f"{value:g}" for value in row] for row in zip(*columns[1:], classes)]
    return [*names[1:], "letter"], rows[:16000], rows[16000:]


def diabetes(root):
    def lines(name):
        with gzip.open(root / DIABETES / name, "rt", encoding="ascii") as file:
            return [line.split() for line in file]
    rows = [[*features, f"{float(target[0]):g}"] for features, target in
            zip(lines("diabetes_data_raw.csv.gz"), lines("diabetes_target.csv.gz"))]
    random.Random(1).shuffle(rows)
    return [*FEATURES, "progression"], rows[:342], rows[342:]


def write(file, header, rows):
    with open(file, "w", encoding="ascii", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="root", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR")
    arguments = parser.parse_args()
    made = 0
    for name, source, make in ("letters", LETTERS, letters), ("diabetes", DIABETES, diabetes):
        if not (arguments.root / source).exists():
            print(f"{name}: {arguments.root / source} is not there")
            continue
        header, train, test = make(arguments.root)
        folder = arguments.out / name
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / "train.csv", header, train)
        write(folder / "test.csv", header, test)
        print(f"{folder}: {len(train)} to train, {len(test)} to test")
        made += 1
    return 0 if made else 1


if __name__ == "__main__":
    raise SystemExit(main())
