#!/usr/bin/python3
"""Writes tests/data/digits: scikit-learn's digits as gzip IDX files. Needs python3-sklearn; the
same bytes every time."""
import gzip
import pathlib
import struct

import numpy
from sklearn.datasets import load_digits


def write(path, array):
    header = struct.pack(">I", 0x0800 | array.ndim) + b"".join(struct.pack(">I", extent)
                                                               for extent in array.shape)
    with open(path, "wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb",
                                                compresslevel=9, mtime=0) as out:
        out.write(header + array.astype(numpy.uint8).tobytes())


def main():
    digits = load_digits()
    folder = pathlib.Path(__file__).parent / "digits"
    is_test = numpy.arange(len(digits.target)) // 10 % 5 == 0
    for part, chosen in (("train", ~is_test), ("t10k", is_test)):
        write(folder / f"{part}-images-idx3-ubyte.gz", digits.images[chosen])
        write(folder / f"{part}-labels-idx1-ubyte.gz", digits.target[chosen])


main()
