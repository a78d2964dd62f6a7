#!/usr/bin/python3
"""Writes layers.json beside it: what PyTorch computes for single layers, in float64 from float32
numbers, over random shapes and arguments.

Needs python3-torch (made with 1.13.0). Each case holds a layer of MODEL, the shape of a sample,
inputs x, the gradient dy of the outputs, the parameters by name, and PyTorch's outputs y and
gradients. Images lie as MixNN's do within a stage: height, width, channels.
"""
import json
import math
import pathlib
import random

import torch
from torch import nn

CASES_OF_A_KIND = 3


class Residual(nn.Module):
    def __init__(self, layers, shortcut):
        super().__init__()
        self.layers = layers
        if shortcut is not None:
            self.shortcut = shortcut

    def forward(self, x):
        return self.layers(x) + (self.shortcut(x) if hasattr(self, "shortcut") else x)


class SelfAttention(nn.MultiheadAttention):
    def __init__(self, features, heads, causal):
        super().__init__(features, heads, batch_first=True)
        self.causal = causal

    def forward(self, x):
        tokens = x.shape[1]
        later = torch.ones(tokens, tokens, dtype=torch.bool).triu(1) if self.causal else None
        return super().forward(x, x, x, need_weights=False, attn_mask=later)[0]


class PositionEmbedding(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape))

    def forward(self, x):
        return x + self.weight


class Call(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def any_shape():
    return [random.randint(1, 7) for _ in range(random.randint(1, 3))]


def rows_of_values():
    return [random.randint(1, 20) for _ in range(random.randint(1, 2))]


def image():
    return [random.randint(2, 5) for _ in range(3)]


def linear():
    shape, out, bias = rows_of_values(), random.randint(1, 9), random.random() < 0.5
    spec = {"type": "linear", "out_features": out}
    return (spec if bias else {**spec, "bias": False}), shape, nn.Linear(shape[-1], out, bias=bias)


def leaky_relu():
    slope = random.choice([0.01, 0.25])
    return {"type": "leaky_relu", "negative_slope": slope}, any_shape(), nn.LeakyReLU(slope)


def gelu():
    form = random.choice(["none", "tanh"])
    return {"type": "gelu", "approximate": form}, any_shape(), nn.GELU(form)


def layer_norm():
    shape, eps, affine = rows_of_values(), random.choice([1e-5, 0.01]), random.random() < 0.7
    return ({"type": "layer_norm", "eps": eps, "elementwise_affine": affine}, shape,
            nn.LayerNorm(shape[-1], eps, affine))


def embedding():
    rows, features = random.randint(2, 9), random.randint(1, 5)
    return ({"type": "embedding", "num_embeddings": rows, "embedding_dim": features},
            [random.randint(1, 6)], nn.Embedding(rows, features))


def position_embedding():
    shape = [random.randint(1, 6), random.randint(1, 6)]
    return {"type": "position_embedding"}, shape, PositionEmbedding(shape)


def mean():
    if random.random() < 0.5:
        return ({"type": "mean", "dim": 1}, [random.randint(1, 9), random.randint(1, 9)],
                Call(lambda x: x.mean(1)))
    return {"type": "mean", "dim": [2, 3]}, image(), Call(lambda x: x.mean([2, 3]))


def to_sequence():
    return {"type": "to_sequence"}, image(), Call(lambda x: x.flatten(2).transpose(1, 2))


def self_attention(causal, tokens):
    heads = random.randint(1, 3)
    features = heads * random.randint(1, 3)
    return ({"type": "self_attention", "num_heads": heads, "causal": causal}, [tokens, features],
            SelfAttention(features, heads, causal))


def nested(features, depth):
    """Some layers that give as many features as they take."""
    specs, modules = [], []
    for kind in random.choices(["linear", "gelu", "relu", "layer_norm", "residual"], k=3):
        if kind == "linear" or kind == "residual" and depth == 0:
            specs.append({"type": "linear", "out_features": features})
            modules.append(nn.Linear(features, features))
        elif kind == "gelu":
            specs.append({"type": "gelu"})
            modules.append(nn.GELU())
        elif kind == "relu":
            specs.append({"type": "relu"})
            modules.append(nn.ReLU())
        elif kind == "layer_norm":
            specs.append({"type": "layer_norm"})
            modules.append(nn.LayerNorm(features))
        else:
            spec, module = residual_of(features, depth - 1)
            specs.append(spec)
            modules.append(module)
    return specs, nn.Sequential(*modules)


def residual_of(features, depth):
    specs, layers = nested(features, depth)
    spec = {"type": "residual", "layers": specs, "recompute": random.random() < 0.5}
    shortcut = None
    if random.random() < 0.5:
        spec["shortcut"], shortcut = nested(features, depth)
    return spec, Residual(layers, shortcut)


def residual():
    shape = [random.randint(1, 4), random.randint(2, 5)]
    spec, module = residual_of(shape[-1], 2)
    return spec, shape, module


def sequential():
    shape = [random.randint(2, 5)]
    specs, layers = nested(shape[-1], 1)
    spec = {"type": "sequential", "layers": specs, "recompute": random.random() < 0.5}
    return spec, shape, layers


def simple(name, module):
    return lambda: ({"type": name}, any_shape(), module)


KINDS = [linear, leaky_relu, gelu, layer_norm, embedding, position_embedding, mean, to_sequence,
         lambda: self_attention(False, random.randint(1, 9)),
         lambda: self_attention(True, random.randint(2, 9)), lambda: self_attention(True, 70),
         lambda: self_attention(False, 130), residual, sequential, simple("silu", nn.SiLU()),
         simple("tanh", nn.Tanh()), simple("sigmoid", nn.Sigmoid()),
         lambda: ({"type": "softmax"}, rows_of_values(), nn.Softmax(-1))]


def values(tensor):
    return [float(str(value)) for value in tensor.detach().to(torch.float32).numpy().ravel()]


def as_it_lies(batch):
    return batch.permute(0, 2, 3, 1) if batch.dim() == 4 else batch


def draw(shape):
    return (2 * torch.randn(shape)).float().double()


def case(spec, shape, module):
    module = module.double()
    for parameter in module.parameters():
        parameter.data = (parameter.data + 0.1 * torch.randn(parameter.shape)).float().double()
    rows = random.randint(1, 4) if math.prod(shape) < 100 else 1
    indices = spec["type"] == "embedding"
    x = (torch.randint(0, spec["num_embeddings"], [rows] + shape) if indices
         else draw([rows] + shape).requires_grad_())
    y = module(x)
    dy = draw(y.shape)
    y.backward(dy)
    return {"layer": spec, "shape": shape, "rows": rows,
            "x": x.ravel().tolist() if indices else values(as_it_lies(x)),
            "dy": values(as_it_lies(dy)), "y": values(as_it_lies(y)),
            "dx": [] if indices else values(as_it_lies(x.grad)),
            "parameters": [{"name": name, "values": values(p), "gradient": values(p.grad)}
                           for name, p in module.named_parameters()]}


def main():
    torch.manual_seed(20240301)
    random.seed(20240301)
    cases = [case(*kind()) for kind in KINDS for _ in range(CASES_OF_A_KIND)]
    text = json.dumps(cases, separators=(",", ":"))
    path = pathlib.Path(__file__).parent / "layers.json"
    path.write_text(text.replace(',"', ',\n"') + "\n")


main()
