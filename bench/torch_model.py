#!/usr/bin/python3
"""From PyTorch to mixnn and back: a torch.nn.Sequential as MODEL and weights, and a trained file as
its parameters.

    import torch_model
    torch_model.save(net, "net.json", "net.safetensors", input_shape=[1, 28, 28])
    ...  mixnn train net.json --weights net.safetensors --out trained
    torch_model.load(net, "trained/model.safetensors")

    torch_model.py MODEL [FILE]     prints MODEL as a torch.nn.Sequential, with the sizes of FILE

Sequentials may lie in each other. What torch has no module for is here: Residual, Block,
SelfAttention, PositionEmbedding, Mean, ToSequence. Trained files are read and written by their
format alone.
"""
import json
import pathlib
import sys

import torch
from torch import nn

FLOATS = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16,
          "BF16": torch.bfloat16, "I64": torch.int64}


class Residual(nn.Module):
    """layers(x) + shortcut(x); without a shortcut + x."""

    def __init__(self, layers, shortcut=None):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        if shortcut:
            self.shortcut = nn.Sequential(*shortcut)

    def forward(self, x):
        return self.layers(x) + (self.shortcut(x) if hasattr(self, "shortcut") else x)


class Block(nn.Sequential):
    """A Sequential that stays one layer, and so within one stage."""


class SelfAttention(nn.MultiheadAttention):
    """Every token looks at all tokens of its sample, or at those before it and itself."""

    def __init__(self, features, num_heads, causal=False, dropout=0.0):
        super().__init__(features, num_heads, dropout=dropout, batch_first=True)
        self.causal = causal

    def forward(self, x):
        tokens = x.shape[1]
        mask = torch.ones(tokens, tokens, dtype=torch.bool, device=x.device).triu(1)
        return super().forward(x, x, x, need_weights=False,
                               attn_mask=mask if self.causal else None)[0]


class PositionEmbedding(nn.Module):
    def __init__(self, tokens, features, std=0.02):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(tokens, features) * std)

    def forward(self, x):
        return x + self.weight


class Mean(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return x.mean(self.dim)


class ToSequence(nn.Module):
    """[C, H, W] as H * W tokens of C features."""

    def forward(self, x):
        return x.flatten(2).transpose(1, 2)


class Tokens(nn.Embedding):
    def __init__(self, num_embeddings, embedding_dim, std=1.0):
        super().__init__(num_embeddings, embedding_dim)
        nn.init.normal_(self.weight, std=std)

    def forward(self, x):
        return super().forward(x.long())


def plane(value):
    return list(value) if isinstance(value, tuple) else value


def window(module):
    return {"kernel_size": plane(module.kernel_size), "stride": plane(module.stride),
            "padding": plane(module.padding)}


def conv2d(module):
    if module.padding_mode != "zeros" or isinstance(module.padding, str):
        raise ValueError("conv2d: padding must be a number of zeros")
    return {"out_channels": module.out_channels, **window(module),
            "dilation": plane(module.dilation), "groups": module.groups,
            "bias": module.bias is not None}


def linear(module):
    options = {} if module.bias is not None else {"bias": False}
    return {"out_features": module.out_features, **options}


def dropout(module):
    return {"p": module.p}


def layer_norm(module):
    if len(module.normalized_shape) != 1:
        raise ValueError("layer_norm: over the last dimension alone")
    return {"eps": module.eps, "elementwise_affine": module.elementwise_affine}


def batch_norm2d(module):
    if module.momentum is None or not module.track_running_stats:
        raise ValueError("batch_norm2d: needs a momentum and running statistics")
    return {"eps": module.eps, "momentum": module.momentum, "affine": module.affine}


# The class itself, not one derived from it: that may do something else.
KINDS = {
    nn.Flatten: ("flatten", lambda m: {}),
    nn.Linear: ("linear", linear),
    nn.ReLU: ("relu", lambda m: {}),
    nn.LeakyReLU: ("leaky_relu", lambda m: {"negative_slope": m.negative_slope}),
    nn.GELU: ("gelu", lambda m: {"approximate": getattr(m, "approximate", "none")}),
    nn.SiLU: ("silu", lambda m: {}),
    nn.Tanh: ("tanh", lambda m: {}),
    nn.Sigmoid: ("sigmoid", lambda m: {}),
    nn.Softmax: ("softmax", lambda m: {}),
    nn.Dropout: ("dropout", dropout),
    nn.LayerNorm: ("layer_norm", layer_norm),
    nn.GroupNorm: ("group_norm", lambda m: {"num_groups": m.num_groups, "eps": m.eps,
                                            "affine": m.affine}),
    nn.BatchNorm2d: ("batch_norm2d", batch_norm2d),
    nn.Conv2d: ("conv2d", conv2d),
    nn.MaxPool2d: ("max_pool2d", window),
    nn.AvgPool2d: ("avg_pool2d", lambda m: {**window(m),
                                            "count_include_pad": m.count_include_pad}),
    nn.AdaptiveAvgPool2d: ("adaptive_avg_pool2d", lambda m: {"output_size": plane(m.output_size)}),
    nn.Embedding: ("embedding", lambda m: {"num_embeddings": m.num_embeddings,
                                           "embedding_dim": m.embedding_dim}),
    Tokens: ("embedding", lambda m: {"num_embeddings": m.num_embeddings,
                                     "embedding_dim": m.embedding_dim}),
    SelfAttention: ("self_attention", lambda m: {"num_heads": m.num_heads, "causal": m.causal,
                                                 "dropout": m.dropout}),
    PositionEmbedding: ("position_embedding", lambda m: {}),
    Mean: ("mean", lambda m: {"dim": m.dim}),
    ToSequence: ("to_sequence", lambda m: {}),
}


def nested(module):
    return [layer for _, layer in layers_of(module, flat=False)]


def layers_of(module, prefix="", flat=True):
    """The layers of a Sequential, each as (its name in PyTorch, its JSON). If flat, those of
    Sequentials in it are among them, so that stages can be cut there."""
    for name, child in module.named_children():
        if flat and type(child) is nn.Sequential:
            yield from layers_of(child, f"{prefix}{name}.")
        elif type(child) in (nn.Sequential, Block):
            yield prefix + name, {"type": "sequential", "layers": nested(child)}
        elif type(child) is Residual:
            layer = {"type": "residual", "layers": nested(child.layers)}
            if hasattr(child, "shortcut"):
                layer["shortcut"] = nested(child.shortcut)
            yield prefix + name, layer
        elif type(child) in KINDS:
            kind, options = KINDS[type(child)]
            yield prefix + name, {"type": kind, **options(child)}
        else:
            raise ValueError(f"{prefix}{name}: mixnn has no layer for {type(child).__name__}")


def flat_names(net):
    """PyTorch's name of each tensor of the network, by mixnn's: the number of the layer among all,
    and the name in it. Residuals within one keep their own names."""
    names = {}
    for number, (name, _) in enumerate(layers_of(net)):
        module = net.get_submodule(name)
        for tensor in module.state_dict():
            if not tensor.endswith("num_batches_tracked"):
                names[f"{number}.{tensor}"] = f"{name}.{tensor}"
    return names


def save(net, model_file, weights_file, input_shape, loss="cross_entropy", name="net", scale=1.0):
    """Writes MODEL, whose cut into stages it leaves open (--stages), and the parameters as they
    are."""
    model = {"name": name, "input": {"shape": list(input_shape), "scale": scale}, "loss": loss,
             "layers": [layer for _, layer in layers_of(net)]}
    pathlib.Path(model_file).write_text(json.dumps(model, indent=1) + "\n")
    state = net.state_dict()
    write_safetensors(weights_file, {ours: state[theirs] for ours, theirs
                                     in flat_names(net).items()})


def load(net, weights_file):
    """Puts the parameters of a trained file into the network that save wrote, or build made."""
    found = read_safetensors(weights_file)
    names = flat_names(net)
    if set(found) != set(names):
        raise ValueError(f"{weights_file}: not of this network: {sorted(set(found) ^ set(names))}")
    state = {theirs: found[ours] for ours, theirs in names.items()}
    missing, _ = net.load_state_dict(state, strict=False)
    lost = [name for name in missing if not name.endswith("num_batches_tracked")]
    if lost:
        raise ValueError(f"{weights_file}: has no {lost}")


def write_safetensors(path, tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        raw = tensor.detach().to(torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(len(text).to_bytes(8, "little") + text + data)


def read_safetensors(path):
    raw = pathlib.Path(path).read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header, data = json.loads(raw[8:8 + length]), bytearray(raw[8 + length:])
    tensors = {}
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        begin, end = tensor["data_offsets"]
        dtype = FLOATS[tensor["dtype"]]
        tensors[name] = torch.frombuffer(data[begin:end], dtype=dtype).reshape(tensor["shape"])
    return tensors


# What each type of MODEL is in PyTorch, from its JSON and the shape of its input.
BUILDERS = {
    "flatten": lambda j, s: nn.Flatten(),
    "linear": lambda j, s: nn.Linear(s[-1], j["out_features"], j.get("bias", True)),
    "relu": lambda j, s: nn.ReLU(),
    "leaky_relu": lambda j, s: nn.LeakyReLU(j.get("negative_slope", 0.01)),
    "gelu": lambda j, s: nn.GELU(approximate=j.get("approximate", "none")),
    "silu": lambda j, s: nn.SiLU(),
    "tanh": lambda j, s: nn.Tanh(),
    "sigmoid": lambda j, s: nn.Sigmoid(),
    "softmax": lambda j, s: nn.Softmax(-1),
    "dropout": lambda j, s: nn.Dropout(j.get("p", 0.5)),
    "layer_norm": lambda j, s: nn.LayerNorm(s[-1], j.get("eps", 1e-5),
                                            j.get("elementwise_affine", True)),
    "group_norm": lambda j, s: nn.GroupNorm(j["num_groups"], s[0], j.get("eps", 1e-5),
                                            j.get("affine", True)),
    "batch_norm2d": lambda j, s: nn.BatchNorm2d(s[0], j.get("eps", 1e-5), j.get("momentum", 0.1),
                                                j.get("affine", True)),
    "conv2d": lambda j, s: nn.Conv2d(s[0], j["out_channels"], tuples(j["kernel_size"]),
                                     tuples(j.get("stride", 1)), tuples(j.get("padding", 0)),
                                     tuples(j.get("dilation", 1)), j.get("groups", 1),
                                     j.get("bias", True)),
    "max_pool2d": lambda j, s: nn.MaxPool2d(tuples(j["kernel_size"]), tuples(j.get("stride")),
                                            tuples(j.get("padding", 0))),
    "avg_pool2d": lambda j, s: nn.AvgPool2d(tuples(j["kernel_size"]), tuples(j.get("stride")),
                                            tuples(j.get("padding", 0)),
                                            count_include_pad=j.get("count_include_pad", True)),
    "adaptive_avg_pool2d": lambda j, s: nn.AdaptiveAvgPool2d(tuples(j["output_size"])),
    "embedding": lambda j, s: Tokens(j["num_embeddings"], j["embedding_dim"],
                                     j.get("std", 1.0)),
    "position_embedding": lambda j, s: PositionEmbedding(*s, j.get("std", 1.0)),
    "self_attention": lambda j, s: SelfAttention(s[-1], j["num_heads"], j.get("causal", False),
                                                 j.get("dropout", 0.0)),
    "mean": lambda j, s: Mean(tuples(j["dim"])),
    "to_sequence": lambda j, s: ToSequence(),
}


def tuples(value):
    return tuple(value) if isinstance(value, list) else value


def expanded(layers):
    for layer in layers:
        if "repeat" in layer:
            for _ in range(layer["repeat"]):
                yield from expanded(layer["layers"])
        else:
            yield layer


def built(layers, shape):
    """Modules for layers one behind the other, and the shape of what the last gives."""
    modules = []
    for layer in expanded(layers):
        if layer["type"] == "residual":
            inner, after = built(layer["layers"], shape)
            module = Residual(inner, built(layer.get("shortcut", []), shape)[0])
            shape = after
        elif layer["type"] == "sequential":
            inner, shape = built(layer["layers"], shape)
            module = Block(*inner)
        else:
            module = BUILDERS[layer["type"]](layer, shape)
            integer = layer["type"] == "embedding"
            blank = torch.zeros([1, *shape], dtype=torch.int64 if integer else torch.float32)
            with torch.no_grad():
                shape = list(module.eval()(blank).shape[1:])
        modules.append(module)
    return modules, shape


def build(model):
    """MODEL, a parsed JSON, as a network in evaluation mode."""
    layers = [layer for stage in model.get("stages", [model]) for layer in stage["layers"]]
    return nn.Sequential(*built(layers, model["input"]["shape"])[0]).eval()


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    net = build(json.loads(pathlib.Path(sys.argv[1]).read_text()))
    if len(sys.argv) == 3:
        load(net, sys.argv[2])
    print(net)


if __name__ == "__main__":
    main()
