"""MODEL as a PyTorch network, and IDX data sets as tensors."""
import gzip
import sys

import torch


def read_idx(folder, name):
    for path, opener in ((folder / name, open), (folder / (name + ".gz"), gzip.open)):
        if path.exists():
            with opener(path, "rb") as file:
                raw = file.read()
            dimensions = raw[3]
            shape = [int.from_bytes(raw[4 + 4 * d:8 + 4 * d], "big") for d in range(dimensions)]
            return torch.frombuffer(bytearray(raw[4 + 4 * dimensions:]),
                                    dtype=torch.uint8).reshape(shape)
    sys.exit(f"{folder}: has no {name}")


def load(folder, part, scale):
    images = read_idx(folder, f"{part}-images-idx3-ubyte").float().mul_(scale).unsqueeze(1)
    return images, read_idx(folder, f"{part}-labels-idx1-ubyte").long()


def build(model):
    layers, features = [], torch.Size(model["input"]["shape"]).numel()
    for stage in model["stages"]:
        for layer in stage["layers"]:
            if layer["type"] == "linear":
                layers.append(torch.nn.Linear(features, layer["out_features"]))
                features = layer["out_features"]
            else:
                layers.append({"flatten": torch.nn.Flatten, "relu": torch.nn.ReLU}[layer["type"]]())
    return torch.nn.Sequential(*layers)
