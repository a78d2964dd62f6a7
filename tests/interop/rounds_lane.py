"""The lane between the owner and a rank (docs/rounds.md, "Lane"): a stream of messages each way, in
pieces that are said again when all go back.
"""
import struct

import mixnn_protocol as mixnn
from rounds_slots import LANE_TEXT

HEAD = 4  # of a lane's text
PIECE = LANE_TEXT - HEAD
MESSAGE_HEAD = 36
GO_BACK, SHOW = 3, 4
BACK = 2  # so far all go: from the exchange in which the owner says so


def text_of(first, second, piece):
    return struct.pack("<BBH", first, second, len(piece)) + piece.ljust(PIECE, b"\0")


def read(text):
    """Both bytes, and the piece."""
    first, second, size = struct.unpack_from("<BBH", text)
    if size > PIECE:
        raise mixnn.Malformed("piece of a lane")
    return first, second, text[HEAD:HEAD + size]


class Mouth:
    """What is said to the owner."""

    def __init__(self):
        self.waiting, self.said = bytearray(), {}  # pieces, by logical exchange and round
        self.last = -1  # the logical exchange of the last word

    def say(self, about, payload):
        self.waiting += struct.pack("<I", len(payload)) + about.pack() + payload

    def piece(self, logical, number):
        """What was said in this round the first time; else what comes next."""
        if (logical, number) not in self.said:
            piece = bytes(self.waiting[:PIECE])
            del self.waiting[:PIECE]
            self.said[logical, number] = piece
            if piece:
                self.last = logical
        return self.said[logical, number]

    def forget(self, before):
        for key in [key for key in self.said if key[0] < before]:
            del self.said[key]


class Ear:
    """What the owner says: whole exchanges, in the order of their logical numbers."""

    def __init__(self):
        self.next, self.bytes = 0, bytearray()

    def hear(self, logical, pieces):
        """The messages that are whole with these; None is a piece that did not come."""
        if logical != self.next or None in pieces:
            return []
        self.next += 1
        self.bytes += b"".join(pieces)
        messages = []
        while len(self.bytes) >= MESSAGE_HEAD:
            end = MESSAGE_HEAD + struct.unpack_from("<I", self.bytes)[0]
            if len(self.bytes) < end:
                break
            messages.append((mixnn.Description.parse(self.bytes[4:MESSAGE_HEAD]),
                             bytes(self.bytes[MESSAGE_HEAD:end])))
            del self.bytes[:end]
        return messages
