#!/usr/bin/python3
"""Trains MODEL with plain PyTorch, as `mixnn baseline` does, and prints a JSON: the wall time and
processor time of each epoch, losses, and what the test set gives.

usage: torch_train.py MODEL --data DIR [options; see --help]

It is as fast as plain PyTorch has it: inputs and labels are preloaded tensors, a batch is taken by
indexing with a piece of a permutation, nothing is read back within an epoch, and gradients are set
to None. Networks have the same layers, the same laws of initial values, and the same optimizer and
rates; the numbers drawn differ. OPENBLAS_NUM_THREADS must be --threads, too: torch does not tell
OpenBLAS. Where torch is missing it says so and exits with 77.
"""
import argparse
import json
import math
import os
import pathlib
import sys
import time

try:
    import torch
except ImportError:
    print("notice: no PyTorch here (Debian: python3-torch)", file=sys.stderr)
    sys.exit(77)

from torch.nn import functional

import torch_data
import torch_model


def arguments_of():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path, metavar="MODEL")
    parser.add_argument("--data", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--batch-size", type=int, default=128, metavar="B")
    parser.add_argument("--epochs", type=int, default=5, metavar="N")
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument("--limit-train", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--optimizer", choices=("sgd", "adam", "adamw"), default="sgd")
    parser.add_argument("--lr", type=float, metavar="X")
    parser.add_argument("--momentum", type=float, default=0.8, metavar="X")
    parser.add_argument("--weight-decay", type=float, metavar="X")
    parser.add_argument("--betas", default="0.9,0.999", metavar="X,X")
    parser.add_argument("--decay", choices=("all", "matrices"), default="all")
    parser.add_argument("--lr-decay", choices=("none", "linear", "cosine"), default="linear")
    parser.add_argument("--warmup", type=int, default=0, metavar="N")
    parser.add_argument("--min-lr", type=float, default=0, metavar="X")
    parser.add_argument("--clip-norm", type=float, metavar="X")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--no-test", action="store_true")
    return parser.parse_args()


def optimizer_of(net, arguments):
    decay = arguments.weight_decay
    if decay is None:
        decay = 0.01 if arguments.optimizer == "adamw" else 0.0
    free = [p for p in net.parameters() if p.dim() < 2 and arguments.decay == "matrices"]
    groups = [{"params": [p for p in net.parameters() if all(p is not f for f in free)],
               "weight_decay": decay}, {"params": free, "weight_decay": 0.0}]
    groups = [group for group in groups if group["params"]]
    if arguments.optimizer == "sgd":
        rate = 0.1 if arguments.lr is None else arguments.lr
        return torch.optim.SGD(groups, lr=rate, momentum=arguments.momentum)
    rate = 0.001 if arguments.lr is None else arguments.lr
    kind = torch.optim.Adam if arguments.optimizer == "adam" else torch.optim.AdamW
    return kind(groups, lr=rate, betas=tuple(map(float, arguments.betas.split(","))))


def rate_at(arguments, highest, update, updates):
    """As mixnn's --lr-decay, --warmup and --min-lr have it."""
    if update < arguments.warmup:
        return highest * (update + 1) / (arguments.warmup + 1)
    if arguments.lr_decay == "none" or updates <= arguments.warmup:
        return highest
    share = (update - arguments.warmup) / (updates - arguments.warmup)
    if arguments.lr_decay == "linear":
        return arguments.min_lr + (highest - arguments.min_lr) * (1 - share)
    return arguments.min_lr + (highest - arguments.min_lr) / 2 * (1 + math.cos(math.pi * share))


def loss_of(model):
    settings = model["loss"] if isinstance(model["loss"], dict) else {"type": model["loss"]}
    if settings["type"] == "mse":
        return functional.mse_loss
    if settings["type"] == "binary_cross_entropy":
        return functional.binary_cross_entropy_with_logits
    weights = settings.get("class_weights")
    weights = None if weights is None else torch.tensor(weights)
    smoothing = settings.get("label_smoothing", 0.0)

    def cross_entropy(outputs, labels):
        if outputs.dim() == 3:
            outputs, labels = outputs.flatten(0, 1), labels.flatten()
        return functional.cross_entropy(outputs, labels, weights, label_smoothing=smoothing)
    return cross_entropy


def tested(net, loss, inputs, labels, batch_size):
    """Means over the test set: the loss, and the share of right classes if there are classes."""
    net.eval()
    total, right, answers = 0.0, 0, 0
    with torch.no_grad():
        for first in range(0, len(labels), batch_size):
            y = labels[first:first + batch_size]
            outputs = net(inputs[first:first + batch_size])
            total += loss(outputs, y).item() * len(y)
            if y.dtype == torch.int64:
                right += (outputs.argmax(-1) == y).sum().item()
                answers += y.numel()
    return total / len(labels), right / answers if answers else None


def main():
    arguments = arguments_of()
    if os.environ.get("OPENBLAS_NUM_THREADS") != str(arguments.threads):
        sys.exit("torch_train: set OPENBLAS_NUM_THREADS to the number of threads")
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    model = json.loads(arguments.model.read_text())
    train, test = torch_data.load(arguments.data, model, arguments.limit_train)
    net, loss = torch_model.build(model), loss_of(model)
    inputs, labels = train
    if arguments.channels_last:
        net = net.to(memory_format=torch.channels_last)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    optimizer = optimizer_of(net, arguments)
    highest = optimizer.param_groups[0]["lr"]
    batches = -(-len(labels) // arguments.batch_size)
    updates, update = batches * arguments.epochs, 0
    found = {"threads": arguments.threads, "channels_last": arguments.channels_last,
             "torch": torch.__version__, "walls_s": [], "cpus_s": [], "train_losses": [],
             "test_losses": [], "test_accuracies": []}
    for _ in range(arguments.epochs):
        net.train()
        start, cpu, total = time.perf_counter(), time.process_time(), torch.zeros(())
        order = torch.randperm(len(labels))
        for rows in order.split(arguments.batch_size):
            for group in optimizer.param_groups:
                group["lr"] = rate_at(arguments, highest, update, updates)
            optimizer.zero_grad(set_to_none=True)
            value = loss(net(inputs[rows]), labels[rows])
            value.backward()
            if arguments.clip_norm is not None:
                torch.nn.utils.clip_grad_norm_(net.parameters(), arguments.clip_norm)
            optimizer.step()
            total += value.detach() * len(rows)
            update += 1
        found["walls_s"].append(time.perf_counter() - start)
        found["cpus_s"].append(time.process_time() - cpu)
        found["train_losses"].append(total.item() / len(labels))
        if not arguments.no_test:
            mean, accuracy = tested(net, loss, *test, arguments.batch_size)
            found["test_losses"].append(mean)
            found["test_accuracies"].append(accuracy)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
