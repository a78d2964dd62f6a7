"""What a capture of capture.py holds: the bytes of each direction of each TCP connection, and Open
MPI's messages in them. Written for one Open MPI, 4.1 on hosts of one kind: headers in the order of
its btl/tcp and pml/ob1."""
import collections
import struct

Message = collections.namedtuple("Message", "source tag size payload")  # source: rank of the sender
MAGIC = b"OPAL-TCP-BTL"  # in the first bytes of each of its connections
GREETING = 24  # the process's name and the magic
SEND = 1  # btl/tcp: a fragment with its bytes
MATCH, RENDEZVOUS = 65, 66  # pml/ob1: a whole message, or the beginning of a long one
MATCH_HEADER, RENDEZVOUS_HEADER = 14, 32


class Unreadable(Exception):
    pass


def frames(file):
    with open(file, "rb") as capture:
        while size := capture.read(4):
            yield capture.read(*struct.unpack("<I", size))


def is_tcp(frame):
    return frame[12:14] == b"\x08\x00" and frame[23] == 6


def segments(file):
    """(from, to, sequence number, is the first one, bytes) of each TCP segment over IPv4."""
    for frame in filter(is_tcp, frames(file)):
        begin = 14 + 4 * (frame[14] & 15)
        end = 14 + struct.unpack(">H", frame[16:18])[0]
        ports = struct.unpack(">HH", frame[begin : begin + 4])
        number = struct.unpack(">I", frame[begin + 4 : begin + 8])[0]
        data = frame[begin + 4 * (frame[begin + 12] >> 4) : end]
        yield (
            (frame[26:30], ports[0]),
            (frame[30:34], ports[1]),
            number,
            bool(frame[begin + 13] & 2),
            data,
        )


def streams(file):
    """{(from, to, first number): its bytes} of the connections that began while the capture ran. A
    byte that is missing in one is an error: what was not seen was not checked."""
    began = {}
    parts = {}
    for sender, receiver, number, first, data in segments(file):
        way = sender, receiver
        if first:
            began[way] = number + 1
            parts.setdefault((*way, number + 1), {})
        elif data and way in began:
            pieces = parts[(*way, began[way])]
            place = (number - began[way]) % (1 << 32)
            if place < 1 << 31 and len(data) > len(pieces.get(place, b"")):
                pieces[place] = data
    whole = {}
    for way, pieces in parts.items():
        stream = bytearray()
        for place in sorted(pieces):
            if place > len(stream):
                raise Unreadable(f"bytes {len(stream)} to {place} of {way} are not in the capture")
            stream += pieces[place][len(stream) - place :]
        whole[way] = bytes(stream)
    return whole


def others(file):
    """The frames that belong to no TCP connection."""
    return [frame for frame in frames(file) if not is_tcp(frame)]


def messages(stream):
    """Of one direction of a connection between two ranks. None: it is no such connection."""
    if MAGIC not in stream[:GREETING]:
        return None
    found = []
    place = GREETING
    while place + 8 <= len(stream):
        _, kind, count, size = struct.unpack("<BBHI", stream[place : place + 8])
        if kind != SEND:
            raise Unreadable(f"a fragment of kind {kind}, count {count}")
        fragment = stream[place + 8 : place + 8 + size]
        place += 8 + size
        if len(fragment) < size:
            break  # the connection was cut
        if fragment[0] == MATCH:
            _, _, _, source, tag, _ = struct.unpack("<BBHiiH", fragment[:MATCH_HEADER])
            found.append(Message(source, tag, size - MATCH_HEADER, fragment[MATCH_HEADER:]))
        elif fragment[0] == RENDEZVOUS:
            _, _, _, source, tag, _ = struct.unpack("<BBHiiH", fragment[:MATCH_HEADER])
            whole = struct.unpack("<Q", fragment[16:24])[0]
            found.append(Message(source, tag, whole, fragment[RENDEZVOUS_HEADER:]))
    return found
