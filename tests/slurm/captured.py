#!/usr/bin/env python3
"""What an eavesdropper on all links of the lab reads.
usage: captured.py plant FILE RUN                     writes a piece of each secret, to be sent once
       captured.py check CAPTURE RUN CELL-BYTES PORT
RUN has what must not be seen: model.json, model.safetensors (trained with a learning rate so small
that the parameters stayed what they were from the start), images.gz, and keys, if there are any,
with a secret in hexadecimal digits on each line.
`check` fails unless what was planted is found, in the connection to PORT, and nothing elsewhere."""
import gzip
import json
import os
import struct
import sys
import zlib

import numpy

import streams

WINDOW = 8  # bytes: as many in a row, anywhere, are a secret that was seen
DIFFERENT = 4  # bytes in it at least, since zeros tell nothing
WORDS = [b'"type"', b"layers", b"linear", b"flatten", b"out_features", b"cross_entropy"]
DATAGRAM, CELL = 1, 2  # tags, as in docs/protocol.md


def windows(data, small=False):
    """Those of `data` that tell something. Small numbers are in many a protocol: of them it takes
    more."""
    view = numpy.lib.stride_tricks.sliding_window_view(numpy.frombuffer(data, numpy.uint8), WINDOW)
    view = numpy.ascontiguousarray(view)
    ordered = numpy.sort(view, axis=1)
    different = 1 + (ordered[:, 1:] != ordered[:, :-1]).sum(axis=1)
    tell = different >= DIFFERENT + small
    if small:
        tell &= (view == 0).sum(axis=1) < WINDOW / 2
    return view[tell].view(numpy.uint64).ravel()


def tensors(file):
    with open(file, "rb") as whole:
        whole = whole.read()
    (header,) = struct.unpack("<Q", whole[:8])
    return whole[8 + header :]


class Run:
    """Its secrets, each kind as bytes."""

    def __init__(self, folder):
        with gzip.open(folder + "/images.gz") as images:
            pixels = numpy.frombuffer(images.read()[16:], numpy.uint8)
        with open(folder + "/model.json", "rb") as model:
            specification = model.read()
            scale = json.loads(specification)["input"]["scale"]
        self.kinds = {
            "parameters": tensors(folder + "/model.safetensors"),
            "inputs": pixels.tobytes(),
            "inputs as numbers": (pixels.astype(numpy.float32) * numpy.float32(scale)).tobytes(),
            "specification": specification,
        }
        if os.path.exists(folder + "/keys"):
            with open(folder + "/keys") as keys:
                lines = keys.read().split()
            self.kinds["keys"] = b"".join(bytes.fromhex(line) for line in lines)
            self.kinds["keys as text"] = b"\0".join(line.encode() for line in lines)
        self.windows = {
            kind: numpy.unique(windows(data, kind == "inputs")) for kind, data in self.kinds.items()
        }

    def seen_in(self, stream):
        """The kinds of secrets of which eight bytes in a row are there."""
        if len(stream) < WINDOW:
            return set()
        there = numpy.unique(windows(stream))
        seen = {k for k, known in self.windows.items() if numpy.isin(known, there).any()}
        return seen | {"specification" for word in WORDS if word in stream}


def plant(run):
    """A piece of each kind, at odd places."""
    pieces = [known[len(known) // 2].tobytes() for known in run.windows.values()]
    return b"?" + b"??".join(pieces)


def sizes(messages, cell_bytes):
    """What is wrong with the sizes of the messages of a run."""
    cells = {message.size for message in messages if message.tag == CELL}
    wrong = []
    if cells != {cell_bytes}:
        wrong.append(f"cells of {sorted(cells)} bytes, not of {cell_bytes}")
    by_rank = {}
    for message in messages:
        if message.tag == DATAGRAM and message.source != 0:
            by_rank.setdefault(message.source, []).append(message.size)
    if len({tuple(of_rank) for of_rank in by_rank.values()}) != 1:
        wrong.append(f"the handshakes of the ranks differ in size: {by_rank}")
    from_owner = [m.size for m in messages if m.tag == DATAGRAM and m.source == 0]
    if any(from_owner.count(size) % len(by_rank) for size in from_owner):
        wrong.append(f"the owner's handshakes differ in size: {from_owner}")
    return wrong


def check(capture, run, cell_bytes, port):
    wrong, found, messages, total = [], [], [], 0
    for frame in streams.others(capture):
        if seen := run.seen_in(frame):
            wrong.append(f"{', '.join(sorted(seen))} in the frame {frame.hex()}")
    for (sender, receiver, _), stream in streams.streams(capture).items():
        total += len(stream)
        seen = run.seen_in(stream)
        if receiver[1] == port:
            found.append(seen)
        elif seen:
            wrong.append(f"{', '.join(sorted(seen))} from {sender} to {receiver}")
        messages += streams.messages(stream) or []
    if found != [set(run.kinds)]:
        wrong.append(f"of what was planted only {found} was found")
    wrong += sizes(messages, cell_bytes)
    cells = [message for message in messages if message.tag == CELL]
    # What has a pattern becomes smaller.
    body = b"".join(message.payload for message in cells)
    if len(zlib.compress(body)) < len(body):
        wrong.append(f"{len(body)} bytes of cells can be compressed")
    # So that this can fail.
    if cells and not sizes(messages + [cells[0]._replace(size=cell_bytes - 1)], cell_bytes):
        wrong.append("a shorter cell goes unnoticed")
    others = sorted({m.tag for m in messages} - {DATAGRAM, CELL})
    print(
        f"{total} bytes in TCP: {len(cells)} cells of {cell_bytes} bytes, "
        f"{sum(m.tag == DATAGRAM for m in messages)} datagrams of "
        f"{sorted({m.size for m in messages if m.tag == DATAGRAM})} bytes, "
        f"{len(messages) - len(cells)} messages in all but cells (other tags: {others})"
    )
    for line in wrong:
        print("WRONG:", line)
    return not wrong


def main():
    if sys.argv[1] == "plant":
        with open(sys.argv[2], "wb") as out:
            out.write(plant(Run(sys.argv[3])))
        return 0
    capture, folder, cell_bytes, port = sys.argv[2:]
    return 0 if check(capture, Run(folder), int(cell_bytes), int(port)) else 1


if __name__ == "__main__":
    sys.exit(main())
