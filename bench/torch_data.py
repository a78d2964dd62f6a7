"""Data sets as tensors, as mixnn reads them: IDX, CIFAR-10's binary form, NPY, CSV, tokens."""
import csv
import pathlib
import sys

import numpy
import torch

import torch_network


def of_cifar(folder, train):
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] if train else ["test_batch.bin"]
    raw = numpy.concatenate([numpy.fromfile(folder / name, numpy.uint8) for name in names])
    records = raw.reshape(-1, 1 + 3 * 32 * 32)
    return torch.from_numpy(records[:, 1:].copy()), torch.from_numpy(records[:, 0].copy())


def of_npy(folder, train):
    part = "train" if train else "test"
    return tuple(torch.from_numpy(numpy.load(folder / f"{name}_{part}.npy")) for name in "xy")


def of_csv(folder, train):
    with open(folder / ("train.csv" if train else "test.csv"), encoding="utf-8") as file:
        rows = [list(map(float, row)) for row in list(csv.reader(file))[1:]]
    table = torch.tensor(rows, dtype=torch.float64)
    return table[:, :-1], table[:, -1:]


def of_tokens(folder, train, tokens):
    """Windows of so many tokens, and for each token the one behind it."""
    raw = numpy.fromfile(folder / ("train.bin" if train else "val.bin"), numpy.dtype("<u2"))
    values = torch.from_numpy(raw.astype(numpy.int64))
    count = (len(values) - 1) // tokens
    return tuple(values[first:first + count * tokens].reshape(count, tokens) for first in (0, 1))


def of_idx(folder, train):
    part = "train" if train else "t10k"
    return (torch_network.read_idx(folder, f"{part}-images-idx3-ubyte"),
            torch_network.read_idx(folder, f"{part}-labels-idx1-ubyte"))


def read(folder, train, tokens):
    if (folder / "x_train.npy").exists():
        return of_npy(folder, train)
    if (folder / "train.csv").exists():
        return of_csv(folder, train)
    if (folder / "data_batch_1.bin").exists():
        return of_cifar(folder, train)
    return of_idx(folder, train) if tokens is None else of_tokens(folder, train, tokens)


def load(folder, model, limit=None):
    """[(inputs, labels) to train, the same to test] in MODEL's shape: scaled floats, or tokens."""
    folder, shape = pathlib.Path(folder), model["input"]["shape"]
    first = model.get("stages", [model])[0]["layers"][0]
    tokens = shape[0] if first["type"] == "embedding" else None
    loss = model["loss"] if isinstance(model["loss"], str) else model["loss"]["type"]
    sets = []
    for train in True, False:
        inputs, labels = read(folder, train, tokens)
        if limit is not None and train:
            if len(labels) < limit:
                sys.exit(f"{folder} has {len(labels)} samples, not {limit}")
            inputs, labels = inputs[:limit], labels[:limit]
        if tokens is None:
            inputs = inputs.float().mul_(model["input"]["scale"]).reshape(-1, *shape)
            whole = loss == "cross_entropy"
            labels = labels.long().reshape(len(inputs)) if whole else labels.float()
        sets.append((inputs.contiguous(), labels.contiguous()))
    return sets
