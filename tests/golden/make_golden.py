#!/usr/bin/python3
"""Writes the golden files beside it: what PyTorch computes for small networks, in float64 from
float32 parameters.

Needs python3-torch (made with 1.13.0). Each file holds MODEL, one batch, the parameters by stage,
and PyTorch's logits, mean cross-entropy, parameter gradients and parameters after each of three
steps of SGD on that batch.
"""
import json
import pathlib

import torch

NETWORKS = {
    "mlp": {"shape": [1, 3, 4], "scale": 0.00392156862745098, "learning_rate": 0.5,
            "momentum": 0.75,
            "weight_decay": 0.015625,
            "stages": [["flatten", 9, "relu"], [7, "relu"], [5]]},
    # Several linear layers in a stage, a stage that begins with relu, one without parameters, plain
    # SGD.
    "uneven": {"shape": [2, 5], "scale": 0.0625, "learning_rate": 0.25, "momentum": 0.0,
               "weight_decay": 0.0,
               "stages": [["relu", "flatten", 8, 6], ["relu", "flatten"],
                          ["relu", 6, "relu", 4, 3]]},
}
ROWS = 6


def float32_values(tensor):
    return [float(str(value)) for value in tensor.detach().to(torch.float32).numpy().ravel()]


def build(stages, features):
    """One nn.Sequential a stage, and the same as MODEL's layers."""
    modules, specs = [], []
    for stage in stages:
        layers, spec = [], []
        for kind in stage:
            if kind == "flatten":
                layers.append(torch.nn.Flatten())
                spec.append({"type": "flatten"})
            elif kind == "relu":
                layers.append(torch.nn.ReLU())
                spec.append({"type": "relu"})
            else:
                layers.append(torch.nn.Linear(features, kind))
                spec.append({"type": "linear", "out_features": kind})
                features = kind
        modules.append(torch.nn.Sequential(*layers))
        specs.append({"layers": spec})
    return modules, specs, features


def by_stage(modules, what):
    return [[x for p in module.parameters() for x in float32_values(what(p))] for module in modules]


def golden(name, network):
    torch.manual_seed(20240229)
    features = torch.Size(network["shape"]).numel()
    modules, specs, classes = build(network["stages"], features)
    net = torch.nn.Sequential(*modules).double()  # the parameters stay float32 values
    inputs = torch.randint(0, 256, [ROWS] + network["shape"])
    labels = torch.randint(0, classes, [ROWS])
    scale = float(torch.tensor(network["scale"], dtype=torch.float32))
    optimizer = torch.optim.SGD(net.parameters(), lr=network["learning_rate"],
                                momentum=network["momentum"],
                                weight_decay=network["weight_decay"])
    result = {"model": {"name": name, "input": {"shape": network["shape"],
                                                "scale": network["scale"]},
                        "loss": "cross_entropy", "stages": specs},
              "learning_rate": network["learning_rate"], "momentum": network["momentum"],
              "weight_decay": network["weight_decay"], "inputs": inputs.ravel().tolist(),
              "labels": labels.tolist(),
              "parameters": by_stage(modules, lambda p: p), "after": []}
    for step in range(3):
        optimizer.zero_grad()
        logits = net(inputs.double() * scale)
        loss = torch.nn.functional.cross_entropy(logits, labels)
        loss.backward()
        if step == 0:
            result.update(logits=float32_values(logits), loss=float(loss),
                          gradients=by_stage(modules, lambda p: p.grad))
        optimizer.step()
        result["after"].append(by_stage(modules, lambda p: p))
    return result


def main():
    for name, network in NETWORKS.items():
        path = pathlib.Path(__file__).parent / f"{name}.json"
        text = json.dumps(golden(name, network), separators=(",", ":"))
        path.write_text(text.replace(',"', ',\n"') + "\n")


main()
