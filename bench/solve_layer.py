#!/usr/bin/env python3
"""What hosts can find out from the tensors alone (docs/threat-model.md, "What a host sees").

usage: solve_layer.py MIXNN DATA [EPOCHS]

Trains a small network of three stages with `MIXNN baseline`, the middle one a single linear layer,
and then plays two attacks on the trained weights:
  - the hosts of the first and the last stage pool what they sent and received in one test pass, and
    solve for the layer between them;
  - the host of the first stage takes the gradients of one batch, and counts how many directions
    they have: the width of the next layer.
Each with float32 and with bfloat16 on the wire. Plain Python, no packages.
"""

import gzip
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile

WIDTHS = (64, 32, 10)
BATCH = 128
MODEL = {
    "name": "single", "input": {"shape": [1, 8, 8], "scale": 0.0625}, "loss": "cross_entropy",
    "stages": [
        {"layers": [{"type": "flatten"}, {"type": "linear", "out_features": WIDTHS[0]},
                    {"type": "relu"}]},
        {"layers": [{"type": "linear", "out_features": WIDTHS[1]}]},
        {"layers": [{"type": "relu"}, {"type": "linear", "out_features": WIDTHS[2]}]},
    ],
}


def as_float32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def as_bfloat16(x):
    bits = struct.unpack("<I", struct.pack("<f", x))[0]
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def read_idx(path):
    raw = gzip.open(path).read()
    sizes = struct.unpack(f">{raw[3]}I", raw[4:4 + 4 * raw[3]])
    values, row = raw[4 + 4 * raw[3]:], math.prod(sizes[1:])
    return [values[i * row:(i + 1) * row] for i in range(sizes[0])]


def trained(program, data, epochs):
    """Weights and biases of the three linear layers: rows of the weights, and biases."""
    with tempfile.TemporaryDirectory() as scratch:
        model, out = pathlib.Path(scratch) / "model.json", pathlib.Path(scratch) / "out"
        model.write_text(json.dumps(MODEL))
        subprocess.run([program, "baseline", model, "--data", data, "--epochs", str(epochs),
                        "--seed", "7", "--quiet", "--out", out], check=True)
        raw = (out / "model.safetensors").read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header, body = json.loads(raw[8:8 + length]), raw[8 + length:]
    header.pop("__metadata__", None)
    layers = []
    for tensor in sorted(header.values(), key=lambda t: t["data_offsets"]):
        begin, end = tensor["data_offsets"]
        values = struct.unpack(f"<{(end - begin) // 4}f", body[begin:end])
        if len(tensor["shape"]) == 2:
            width = tensor["shape"][1]
            layers.append([[values[i:i + width] for i in range(0, len(values), width)], None])
        else:
            layers[-1][1] = values
    return layers


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def linear(layer, x):
    return [dot(row, x) + bias for row, bias in zip(*layer)]


def pivoted_qr(columns):
    """Of a matrix by columns: their order, Q by columns, R by rows, largest diagonal first."""
    rest, order, q, r = [list(c) for c in columns], list(range(len(columns))), [], []
    for k in range(len(rest)):
        best = max(range(k, len(rest)), key=lambda j: dot(rest[j], rest[j]))
        for a in (rest, order):
            a[k], a[best] = a[best], a[k]
        for row in r:
            row[k], row[best] = row[best], row[k]
        norm = math.sqrt(dot(rest[k], rest[k]))
        if norm == 0:
            break
        unit = [x / norm for x in rest[k]]
        row = [0.0] * k + [norm]
        for j in range(k + 1, len(rest)):
            share = dot(unit, rest[j])
            rest[j] = [x - share * u for x, u in zip(rest[j], unit)]
            row.append(share)
        q.append(unit)
        r.append(row)
    return order, q, r


def rank_of(r, least):
    return sum(1 for k, row in enumerate(r) if abs(row[k]) > least * abs(r[0][0]))


def solve(columns, targets, least):
    """Least squares: for each target the coefficients of the columns; those that say no more than
    others get 0."""
    order, q, r = pivoted_qr(columns)
    rank, solutions = rank_of(r, least), []
    for target in targets:
        x = [0.0] * rank
        for k in reversed(range(rank)):
            known = sum(r[k][j] * x[j] for j in range(k + 1, rank))
            x[k] = (dot(q[k], target) - known) / r[k][k]
        full = [0.0] * len(columns)
        for k in range(rank):
            full[order[k]] = x[k]
        solutions.append(full)
    return solutions, rank


def solve_for_the_layer(layers, samples, wire, least):
    inputs, outputs = [], []
    for sample in samples:
        x = [wire(max(v, 0.0)) for v in linear(layers[0], [p * 0.0625 for p in sample])]
        inputs.append(x + [1.0])
        outputs.append([wire(v) for v in linear(layers[1], x)])
    found, rank = solve(list(zip(*inputs)), list(zip(*outputs)), least)
    seen = [any(x[j] for x in inputs) for j in range(WIDTHS[0])]  # units that are ever above 0
    return relative_error(found, layers[1][0], seen), sum(seen), rank


def solve_behind_relu(layers, samples, least):
    """The layer has a ReLU behind it: each output is solved for from the samples where it is
    above 0. The relative error of the outputs that have enough of them, and how many they are."""
    inputs = [[as_float32(max(v, 0.0)) for v in linear(layers[0], [p * 0.0625 for p in sample])]
              + [1.0] for sample in samples]
    found, weights, seen = [], [], [True] * WIDTHS[0]
    for row, bias in zip(*layers[1]):
        above = [(x, as_float32(y)) for x in inputs if (y := dot(row, x) + bias) > 0]
        used = [any(x[j] for x, _ in above) for j in range(WIDTHS[0])]
        if len(above) < 2 * WIDTHS[0] or sum(used) < 0.8 * WIDTHS[0]:
            continue
        solution, _ = solve(list(zip(*(x for x, _ in above))), [[y for _, y in above]], least)
        found += solution
        weights.append(row)
        seen = [a and b for a, b in zip(seen, used)]
    return relative_error(found, weights, seen), len(found)


def relative_error(found, weights, seen):
    pairs = [(f, w) for row, true in zip(found, weights) for f, w, s in zip(row, true, seen) if s]
    return math.sqrt(sum((f - w) ** 2 for f, w in pairs) / sum(w ** 2 for _, w in pairs))


def directions(layers, samples, labels, wire):
    """Of a batch's gradients at the first stage's output: the diagonal of R, over its first."""
    rows = []
    for sample, label in zip(samples, labels):
        x = [wire(max(v, 0.0)) for v in linear(layers[0], [p * 0.0625 for p in sample])]
        y = [wire(v) for v in linear(layers[1], x)]
        logits = linear(layers[2], [max(v, 0.0) for v in y])
        top = max(logits)
        powers = [math.exp(v - top) for v in logits]
        g = [wire((p / sum(powers) - (i == label[0])) / len(samples))
             for i, p in enumerate(powers)]
        dy = [wire(sum(g[i] * layers[2][0][i][j] for i in range(WIDTHS[2])) * (y[j] > 0))
              for j in range(WIDTHS[1])]
        rows.append([wire(sum(dy[i] * layers[1][0][i][j] for i in range(WIDTHS[1])))
                     for j in range(WIDTHS[0])])
    _, _, r = pivoted_qr(list(zip(*rows)))
    return [abs(row[k]) / abs(r[0][0]) for k, row in enumerate(r)]


def main(program, data, epochs="10"):
    data = pathlib.Path(data)
    layers = trained(program, data, int(epochs))
    test = read_idx(data / "t10k-images-idx3-ubyte.gz")
    train = read_idx(data / "train-images-idx3-ubyte.gz")[:BATCH]
    labels = read_idx(data / "train-labels-idx1-ubyte.gz")[:BATCH]
    for name, wire, least in (("float32", as_float32, 1e-6), ("bfloat16", as_bfloat16, 1e-3)):
        error, seen, rank = solve_for_the_layer(layers, test, wire, least)
        print(f"{name}: two hosts around a linear layer of {WIDTHS[0]} x {WIDTHS[1]}, one test "
              f"pass of {len(test)} samples: relative error {error:.1e} ({seen} inputs that are "
              f"ever used, {rank} independent columns with the bias)")
        gaps = directions(layers, train, labels, wire)
        steps = [(gaps[k] / max(gaps[k + 1], 1e-300), k + 1) for k in range(len(gaps) - 1)]
        steepest, width = max(steps)
        print(f"{name}: gradients of {BATCH} samples, {WIDTHS[0]} numbers each: they have {width} "
              f"directions (the next is {steepest:.0f} times smaller); the next layer is "
              f"{WIDTHS[1]} wide")
    error, outputs = solve_behind_relu(layers, test, 1e-6)
    print(f"float32, a ReLU behind the layer: {outputs} of {WIDTHS[1]} outputs solved for, "
          f"relative error {error:.1e}")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__.split("\n\n")[1])
    main(*sys.argv[1:])
