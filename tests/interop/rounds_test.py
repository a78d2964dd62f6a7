#!/usr/bin/python3
"""Tests rounds_slots.py, rounds_lane.py and rounds_host.py alone: without MPI, and without the C++
program. What the owner makes, routes and tables, is made here.

    python3 rounds_test.py
"""
import os
import random
import struct
import sys

try:
    import mixnn_protocol as mixnn
    import rounds_host
    import rounds_lane as lane
    import rounds_slots as rounds
except ImportError as missing:
    print(f"SKIPPED: {missing} (Debian: python3-nacl python3-cryptography)")
    sys.exit(77)

RANKS, SIZE = 7, 128


def idempotent_square():
    """Latin, S(i, i) = i; a random one of some."""
    names, by = random.sample(range(RANKS), RANKS), random.choice(range(2, RANKS))
    at = {name: place for place, name in enumerate(names)}
    return {(i, j): names[(by * at[i] + (1 - by) * at[j]) % RANKS]
            for i in range(RANKS) for j in range(RANKS)}


class Owner:
    """One draw's routes, and what its tables say."""

    def __init__(self, hops):
        self.hops, self.cross = hops, (hops + 1) // 2
        self.b, self.f, self.g = (idempotent_square() for _ in range(3))
        self.secrets = [rounds.Secret(os.urandom(32)) for _ in range(RANKS)]
        self.links = {(u, v): os.urandom(32) for u in range(RANKS) for v in range(RANKS)}

    def way(self, x, y):
        b = self.b[x, y]
        return {1: [x, b, y], 2: [x, b, self.g[b, y], y],
                3: [x, self.f[x, b], b, self.g[b, y], y]}[self.hops]

    def ways(self):
        return [self.way(x, y) for x in range(RANKS) for y in range(RANKS) if x != y]

    def key(self, word, draw, rank, link):
        return self.secrets[rank].key(word, draw, link)

    def draw_of(self, rank, draw, roles):
        first, last, on, cross = {}, {}, [{rank: rounds.NOT_THERE} for _ in range(self.hops)], \
            self.cross
        for way in self.ways():
            role = bytes([roles.get((way[0], way[-1]), rounds.NO_ROLE)])
            if way[0] == rank:
                first[way[1]] = role + self.key(b"p", draw, way[cross], way[cross - 1])
            if way[-1] == rank:
                last[way[-2]] = (role + self.key(b"q", draw, way[cross], way[cross + 1]) +
                                 self.key(b"k", draw, way[0], way[1]))
            for hop in range(self.hops):
                if way[hop + 1] == rank:
                    on[hop][way[hop]] = way[hop + 2]
        rows = lambda of: b"".join(of[link] for link in sorted(of))
        return rows(first) + b"".join(bytes(to for _, to in sorted(way.items())) for way in on) + \
            rows(last)

    def table(self, rank, roles):
        data = struct.pack("<BBB", RANKS, self.hops, rank)
        data += b"".join(self.draw_of(rank, draw, roles) for draw in (1, 2))
        data += b"".join(self.links[rank, other] + self.links[other, rank]
                         for other in range(RANKS) if other != rank)
        return data


def exchange(works, number, texts, alter=None):
    """The texts that all receivers open, by last link. `alter` takes round, link and slot."""
    slots = [work.begin(number, texts.get(rank, {})) for rank, work in enumerate(works)]
    for step in range(works[0].hops + 1):
        came = [{link: slots[link][rank] for link in range(RANKS) if link != rank}
                for rank in range(RANKS)]
        for rank, of_rank in enumerate(came):
            for link in of_rank:
                of_rank[link] = alter(step, (link, rank), of_rank[link]) if alter else of_rank[link]
        if step < works[0].hops:
            slots = [work.go_on(number, step + 1, came[rank]) for rank, work in enumerate(works)]
    return [work.end(number, came[rank]) for rank, work in enumerate(works)]


def circuits(suite, hops):
    """Each text comes to its receiver, where the role says; and what is altered voids all of the
    crossover's."""
    owner, draw = Owner(hops), rounds.TRAINING
    roles = {(0, 1): rounds.FORWARDS, (1, 0): rounds.FORWARDS | rounds.BACKWARDS}
    tables = [rounds.Table(owner.table(rank, roles), RANKS, hops, rank, owner.secrets[rank])
              for rank in range(RANKS)]
    works = [rounds.Works(mixnn.Suite(suite), table, draw, hops, SIZE) for table in tables]
    text = b"\1 from 0 to 1"
    first = works[0].first_link(rounds.FORWARDS)
    assert first == owner.way(0, 1)[1] and works[0].first_link(rounds.FOR_OWNER) is None
    assert works[1].first_link(rounds.BACKWARDS) == owner.way(1, 0)[1]
    last = owner.way(0, 1)[-2]
    got = exchange(works, 7, {0: {first: text}})
    assert got[1][last] == text.ljust(SIZE, b"\0") and works[1].role_of(last) == rounds.FORWARDS
    assert all(not any(one) for rank, of_rank in enumerate(got) for link, one in of_rank.items()
               if (rank, link) != (1, last)) and not any(work.bad for work in works)

    # At the crossover of the circuit from 0 to 1 a slot is altered: of all that it sends, nothing
    # can be opened, and no more than that.
    crossover, came_from = owner.way(0, 1)[owner.cross], owner.way(0, 1)[owner.cross - 1]
    flip = lambda step, link, slot: (
        slot[:-1] + bytes([slot[-1] ^ 1])
        if step == owner.cross - 1 and link == (came_from, crossover) else slot)
    lose = lambda step, link, slot: None if flip(step, link, slot) != slot else slot
    void = {(way[0], way[-1]) for way in owner.ways() if way[owner.cross] == crossover}
    for number, harm in ((8, flip), (9, lose)):
        for work in works:
            work.bad = 0
        got = exchange(works, number, {0: {first: text}}, harm)
        unopened = sum(one is None for of_rank in got for one in of_rank.values())
        assert unopened == len(void) == RANKS - 1
        assert sum(work.bad for work in works) == unopened + (harm is flip)


def tables():
    """One that is longer, another rank's, or does not permute is refused."""
    owner = Owner(3)
    data, secret = owner.table(2, {}), owner.secrets[2]
    assert rounds.Table(data, RANKS, 3, 2, secret).links[3] == (owner.links[2, 3],
                                                                 owner.links[3, 2])
    hop = 3 + 33 * (RANKS - 1)
    for other in (data + b"\0", data[:-1], data[:2] + b"\1" + data[3:],
                  data[:hop] + data[hop + 1:hop + 2] + data[hop + 1:]):
        try:
            rounds.Table(other, RANKS, 3, 2, secret)
        except mixnn.Malformed:
            continue
        assert False, "taken"


def lanes():
    """A stream of messages, whatever is lost and said again."""
    mouth, ear = lane.Mouth(), lane.Ear()
    said = [(mixnn.Description(mixnn.REPORT, 0, number, 0), os.urandom(400 * number))
            for number in range(6)]
    heard, late = [], said.pop()
    for about, payload in said:
        mouth.say(about, payload)
    lost = {(1, 2), (4, 0)}
    for logical in (0, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 7):
        if logical == 5 and late not in said:
            said.append(late)
            mouth.say(*late)
        pieces = []
        for number in range(4):
            text = lane.text_of(9, 0, mouth.piece(logical, number))
            assert len(text) == rounds.LANE_TEXT
            pieces.append(None if (logical, number) in lost else lane.read(text)[2])
            lost.discard((logical, number))
        heard += ear.hear(logical, pieces)
    assert heard == said and not mouth.waiting and mouth.last == 7


class Doubling:
    """A host that answers with what it got, twice."""

    def is_ready(self, _):
        return True

    def answered(self, _):
        pass


class Links:
    """Of a host in the middle of the chain: forwards come from 3 and go to 4, backwards the other
    way."""
    roles = {3: rounds.FORWARDS, 4: rounds.BACKWARDS, 5: rounds.NO_ROLE}

    def role_of(self, link):
        return self.roles[link]

    def first_link(self, role):
        return {rounds.FORWARDS: 4, rounds.BACKWARDS: 3}[role]


def answers():
    """In the next exchange, when the order has come; the same when it is said again."""
    circuits, links = rounds_host.Circuits(Doubling()), Links()
    label = mixnn.Description(mixnn.FORWARD, 1, 2, 0)
    order = mixnn.Description(mixnn.FORWARD, 1, 2, 0, 4, 32, 0.5)
    text = bytes([1]) + label.pack() + b"abc"
    seen = []
    compute = lambda about, data: seen.append(about) or data[:3] * 2
    on = lambda logical, texts, back=False: (
        circuits.take(logical, texts, links), circuits.answer(compute),
        circuits.forget(logical - 2 if back else logical + 1))
    on(10, {3: text, 4: bytes(100), 5: text})
    assert not circuits.texts(11, links) and circuits.known(label.label) == 2 and not seen
    on(11, {3: None, 4: text})  # not for backwards
    on(12, {}, True)
    circuits.order(order)
    on(10, {3: text, 4: None})  # all have gone back
    assert seen == [order] and circuits.known(label.label) == 4
    answer = circuits.texts(11, links)
    assert list(answer) == [4] and answer[4].endswith(b"abcabc")
    on(11, {}), on(12, {}, True), on(10, {3: text}), on(11, {3: None})
    assert circuits.texts(11, links) == answer and len(seen) == 1
    circuits.order(mixnn.Description(mixnn.FORWARD, 1, 2, 0))
    on(13, {4: bytes([1]) + mixnn.Description(mixnn.BACKWARD, 1, 2, 0).pack()})
    assert list(circuits.texts(14, links)) == [3] and seen[1].kind == mixnn.BACKWARD


def main():
    for suite in (mixnn.AES256GCM, mixnn.CHACHA20POLY1305):
        for hops in (1, 2, 3):
            circuits(suite, hops)
    tables()
    lanes()
    answers()


if __name__ == "__main__":
    main()
