#!/usr/bin/python3
"""Trains MODEL with plain PyTorch and prints the wall time of each epoch as JSON; the peer of
baseline_epochs.

    peers_torch.py MODEL DATA BATCH_SIZE EPOCHS THREADS SEED LEARNING_RATE MOMENTUM [LIMIT_TRAIN]

The loop is as fast as plain PyTorch has it: all inputs are one float tensor, scaled beforehand, a
batch is taken by indexing with a piece of a permutation, nothing is read back within an epoch, and
gradients are set to None, not zeroed. OPENBLAS_NUM_THREADS must be THREADS, too:
torch.set_num_threads does not reach OpenBLAS. Where torch is missing it says so and exits with 77.
"""
import json
import os
import pathlib
import sys
import time

try:
    import torch
except ImportError:
    print("notice: no PyTorch here (Debian: python3-torch)", file=sys.stderr)
    sys.exit(77)

from torch_network import build, load


def train_epoch(net, optimizer, inputs, labels, batch_size):
    start = time.perf_counter()
    order = torch.randperm(len(labels))
    for first in range(0, len(labels), batch_size):
        rows = order[first:first + batch_size]
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(net(inputs[rows]), labels[rows]).backward()
        optimizer.step()
    return time.perf_counter() - start


def main():
    model_file, folder, batch_size, epochs, threads, seed, learning_rate, momentum = sys.argv[1:9]
    limit = int(sys.argv[9]) if len(sys.argv) > 9 else None
    if os.environ.get("OPENBLAS_NUM_THREADS") != threads:
        sys.exit("set OPENBLAS_NUM_THREADS to the number of threads")
    torch.set_num_threads(int(threads))
    torch.manual_seed(int(seed))
    model = json.loads(pathlib.Path(model_file).read_text())
    scale = model["input"]["scale"]
    inputs, labels = load(pathlib.Path(folder), "train", scale)
    # Rows already flat save PyTorch the flatten of every batch; the layer stays, and does nothing.
    inputs, labels = inputs[:limit].flatten(1).contiguous(), labels[:limit]
    net = build(model)
    optimizer = torch.optim.SGD(net.parameters(), lr=float(learning_rate), momentum=float(momentum))
    walls = [train_epoch(net, optimizer, inputs, labels, int(batch_size))
             for _ in range(int(epochs))]
    with torch.no_grad():
        test_inputs, test_labels = load(pathlib.Path(folder), "t10k", scale)
        accuracy = (net(test_inputs).argmax(1) == test_labels).double().mean().item()
    print(json.dumps({"walls_s": walls, "threads": int(threads), "test_accuracy": accuracy,
                      "torch": torch.__version__}))


main()
