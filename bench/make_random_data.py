#!/usr/bin/env python3
"""Makes a data set of random numbers that MODEL takes, to measure time: there is nothing to learn.

usage: make_random_data.py MODEL --out DIR [--train N] [--test N]

Pictures of 3 x 32 x 32 become files of CIFAR-10's binary form, as large as its own with 50000 and
10000 samples; tokens become train.bin and val.bin; all else becomes NPY, pictures in bytes. The
numbers are the same in each run.
"""
import argparse
import array
import json
import pathlib
import random
import struct
import sys

CIFAR = [3, 32, 32]


def layers_of(model):
    return [layer for stage in model.get("stages", [model]) for layer in stage["layers"]]


def outputs_of(layers):
    """The last dimension of what the layers give."""
    for layer in reversed(layers):
        if layer["type"] == "linear":
            return layer["out_features"]
    raise ValueError("MODEL has no linear layer")


def loss_of(model):
    loss = model["loss"]
    return loss if isinstance(loss, str) else loss["type"]


def little(values):
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def npy(kind, shape, content):
    extents = ", ".join(map(str, shape))
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({extents},)}}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + content


def classes(chance, count, of):
    return [chance.randrange(of) for _ in range(count)]


def write_cifar(folder, chance, train, test):
    if train % 5:
        sys.exit("--train must be a multiple of 5, the files of CIFAR-10")
    for name, count in [*((f"data_batch_{i}.bin", train // 5) for i in range(1, 6)),
                        ("test_batch.bin", test)]:
        with open(folder / name, "wb") as file:
            for label in classes(chance, count, 10):
                file.write(bytes([label]) + chance.randbytes(3 * 32 * 32))


def write_tokens(folder, chance, model, layers, train, test):
    for name, count in ("train.bin", train), ("val.bin", test):
        tokens = classes(chance, count * model["input"]["shape"][0] + 1,
                         layers[0]["num_embeddings"])
        (folder / name).write_bytes(little(array.array("H", tokens)))


def write_arrays(folder, chance, model, layers, train, test):
    shape, outputs = model["input"]["shape"], outputs_of(layers)
    for part, count in ("train", train), ("test", test):
        values = count
        for extent in shape:
            values *= extent
        if len(shape) == 3:
            x = npy("|u1", [count, *shape], chance.randbytes(values))
        else:
            floats = array.array("f", (chance.gauss(0, 1) for _ in range(values)))
            x = npy("<f4", [count, *shape], little(floats))
        if loss_of(model) == "cross_entropy":
            y = npy("<i4", [count], little(array.array("i", classes(chance, count, outputs))))
        else:
            floats = array.array("f", (chance.random() for _ in range(count * outputs)))
            y = npy("<f4", [count, outputs], little(floats))
        (folder / f"x_{part}.npy").write_bytes(x)
        (folder / f"y_{part}.npy").write_bytes(y)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path, metavar="MODEL")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--train", type=int, default=50000, metavar="N")
    parser.add_argument("--test", type=int, default=10000, metavar="N")
    arguments = parser.parse_args()
    if arguments.train < 1 or arguments.test < 1:
        parser.error("--train and --test must be at least 1")
    model = json.loads(arguments.model.read_text())
    layers, counts = layers_of(model), (arguments.train, arguments.test)
    arguments.out.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)
    if model["input"]["shape"] == CIFAR and outputs_of(layers) == 10:
        write_cifar(arguments.out, chance, *counts)
    elif layers[0]["type"] == "embedding":
        write_tokens(arguments.out, chance, model, layers, *counts)
    else:
        write_arrays(arguments.out, chance, model, layers, *counts)
    print(f"{arguments.out}: {arguments.train} samples to train, {arguments.test} to test, "
          f"for {model['name']}")


if __name__ == "__main__":
    main()
