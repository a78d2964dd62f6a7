#!/usr/bin/env python3
"""Compares what two trainings in rounds have sent over links.
usage: links_alike.py FOLDER FOLDER
Each has wire (of tests/slurm/capture.py), and for what must not be seen model.json,
model.safetensors and images.gz; see bench/rounds_on_links.sh."""
import collections
import pathlib
import struct
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "slurm"))
import captured
import numpy
import streams

NAME, LANE = 16, 256  # of a slot, as in docs/rounds.md
LANES_ALONE = 0  # a draw


def pairs(connections):
    """{(from, to): the messages, in order}, by rank."""
    by_address, rank_of = collections.defaultdict(list), {}
    for ((sender, _), (receiver, _), _), stream in connections.items():
        for message in streams.messages(stream) or []:
            by_address[sender, receiver].append(message)
            rank_of[sender] = message.source
    return {(rank_of[sender], rank_of[receiver]): messages
            for (sender, receiver), messages in by_address.items()}


def slots(messages):
    return [message for message in messages if message.tag == captured.CELL]


def named(messages):
    """Of each slot, in order, its size and its name."""
    return [(slot.size, slot.payload[:NAME]) for slot in slots(messages)]


def differences(first, second):
    """What is not the same on the links of two runs."""
    if first.keys() != second.keys():
        return [f"pairs of ranks: {sorted(first)} and {sorted(second)}"]
    wrong = [f"{pair}: {len(slots(first[pair]))} and {len(slots(second[pair]))} slots"
             for pair in first if named(first[pair]) != named(second[pair])]
    if len({tuple(named(messages)) for messages in first.values()}) != 1:
        wrong.append("links differ within one run")
    return wrong


def others(messages):
    """What else a pair has sent from the first slot on: (tag, size), how often."""
    first = next(place for place, one in enumerate(messages) if one.tag == captured.CELL)
    return collections.Counter((one.tag, one.size) for one in messages[first:]
                               if one.tag != captured.CELL)


class Secrets:
    """Of one run. Finds them in a stream as captured.Run does, and sooner: a table by the first
    bytes of eight rules most places out."""

    MASK = (1 << 24) - 1

    def __init__(self, folder):
        self.run = captured.Run(folder)
        self.begins = numpy.zeros(self.MASK + 1, bool)
        for known in self.run.windows.values():
            self.begins[known & numpy.uint64(self.MASK)] = True

    def seen_in(self, stream):
        """The kinds of secrets of which eight bytes in a row are there."""
        seen = {"specification" for word in captured.WORDS if word in stream}
        for at in range(min(captured.WINDOW, max(0, len(stream) - captured.WINDOW + 1))):
            words = numpy.frombuffer(stream, numpy.uint64, (len(stream) - at) // 8, at)
            words = words[self.begins[words & numpy.uint64(self.MASK)]]
            seen |= {kind for kind, known in self.run.windows.items()
                     if numpy.isin(words, known).any()}
        return seen


def readable(folder, connections, links):
    """What is to be read in a run."""
    secrets, wrong = Secrets(folder), []
    for (sender, receiver, _), stream in connections.items():
        if seen := secrets.seen_in(stream):
            wrong.append(f"{folder}: {', '.join(sorted(seen))} from {sender} to {receiver}")
    behind = b"".join(slot.payload[NAME:] for messages in links.values()
                      for slot in slots(messages) if slot.payload[9] != LANES_ALONE)
    if len(zlib.compress(behind, 1)) < len(behind):
        wrong.append(f"{folder}: {len(behind)} bytes behind the names can be compressed")
    # So that this can fail.
    if secrets.seen_in(captured.plant(secrets.run)) != set(secrets.run.kinds):
        wrong.append(f"{folder}: what is planted is not found")
    return wrong


def main():
    folders = sys.argv[1:3]
    carried = [streams.streams(folder + "/wire") for folder in folders]
    first, second = map(pairs, carried)
    wrong = differences(first, second)
    for folder, connections, links in zip(folders, carried, (first, second)):
        wrong += readable(folder, connections, links)
    last = slots(second[0, 1])[-1]
    short = {**second, (0, 1): [one for one in second[0, 1] if one is not last]}
    if not differences(first, short):  # so that this can fail
        wrong.append("a slot that is missing goes unnoticed")
    some = next(iter(first.values()))
    print(f"{len(first)} ordered pairs of ranks: each has sent {len(slots(some))} slots of "
          f"{sorted({slot.size for slot in slots(some)})} bytes in each run")
    for folder, links in zip(folders, (first, second)):
        rest = sum((others(messages) for messages in links.values()), collections.Counter())
        print(f"{pathlib.Path(folder).name}: besides, from the first slot on, as tag, bytes: "
              f"{sorted(rest.items())}")
    for line in wrong:
        print("WRONG:", line)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
