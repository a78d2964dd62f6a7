"""Slots of rounds: their parts, the keys, a rank's table, and what it makes of the slots that come
to it. Written from docs/rounds.md alone. No MPI, and no memory of exchanges.
"""
import os
import struct
from dataclasses import dataclass

import mixnn_protocol as mixnn

NAME, LANE, LANE_TEXT, TAG = 16, 256, 240, 16
INNER_AT = NAME + LANE  # tag P, tag K, body: what a relay passes on
BODY_AT = INNER_AT + 2 * TAG
LANES_ALONE, OWNERS, TRAINING = 0, 1, 2  # draws
NO_ROLE, FORWARDS, BACKWARDS, FOR_OWNER = 0, 1, 2, 4  # roles of circuits: bits
NOT_THERE = 255  # in a table: where a slot of the rank itself would go
REAL = 1
MAX_ROUNDS = 4  # by which the nonces of links and lanes count


def name(exchange, number, draw):
    return struct.pack("<QBB6x", exchange, number, draw)


def place_of(slot):
    """Exchange, round and draw, by a slot's name; None: it has none."""
    exchange, number, draw, *zeros = struct.unpack_from("<QBB6B", slot)
    return None if any(zeros) or draw > TRAINING else (exchange, number, draw)


def nonce(number):
    return struct.pack("<QI", number, 0)


class Secret:
    """S of one rank and key epoch, and the keys that follow from it."""

    def __init__(self, slot_key):
        self.secret = mixnn.hmac256(slot_key, b"MixNN rounds")

    def key(self, word, draw, rank):
        return mixnn.hmac256(self.secret, b"mixnn " + word + struct.pack("<BI", draw, rank))

    def lane(self, to_owner):
        return mixnn.hmac256(self.secret, b"mixnn lane" + bytes([to_owner]))


@dataclass
class Draw:
    """What a rank knows of the routes of a draw: rows by rank, without its own."""
    first: dict  # of the circuits that begin here, by first link: (role, P)
    hops: list  # for each hop: where a slot goes on to, by where it comes from
    last: dict  # of the circuits that end here, by last link: (role, Q, K)


class Table:
    def __init__(self, data, ranks, hops, rank, secret):
        text = mixnn.Reader(data)
        if text.unpack("BBB") != (ranks, hops, rank):
            raise mixnn.Malformed("table of another rank")
        others = [other for other in range(ranks) if other != rank]
        self.draws = {draw: self._draw(text, ranks, hops, others) for draw in (OWNERS, TRAINING)}
        self.links = {other: (text.take(32), text.take(32)) for other in others}  # to, from
        if text.at != len(text.data):
            raise mixnn.Malformed("length of a table")
        self.secret = secret

    @staticmethod
    def _draw(text, ranks, hops, others):
        first = {other: (text.unpack("B")[0], text.take(32)) for other in others}
        ways = [dict(enumerate(text.take(ranks))) for _ in range(hops)]
        ways = [{other: way[other] for other in others} for way in ways]
        if any(sorted(way.values()) != others for way in ways):
            raise mixnn.Malformed("a hop that is no permutation")
        last = {other: (text.unpack("B")[0], text.take(32), text.take(32)) for other in others}
        return Draw(first, ways, last)


class Works:
    """A rank's work on the slots of one draw. Slots are without name and lane here: tag P, tag K,
    body; None is one that is missing. `bad` counts what did not come or did not open."""

    def __init__(self, suite, table, draw, hops, body_bytes):
        self.suite, self.routes, self.hops, self.size = suite, table.draws[draw], hops, body_bytes
        own = lambda word: {rank: table.secret.key(word, draw, rank) for rank in self.routes.first}
        self.k, self.p, self.q, self.fill, self.void = map(own, (b"k", b"p", b"q", b"fill",
                                                                 b"void"))
        self.bad = 0

    def first_link(self, role):
        """Of the circuit with this role; None: there is none."""
        return next((link for link, (roles, _) in self.routes.first.items() if roles & role), None)

    def role_of(self, last_link):
        return self.routes.last[last_link][0]

    def begin(self, exchange, texts):
        """As sender: what goes out on each first link. Where `texts` has nothing, a dummy."""
        slots, at = {}, nonce(exchange)
        for link, (_, p) in self.routes.first.items():
            text = texts.get(link, b"").ljust(self.size, b"\0")
            if len(text) > self.size:
                raise mixnn.Malformed("payload does not fit its slot")
            body, tag_k = self.suite.seal(self.k[link], text, at)
            sealed, tag_p = self.suite.seal(p, tag_k + body, at)
            slots[link] = tag_p + sealed
        return slots

    def go_on(self, exchange, hop, slots):
        """As relay: what goes out, by link, of what came to this hop, from 1."""
        way = self.routes.hops[hop - 1]
        if hop == (self.hops + 1) // 2:
            return self._cross(exchange, way, slots)
        return {way[link]: slot or os.urandom(2 * TAG + self.size) for link, slot in slots.items()}

    def _cross(self, exchange, way, slots):
        opened, at = {}, nonce(exchange)
        for link, slot in slots.items():
            opened[link] = slot and self.suite.open(self.p[link], slot[TAG:], slot[:TAG], at)
            self.bad += slot is not None and opened[link] is None
        zeros = bytes(2 * TAG + self.size)
        if None in opened.values():
            return {link: self.suite.cover(self.void[link], zeros, at) for link in slots}
        slots = {}
        for link, text in opened.items():
            filler, out = self.suite.cover(self.fill[link], bytes(TAG), at), way[link]
            slots[out] = self.suite.cover(self.q[out], filler + text, at)
        return slots

    def end(self, exchange, slots):
        """As receiver: the texts, by last link; None where none can be opened."""
        texts, at = {}, nonce(exchange)
        for link, slot in slots.items():
            _, q, k = self.routes.last[link]
            if slot is not None:
                slot = self.suite.cover(q, slot, at)
                slot = self.suite.open(k, slot[2 * TAG:], slot[TAG:2 * TAG], at)
                self.bad += slot is None
            texts[link] = slot
        return texts
