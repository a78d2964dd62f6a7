"""One stage of the network, computed with numpy: linear layers and relu, SGD, checkpoints' shards.

Where numpy calls the same OpenBLAS with the same kernels (OPENBLAS_CORETYPE as `mixnn info` says)
and no micro-batch has a single row, it gives the C++ program's bits; else the last digits differ.
"""
import hashlib
import json
import os
import struct
import tempfile

import numpy as np
from nacl import bindings as sodium

import mixnn_protocol as mixnn


class Wire:
    """Activations and gradients, as they travel."""

    SIZES = {"float32": 4, "bfloat16": 2, "int8": 1}
    LEAST = np.float32(127) * np.finfo(np.float32).tiny

    def __init__(self, name):
        if name not in self.SIZES:
            raise mixnn.Malformed("wire")
        self.name = name

    def bytes(self, rows, columns):
        return self.SIZES[self.name] * rows * columns + (4 * rows if self.name == "int8" else 0)

    def read(self, data, rows, columns):
        if self.name == "float32":
            return np.frombuffer(data, "<f4", rows * columns).reshape(rows, columns)
        if self.name == "bfloat16":
            upper = np.frombuffer(data, "<u2", rows * columns).astype(np.uint32)
            return (upper << 16).view(np.float32).reshape(rows, columns)
        numbers = np.frombuffer(data, np.int8, rows * columns, 4 * rows).reshape(rows, columns)
        return np.frombuffer(data, "<f4", rows)[:, None] * numbers.astype(np.float32)

    def write(self, values):
        values = np.ascontiguousarray(values, "<f4")
        if self.name == "float32":
            return values.tobytes()
        if self.name == "bfloat16":
            bits = values.view(np.uint32)
            return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()
        largest = np.abs(values).max(axis=1)
        scales = np.where(largest < self.LEAST, np.float32(0), largest / np.float32(127))
        scales[~np.isfinite(largest)] = np.nan
        by = np.where(scales > 0, scales, np.float32(np.inf))  # all others are 0
        finite = np.where(np.isfinite(values), values, np.float32(0))
        return (scales.astype("<f4").tobytes() +
                np.rint(finite / by[:, None]).astype(np.int8).tobytes())


def divided_up(n, by):
    return -(-n // by)


def part_of(forward, m, n, k):
    """Rows and columns of the parts in which a product of m x n sums over k is made: of activations
    with weights, forward, or one of the two others."""
    if m * n * k <= 10**6:
        return m, n
    rows, parts = m, min(4, max(1, m * n * k // (6 * 10**6)))
    if max(m, n) * k <= 2**18 and (k % 16 == 0 and 384 <= k <= 976 if forward else k <= 128):
        rows = min(64 if forward else 32, m)
        most = min(16 if forward else 480, 10**6 // (rows * k) // 16 * 16)
        parts = divided_up(n, most)
    return rows, min(n, divided_up(divided_up(n, parts), 16) * 16)


def product(a, b, forward=False):
    """a b, in parts."""
    (m, k), n = a.shape, b.shape[1]
    rows, columns = part_of(forward, m, n, k)
    result = np.empty((m, n), np.float32)
    for row in range(0, m, rows):
        for column in range(0, n, columns):
            np.matmul(a[row:row + rows], b[:, column:column + columns],
                      out=result[row:row + rows, column:column + columns])
    return result


class Stage:
    """One stage's layers, parameters and optimizer; a decoy's specification is blank: it has none,
    and answers all the same."""

    NOTHING = {"input": {"shape": [1]}, "layers": [], "momentum": 0, "weight_decay": 0}

    def __init__(self, text, part_floats, step):
        self.decoy = not text.strip()
        spec = self.NOTHING if self.decoy else json.loads(text)
        if "stale_epoch" in spec:
            raise mixnn.Malformed("stale weights, which this host does not keep")
        self.wire = Wire(spec.get("wire", "float32"))
        self.inputs = int(np.prod(spec["input"]["shape"]))
        self.scale = spec["input"].get("scale")  # raw bytes come in: this is the first stage
        self.momentum, self.decay = np.float32(spec["momentum"]), np.float32(spec["weight_decay"])
        self.part_floats, self.step = part_floats, step
        self.layers, floats, width = [], 0, self.inputs
        for layer in spec["layers"]:
            if layer["type"] == "linear":
                out = layer["out_features"]
                self.layers.append(("linear", floats, out, width))
                floats, width = floats + out * width + out, out
            elif layer["type"] == "relu":
                self.layers.append(("relu",))
            elif layer["type"] != "flatten":
                raise mixnn.Malformed("layer " + layer["type"])
        self.outputs, self.floats = width, floats
        self.state = np.zeros(2 * floats, np.float32)  # parameters, then velocities
        self.parameters, self.velocity = self.state[:floats], self.state[floats:]
        self.saved, self.gradients = {}, {}
        self.clipped = spec.get("clipped", False)
        self.total = None  # gradients that wait for their scale

    def _part(self, part):
        return part * self.part_floats, (part + 1) * self.part_floats

    def set_part(self, part, floats, data):
        if floats == 0:  # past the end
            return
        start = self._part(part)[0]
        self.state[start:start + floats] = np.frombuffer(data, "<f4", floats)

    def part_of_parameters(self, part):
        start, end = self._part(part)
        return self.parameters[start:end].astype("<f4").tobytes()

    def _matrix(self, of, layer):
        _, at, out, width = layer
        bias = at + out * width
        return of[at:bias].reshape(out, width), of[bias:bias + out]

    def input_of(self, data, rows):
        """What of a message is the input of so many rows, as it came."""
        raw = self.scale is not None
        return data[:rows * self.inputs if raw else self.wire.bytes(rows, self.inputs)]

    def gradient_of(self, data, rows):
        return data[:self.wire.bytes(rows, self.outputs)]

    def forward(self, data, rows, keep=None):
        if self.scale is None:
            x = self.wire.read(data, rows, self.inputs)
        else:
            raw = np.frombuffer(data, np.uint8, rows * self.inputs).reshape(rows, self.inputs)
            x = raw * np.float32(self.scale)
        taken = []
        for layer in self.layers:
            taken.append(x)
            if layer[0] == "linear":
                weight, bias = self._matrix(self.parameters, layer)
                x = product(x, weight.T, forward=True) + bias
            else:
                x = np.maximum(x, np.float32(0))
        if keep is not None:
            self.saved[keep] = taken
        return self.wire.write(x)

    def backward(self, data, rows, key):
        """The input gradients; those of the parameters are kept until update()."""
        g, taken = self.wire.read(data, rows, self.outputs), self.saved.pop(key)
        gradients, rows_of_bias = np.zeros(self.floats, np.float32), {}
        for number in range(len(self.layers) - 1, -1, -1):
            layer, x = self.layers[number], taken[number]
            if layer[0] == "relu":
                g = np.where(x > 0, g, np.float32(0))
                continue
            of_weight, of_bias = self._matrix(gradients, layer)
            of_weight[:] = product(g.T, x)
            rows_of_bias[layer[1] + layer[2] * layer[3]] = g
            if number > 0 or self.scale is None:
                g = product(g, self._matrix(self.parameters, layer)[0])
        self.gradients[key] = gradients, rows_of_bias
        return self.wire.write(g) if self.scale is None else b""

    def accumulate(self, micro_batches, rate):
        """Once the gradients of all micro-batches of the step are there: they are added up. The
        update follows, unless it waits for their scale."""
        if len(self.gradients) < micro_batches:
            return
        total = np.zeros(self.floats, np.float32)
        for key in sorted(self.gradients):
            gradients, rows_of_bias = self.gradients[key]
            total += gradients
            for at, g in rows_of_bias.items():  # one sum over all rows of the batch, row by row
                bias = total[at:at + g.shape[1]]
                bias[:] = np.add.reduce(np.vstack([bias[None], g]), axis=0)
        self.gradients.clear()
        self.total = total, rate
        if not self.clipped:
            self.update(1)

    def squares(self):
        """The sum of the gradients' squares: sixteen sums, then halved four times."""
        values = np.pad(self.total[0].astype(np.float64), (0, -self.floats % 16))
        sums = np.zeros(16)
        for row in (values * values).reshape(-1, 16):
            sums += row
        while len(sums) > 1:
            sums = sums[:len(sums) // 2] + sums[len(sums) // 2:]
        return sums[0]

    def update(self, scale):
        """SGD with momentum."""
        (total, rate), self.total = self.total, None
        step = np.float32(scale) * total + self.decay * self.parameters
        if self.momentum:
            self.velocity[:] = step = self.momentum * self.velocity + step
        self.parameters -= np.float32(rate) * step
        self.step += 1

    def shard(self, order):
        """Writes the state, sealed to the order's public key; the SHA-256 of the file."""
        text = mixnn.Reader(order)
        folder, name, public = text.sized().decode(), text.take(16), text.take(32)
        chunks = text.unpack("I")[0]
        plain = struct.pack("<Q", self.state.size) + self.state.astype("<f4").tobytes()
        plain = plain.ljust(65536 * chunks, b"\0")
        state = sodium.crypto_secretstream_xchacha20poly1305_state()
        key = sodium.crypto_secretstream_xchacha20poly1305_keygen()
        sealed = [sodium.crypto_box_seal(key, public),
                  sodium.crypto_secretstream_xchacha20poly1305_init_push(state, key)]
        for chunk in range(chunks):
            tag = (sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL if chunk + 1 == chunks
                   else sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE)
            sealed.append(sodium.crypto_secretstream_xchacha20poly1305_push(
                state, plain[65536 * chunk:65536 * (chunk + 1)], None, tag))
        data, path = b"".join(sealed), os.path.join(folder, name.hex() + ".shard")
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:  # mode 0600
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(file.name, path)
        return hashlib.sha256(data).digest()
