#!/usr/bin/python3
"""Loads a trained model.safetensors into PyTorch and prints its test accuracy as JSON.

    check_safetensors.py MODEL FILE DATA

Reads the file by its format alone, without the safetensors package, strictly: every byte must
belong to a tensor that the network of MODEL has. Where torch is missing it says so and exits with
77.
"""
import json
import pathlib
import sys

try:
    import torch
except ImportError:
    print("notice: no PyTorch here (Debian: python3-torch)", file=sys.stderr)
    sys.exit(77)

from torch_network import build, load


def read_safetensors(path):
    raw = pathlib.Path(path).read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header, data = json.loads(raw[8:8 + length]), bytearray(raw[8 + length:])
    header.pop("__metadata__", None)
    tensors, end = {}, 0
    for name, tensor in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, after = tensor["data_offsets"]
        if tensor["dtype"] != "F32" or begin != end:
            sys.exit(f"{path}: {name} is no float32, or does not follow the tensor before it")
        count = torch.Size(tensor["shape"]).numel()
        tensors[name] = torch.frombuffer(data, dtype=torch.float32, count=count,
                                         offset=begin).reshape(tensor["shape"])
        end = begin + 4 * count
        if end != after:
            sys.exit(f"{path}: {name} has another size than its shape")
    if end != len(data):
        sys.exit(f"{path}: has bytes that belong to no tensor")
    return tensors


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    model_file, file, folder = sys.argv[1:]
    model = json.loads(pathlib.Path(model_file).read_text())
    net = build(model)
    net.load_state_dict(read_safetensors(file))
    inputs, labels = load(pathlib.Path(folder), "t10k", model["input"]["scale"])
    with torch.no_grad():
        logits = net(inputs)
        print(json.dumps({"test_accuracy": (logits.argmax(1) == labels).double().mean().item(),
                          "test_loss": torch.nn.functional.cross_entropy(logits, labels).item(),
                          "samples": len(labels)}))


main()
