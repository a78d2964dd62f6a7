#!/usr/bin/python3
"""Writes images.json beside it: what PyTorch computes for layers on images, in float64, over
randomized shapes and arguments.

Needs python3-torch (made with 1.13.0). Each case holds layers as MODEL has them, the shape of a
sample, parameters and buffers in their order, inputs x and output gradients dy of some rows; and
PyTorch's outputs y, input gradients dx and parameter gradients; and where there are buffers, these
after a second step with x / 2, and the outputs of x in evaluation then. Images lie channels first.
"""
import json
import pathlib
import random

import torch
from torch import nn

ROWS = 3
RANDOM = random.Random(17)


def some(values):
    return RANDOM.choice(values)


def either(value, other):
    """An int, or [height, width]."""
    return value if value == other else [value, other]


def conv2d(shape):
    groups = some([g for g in (1, 1, 1, 2, 3, 4) if shape[0] % g == 0])
    kernel = [some([1, 2, 3, 5]), some([1, 2, 3])]
    return {"type": "conv2d", "out_channels": groups * some([1, 2, 5, 8]),
            "kernel_size": either(*kernel), "stride": either(some([1, 1, 2]), some([1, 2, 3])),
            "padding": either(some([0, 1, 2]), some([0, 1])),
            "dilation": either(some([1, 1, 2]), some([1, 1, 2])), "groups": groups,
            "bias": some([True, True, False])}


def max_pool2d(_):
    kernel = [some([2, 3]), some([2, 3, 4])]
    layer = {"type": "max_pool2d", "kernel_size": either(*kernel),
             "padding": either(some([0, 1]), some([0, 1]))}
    if RANDOM.random() < 0.6:
        layer["stride"] = either(some([1, 2, 3]), some([1, 2]))
    return layer


def avg_pool2d(shape):
    return {**max_pool2d(shape), "type": "avg_pool2d", "count_include_pad": some([True, False])}


def adaptive_avg_pool2d(_):
    return {"type": "adaptive_avg_pool2d", "output_size": either(some([1, 2, 3]), some([1, 3]))}


def batch_norm2d(_):
    return {"type": "batch_norm2d", "eps": some([1e-5, 1e-2]), "momentum": some([0.1, 0.3]),
            "affine": some([True, True, False])}


def group_norm(shape):
    return {"type": "group_norm", "num_groups": some([g for g in range(1, 7) if shape[0] % g == 0]),
            "eps": some([1e-5, 1e-2]), "affine": some([True, True, False])}


MODULES = {"conv2d": nn.Conv2d, "max_pool2d": nn.MaxPool2d, "avg_pool2d": nn.AvgPool2d,
           "adaptive_avg_pool2d": nn.AdaptiveAvgPool2d, "batch_norm2d": nn.BatchNorm2d,
           "group_norm": nn.GroupNorm, "relu": nn.ReLU, "flatten": nn.Flatten, "linear": nn.Linear}


def module(layer, shape):
    arguments = {key: tuple(value) if isinstance(value, list) else value
                 for key, value in layer.items() if key != "type"}
    if layer["type"] == "conv2d":
        arguments["in_channels"] = shape[0]
    if layer["type"] == "linear":
        arguments["in_features"] = shape[0]
    if layer["type"] == "batch_norm2d":
        arguments["num_features"] = shape[0]
    if layer["type"] == "group_norm":
        arguments["num_channels"] = shape[0]
    return MODULES[layer["type"]](**arguments).double()


def network(layers, shape):
    modules, sample = [], torch.zeros([2] + shape).double()
    for layer in layers:
        modules.append(module(layer, list(sample.shape[1:])))
        sample = modules[-1](sample)
    return nn.Sequential(*modules)


def numbers(tensor):
    return [float(f"{value:.7g}") for value in tensor.detach().double().ravel().tolist()]


def state(net):
    """Parameters and buffers, module after module, as MixNN has them."""
    return [value for part in net for name, value in part.state_dict().items()
            if name != "num_batches_tracked"]


def fill(net):
    for part in net:
        for name, value in part.state_dict().items():
            if name == "num_batches_tracked":
                continue
            drawn = torch.randint(-32, 33, value.shape) / 64
            value.copy_(drawn.abs() + 0.5 if name == "running_var" else drawn)


def golden(layers, shape):
    net = network(layers, shape)
    with torch.no_grad():
        fill(net)
    case = {"layers": layers, "shape": shape, "rows": ROWS,
            "parameters": [x for value in state(net) for x in numbers(value)]}
    x = (torch.randperm(ROWS * torch.Size(shape).numel()).double() / 64 - 1).reshape([ROWS] + shape)
    x.requires_grad_()
    y = net(x)
    dy = torch.randint(-64, 65, y.shape).double() / 64
    y.backward(dy)
    case.update(x=numbers(x), dy=numbers(dy), y=numbers(y), dx=numbers(x.grad),
                gradients=[v for p in net.parameters() for v in numbers(p.grad)])
    if any(name.startswith("running") for part in net for name in part.state_dict()):
        net(x / 2)
        case["state_after"] = [v for value in state(net) for v in numbers(value)]
        net.eval()
        case["evaluation"] = numbers(net(x))
    return case


KINDS = [(conv2d, 14), (max_pool2d, 5), (avg_pool2d, 6), (adaptive_avg_pool2d, 4),
         (batch_norm2d, 4), (group_norm, 6)]
STACKS = [
    ([{"type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1}, {"type": "relu"},
      {"type": "max_pool2d", "kernel_size": 2},
      {"type": "conv2d", "out_channels": 6, "kernel_size": 2}, {"type": "relu"},
      {"type": "flatten"}, {"type": "linear", "out_features": 5}], [2, 6, 8]),
    ([{"type": "conv2d", "out_channels": 5, "kernel_size": 3, "bias": False},
      {"type": "batch_norm2d"}, {"type": "relu"},
      {"type": "adaptive_avg_pool2d", "output_size": 1}, {"type": "flatten"}], [3, 5, 5]),
]


def main():
    torch.manual_seed(20261126)
    cases = []
    for kind, count in KINDS:
        while count > 0:
            shape = [some([1, 2, 3, 4, 6]), some([3, 5, 6]), some([3, 4, 7])]
            layer = kind(shape)
            try:
                cases.append(golden([layer], shape))
            except (RuntimeError, ValueError):  # a kernel larger than the image
                continue
            count -= 1
    cases += [golden(layers, shape) for layers, shape in STACKS]
    path = pathlib.Path(__file__).parent / "images.json"
    path.write_text("[" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "]\n")


main()
