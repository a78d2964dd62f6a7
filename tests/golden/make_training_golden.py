#!/usr/bin/python3
"""Writes what PyTorch says of losses, optimizers, learning rates and clipping, in float64:
losses.json, optimizers.json, learning_rates.json and clipping.json beside it.

Needs python3-torch (made with 1.13.0).
"""
import json
import pathlib

import torch
from torch.nn import functional

ROWS = 5


def float32(tensor):
    return tensor.to(torch.float32).double()  # what the tests can say exactly


def values(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().double().ravel().tolist()]


def draw(*shape):
    return float32(torch.randn(*shape, dtype=torch.float64) * 2)


def cross_entropy(spec, output):
    logits, classes = draw(ROWS, *output), output[-1]
    labels = torch.randint(0, classes, [ROWS] + output[:-1])
    weights = spec.get("class_weights")

    def loss(z):
        return functional.cross_entropy(
            z.reshape(-1, classes), labels.ravel(),
            weight=None if weights is None else torch.tensor(weights, dtype=torch.float64),
            label_smoothing=spec.get("label_smoothing", 0.0))
    return logits, labels, loss


def mse(_, output):
    outputs, targets = draw(ROWS, *output), draw(ROWS, *output)
    return outputs, targets, lambda y: functional.mse_loss(y, targets)


def binary_cross_entropy(_, output):
    logits, targets = draw(ROWS, *output) * 3, torch.randint(0, 2, [ROWS] + output).double()
    return logits, targets, lambda z: functional.binary_cross_entropy_with_logits(z, targets)


LOSSES = [
    ({"type": "cross_entropy"}, [7], cross_entropy),
    ({"type": "cross_entropy"}, [3, 6], cross_entropy),
    ({"type": "cross_entropy", "label_smoothing": 0.125}, [7], cross_entropy),
    ({"type": "cross_entropy", "class_weights": [0.5, 2, 1, 3, 0.25]}, [5], cross_entropy),
    ({"type": "cross_entropy", "label_smoothing": 0.25, "class_weights": [0.5, 2, 4]}, [2, 3],
     cross_entropy),
    ({"type": "mse"}, [1], mse),
    ({"type": "mse"}, [2, 3], mse),
    ({"type": "binary_cross_entropy"}, [1], binary_cross_entropy),
    ({"type": "binary_cross_entropy"}, [4], binary_cross_entropy),
]


def losses():
    cases = []
    for spec, output, make in LOSSES:
        outputs, targets, loss = make(spec, output)
        outputs.requires_grad_()
        mean = loss(outputs)
        mean.backward()
        cases.append({"loss": spec, "output": output, "outputs": values(outputs),
                      "targets": targets.ravel().tolist(), "mean": float(mean),
                      "gradient": values(outputs.grad)})
    return cases


def sgd(spec, tensors):
    return torch.optim.SGD(tensors, lr=1, momentum=spec["momentum"],
                           weight_decay=spec["weight_decay"], nesterov=spec.get("nesterov", False))


def adam(spec, tensors):
    kind = torch.optim.Adam if spec["type"] == "adam" else torch.optim.AdamW
    rest = {"betas": spec.get("betas", (0.9, 0.999)), "eps": spec.get("eps", 1e-8)}
    decay = spec.get("weight_decay", 0.01 if spec["type"] == "adamw" else 0)
    matrices = [p for p in tensors if p.dim() > 1 or spec.get("decay") != "matrices"]
    others = [p for p in tensors if p.dim() <= 1 and spec.get("decay") == "matrices"]
    groups = [{"params": matrices, "weight_decay": decay}]
    if others:
        groups.append({"params": others, "weight_decay": 0})
    return kind(groups, lr=1, **rest)


OPTIMIZERS = [
    ({"type": "sgd", "momentum": 0, "weight_decay": 0.125}, sgd),
    ({"type": "sgd", "momentum": 0.75, "weight_decay": 0.125}, sgd),
    ({"type": "sgd", "momentum": 0.75, "weight_decay": 0.125, "nesterov": True}, sgd),
    ({"type": "adam"}, adam),
    ({"type": "adam", "betas": [0.8, 0.99], "eps": 0.001, "weight_decay": 0.125}, adam),
    ({"type": "adam", "weight_decay": 0.125, "decay": "matrices"}, adam),
    ({"type": "adamw"}, adam),
    ({"type": "adamw", "betas": [0.9, 0.95], "weight_decay": 0.5, "decay": "matrices"}, adam),
]
SHAPES = [[4, 3], [5], [2, 3, 2]]
RATES = [0.5, 0.25, 0.125, 0.0625]


def optimizers():
    begin = [draw(*shape) for shape in SHAPES]
    gradients = [[draw(*shape) for shape in SHAPES] for _ in RATES]
    result = {"shapes": SHAPES, "rates": RATES,
              "parameters": [x for p in begin for x in values(p)],
              "gradients": [[x for g in step for x in values(g)] for step in gradients],
              "cases": []}
    for spec, make in OPTIMIZERS:
        tensors = [p.clone().requires_grad_() for p in begin]
        optimizer, after = make(spec, tensors), []
        for rate, step in zip(RATES, gradients):
            for group in optimizer.param_groups:
                group["lr"] = rate
            for tensor, gradient in zip(tensors, step):
                tensor.grad = gradient.clone()
            optimizer.step()
            after.append([x for p in tensors for x in values(p)])
        result["cases"].append({"optimizer": spec, "after": after})
    return result


UPDATES_OF_AN_EPOCH = 4


def rates(make, epochs, by_epoch=False, losses_of_epochs=()):
    optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=0.5)
    schedule, all_rates = make(optimizer, epochs * UPDATES_OF_AN_EPOCH), []
    for epoch in range(epochs):
        for _ in range(UPDATES_OF_AN_EPOCH):
            all_rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if not by_epoch:
                schedule.step()
        if by_epoch:
            schedule.step(*([losses_of_epochs[epoch]] if losses_of_epochs else []))
    return all_rates


def warmed_up(of, minimum, warmup):
    """Linear from 1 / warmup of the rate, then the schedule over what is left."""
    kinds = torch.optim.lr_scheduler

    def make(optimizer, updates):
        begin = kinds.LinearLR(optimizer, 1 / (warmup + 1), 1, warmup)
        return kinds.SequentialLR(optimizer, [begin, of(optimizer, updates - warmup, minimum)],
                                  [warmup])
    return make


def learning_rates():
    kinds = torch.optim.lr_scheduler

    def cosine(optimizer, updates, minimum=0.0):
        return kinds.CosineAnnealingLR(optimizer, updates, minimum)

    def one_cycle(optimizer, updates):
        return kinds.OneCycleLR(optimizer, 0.5, updates)

    def step(optimizer, _):
        return kinds.StepLR(optimizer, 2, 0.25)

    def cosine_with_minimum(optimizer, updates):
        return cosine(optimizer, updates, 0.05)

    def plateau(**settings):
        return lambda optimizer, _: kinds.ReduceLROnPlateau(optimizer, **settings)

    tested = [2, 1.5, 1.49999, 1.6, 1.4, 1.4, 1.39995, 1.5, 1.6, 1.2, 1.3, 1.3, 1.3, 1.3]

    def plateau_case(**settings):
        return {"schedule": "plateau", "epochs": len(tested), "tested": tested,
                "patience": settings["patience"], "gamma": settings["factor"],
                "minimum": settings.get("min_lr", 0.0),
                "rates": rates(plateau(**settings), len(tested), True, tested)}

    return {"rate": 0.5, "updates_of_an_epoch": UPDATES_OF_AN_EPOCH, "cases": [
        {"schedule": "cosine", "epochs": 5, "rates": rates(cosine, 5)},
        {"schedule": "cosine", "epochs": 5, "minimum": 0.05,
         "rates": rates(cosine_with_minimum, 5)},
        {"schedule": "cosine", "epochs": 5, "minimum": 0.05, "warmup": 6,
         "rates": rates(warmed_up(cosine, 0.05, 6), 5)},
        {"schedule": "one-cycle", "epochs": 5, "rates": rates(one_cycle, 5)},
        {"schedule": "one-cycle", "epochs": 1, "rates": rates(one_cycle, 1)},
        {"schedule": "step", "epochs": 7, "step_epochs": 2, "gamma": 0.25,
         "rates": rates(step, 7, by_epoch=True)},
        plateau_case(patience=1, factor=0.5),
        plateau_case(patience=0, factor=0.1, min_lr=0.004),
        plateau_case(patience=10, factor=0.1),
    ]}


STAGES = [[[4, 3], [4]], [[5, 4]], [[2, 5], [2], [3]]]  # tensors of each


def clipping():
    stages = [[draw(*shape) for shape in stage] for stage in STAGES]
    result = {"stages": [[x for g in stage for x in values(g)] for stage in stages], "cases": []}
    for most in (0.25, 3.0, 1000.0):
        tensors = [torch.zeros_like(g).requires_grad_() for stage in stages for g in stage]
        for tensor, gradient in zip(tensors, [g for stage in stages for g in stage]):
            tensor.grad = gradient.clone()
        norm = torch.nn.utils.clip_grad_norm_(tensors, most)
        result["cases"].append({"most": most, "norm": float(norm),
                                "gradients": [x for t in tensors for x in values(t.grad)]})
    return result


def main():
    torch.manual_seed(20240229)
    for name, make in (("losses", losses), ("optimizers", optimizers),
                       ("learning_rates", learning_rates), ("clipping", clipping)):
        path = pathlib.Path(__file__).parent / f"{name}.json"
        text = json.dumps(make(), separators=(",", ":"))
        path.write_text(text.replace(',"', ',\n"') + "\n")


main()
