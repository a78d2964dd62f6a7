"""A node in rounds, relay and stage host alike: every round it sends all others a slot, and takes
theirs (docs/rounds.md). Its work on slots is in rounds_slots.py, the lane in rounds_lane.py. It
keeps no pace, and shows nothing where somebody is to be blamed: it refuses both.
"""
import os
import time

import mixnn_protocol as mixnn
import rounds_lane as lane
import rounds_slots as rounds
from host import Host
from rounds_host import Circuits

OWNER = 0
PATIENCE = 20.0  # seconds at most, after which a slot is missing if its sender's next is here


class RoundsNode:
    def __init__(self, transport, chain, parameters):
        self.transport, self.chain, self.parameters = transport, chain, parameters
        self.suite, self.hops = mixnn.Suite(parameters.suite), parameters.hops
        self.others = [rank for rank in range(transport.size) if rank != transport.rank]
        self.size = parameters.cell_bytes - rounds.BODY_AT
        if parameters.period_ns:
            raise RuntimeError("rounds with a pace are not built here")
        self.patience = min(PATIENCE, parameters.patience_ms / 1000)
        self.counters = mixnn.Counters(refused=transport.refused)
        self.exchange, self.logical, self.draw = 0, 0, rounds.LANES_ALONE
        self.epoch_began = 0  # in this logical exchange
        self.works = {}  # keys of links and works, by whether they are the current epoch's
        self.mouth, self.ear = lane.Mouth(), lane.Ear()
        self.pieces = []  # of the owner's lane in this exchange
        self.host = Host()
        self.circuits = Circuits(self.host, parameters.allowance)
        self.early = {}  # slots by exchange, round and sender
        self.reported, self.bad = 0, 0  # bad slots: of the exchange before, of this one
        self.times_back = 0
        self.told = None  # by the owner in this exchange: to go back or not, the next draw
        self.commit, self.clip = None, False
        self.rests, self.stopped, self.failed = False, False, False
        self._new_keys()

    def _new_keys(self):
        self.secret = rounds.Secret(self.chain.slot_key)
        self.to_owner, self.from_owner = self.secret.lane(1), self.secret.lane(0)

    # Slots on links

    def _send(self, to, slot):
        self.counters.sent += 1
        self.transport.send(to, slot)

    def _send_round(self, number, slots):
        for link in self.others:
            text = self._lane(link, number) + slots[link]
            if self.draw != rounds.LANES_ALONE:
                text = self._cover(self._links()[link][0], number, text)
            self._send(link, rounds.name(self.exchange, number, self.draw) + text)

    def _cover(self, key, number, text):
        """Of a circuit's first link and its last over all, of others over the lane alone."""
        outer = number == 0 and self.hops == 3 or number == self.hops and self.hops >= 2
        under = len(text) if outer else rounds.LANE
        return self.suite.cover(key, text[:under], self._nonce(number)) + text[under:]

    def _nonce(self, number):
        return rounds.nonce(rounds.MAX_ROUNDS * self.exchange + number)

    def _lane(self, link, number):
        if link != OWNER:
            return bytes(rounds.LANE) if self.draw else os.urandom(rounds.LANE)
        text = lane.text_of(self.reported, 0, self.mouth.piece(self.logical, number))
        return b"".join(self.suite.seal(self.to_owner, text, self._nonce(number)))

    def _take_round(self, number):
        """Lanes, and what is behind them, by sender; None where no slot has come."""
        place, began = (self.exchange, number, self.draw), time.monotonic()
        while (missing := [link for link in self.others if place + (link,) not in self.early]):
            if not self._receive(place):
                if self._gives_up(place, missing, time.monotonic() - began):
                    break
                time.sleep(0.0003)
        lanes, slots = dict.fromkeys(self.others), dict.fromkeys(self.others)
        for link in self.others:
            text = self.early.get(place + (link,), b"")[rounds.NAME:]
            if not text:
                self.bad += 1
                continue
            if self.draw != rounds.LANES_ALONE:
                text = self._cover(self._links()[link][1], number, text)
            lanes[link], slots[link] = text[:rounds.LANE], text[rounds.LANE:]
        return lanes, slots

    def _gives_up(self, place, missing, waited):
        """Whether a slot that has not come is lost. Nobody waits in vain for the owner to begin."""
        after = self._after(place)
        further = {sender for *of, _, sender in self.early if tuple(of) == after}
        if waited < self.patience or place[1] == 0 and OWNER in missing and not further:
            return False
        return waited >= 2 * self.patience or further >= set(missing)

    def _after(self, place):
        exchange, number, _ = place
        return (exchange, number + 1) if number < self.hops else (exchange + 1, 0)

    def _receive(self, place):
        """Keeps what has come for this round and the next: whoever loses nothing is no further.
        Whether there was anything."""
        while (found := self.transport.stray()) is not None:
            self.counters.refuse(found[0])
        if (found := self.transport.poll()) is None:
            return False
        sender, slot = found
        of = rounds.place_of(slot) if len(slot) == self.parameters.cell_bytes else None
        if (of is None or sender not in self.others or of + (sender,) in self.early or
                of[:2] not in (place[:2], self._after(place))):
            self.counters.refuse(sender)
            return True
        self.counters.received += 1
        self.early[of + (sender,)] = slot
        return True

    # Keys and routes

    def _table(self):
        """The last epoch's where all have gone back over the beginning of this one."""
        return self.works[self.logical >= self.epoch_began]

    def _links(self):
        return self._table()[0]

    def _work(self):
        return self._table()[1][self.draw]

    def _take_table(self, data):
        table = rounds.Table(data, self.transport.size, self.hops, self.transport.rank,
                             self.secret)
        works = {draw: rounds.Works(self.suite, table, draw, self.hops, self.size)
                 for draw in table.draws}
        self.works[True] = table.links, works

    def _begin_epoch(self):
        self.chain.ratchet()
        self._new_keys()
        self.epoch_began = self.logical
        self.works = {False: self.works[True]}

    # An exchange

    def turn(self):
        """One exchange."""
        self.bad, self.told, self.pieces = 0, None, []
        if self.draw == rounds.LANES_ALONE:
            self._lanes_alone()
        else:
            self._with_circuits()
        self.reported = min(self.bad, 255)
        self._answer_messages()
        self._next()

    def _lanes_alone(self):
        for number in range(self.hops + 1):
            inner = 2 * rounds.TAG + self.size
            self._send_round(number, {link: os.urandom(inner) for link in self.others})
            self._hear(number, self._take_round(number)[0])

    def _with_circuits(self):
        work = self._work()
        work.bad = 0
        slots = work.begin(self.exchange, self.circuits.texts(self.logical, work))
        for number in range(self.hops + 1):
            self._send_round(number, slots)
            lanes, slots = self._take_round(number)
            self._hear(number, lanes)
            if number < self.hops:
                slots = work.go_on(self.exchange, number + 1, slots)
                self.counters.forwarded += len(slots)
        texts = work.end(self.exchange, slots)
        self.bad += work.bad
        self.counters.delivered += self.circuits.take(self.logical, texts, work)

    def _hear(self, number, lanes):
        sealed, piece = lanes[OWNER], None
        if sealed is not None:
            text = self.suite.open(self.from_owner, sealed[:rounds.LANE_TEXT],
                                   sealed[rounds.LANE_TEXT:], self._nonce(number))
            self.bad += text is None
            if text is not None:
                order, draw, piece = lane.read(text)
                self.told = order, draw
        self.pieces.append(piece)

    def _next(self):
        """What the owner says of the next exchange. Where nothing of it came, it goes on alike."""
        if self.told is None:
            raise RuntimeError("nothing came of the owner in an exchange")
        (order, draw), last = self.told, self.draw
        if order == lane.SHOW:
            raise RuntimeError("the owner looks for somebody to blame: nothing is shown here")
        self.exchange, self.draw = self.exchange + 1, draw
        self.times_back += order == lane.GO_BACK
        self.logical += -lane.BACK if order == lane.GO_BACK else 1
        if draw == rounds.LANES_ALONE != last and self.logical > self.epoch_began:
            self._begin_epoch()
        self.mouth.forget(self.logical - lane.BACK)
        self.circuits.forget(self.logical)
        for key in [key for key in self.early if key[0] < self.exchange]:
            del self.early[key]

    # Messages

    def _answer_messages(self):
        messages = self.ear.hear(self.logical, self.pieces)
        if self.failed:
            return
        try:
            for about, data in messages:
                self._control(about, data)
            self.circuits.answer(self._compute)
            self._commit_and_clip()
        except Exception as error:
            self.failed = True
            self._report(mixnn.ERROR, f"{type(error).__name__}: {error}")

    def _compute(self, about, data):
        return self.host.compute(about, data)

    def _control(self, about, data):
        if about.kind == mixnn.TABLE:
            self._take_table(data)
        elif about.kind in (mixnn.FORWARD, mixnn.TEST):
            self.circuits.order(about)
        elif about.kind == mixnn.TRACE:
            self._say(mixnn.TRACE_PART, mixnn.trace_part(time.monotonic_ns()))
        elif about.kind == mixnn.INQUIRY:
            known = self.circuits.known(mixnn.parse_inquiry(data)[1])
            self._report(mixnn.ACKNOWLEDGED, known=known)
        elif about.kind == mixnn.COMMIT:
            self.commit = mixnn.parse_commit(data)[1:]
        elif about.kind == mixnn.CLIP:
            self.clip = True
        elif about.kind == mixnn.SCALE:
            self.host.scale(data)
        elif about.kind == mixnn.EPOCH:
            self._report(mixnn.ACKNOWLEDGED, fresh=self.chain.agree(data[:32]))
        elif about.kind in (mixnn.PAUSE, mixnn.RESUME, mixnn.STOP, mixnn.SETTLE):
            self.stopped, self.rests = about.kind == mixnn.STOP, about.kind == mixnn.PAUSE
            self._report(mixnn.FINAL if self.stopped else mixnn.ACKNOWLEDGED)
        else:
            raise mixnn.Malformed(f"kind {about.kind} on the lane")

    def _commit_and_clip(self):
        if self.commit and self.host.has_made(self.commit[0]):
            tensors, self.commit = self.commit[1], None
            self._say(mixnn.COMMITMENT, self.host.commit(tensors))
        if self.clip and self.host.has_gradients():
            self.clip = False
            self._say(mixnn.SQUARES, self.host.squares())

    def _report(self, kind, error="", fresh=bytes(32), known=0):
        usage = self.host.usage(self.parameters.cells_needed)
        self._say(mixnn.REPORT, mixnn.report(kind, self.counters, usage, error, fresh, known))

    def _say(self, kind, payload):
        self.mouth.say(mixnn.Description(kind, 0, 0, 0), payload)

    # The whole run

    def _rest(self):
        """After a pause, once all is said: until another rank begins the exchange."""
        if not self.rests or self.mouth.waiting:
            return
        while not any(of[0] == self.exchange for of in self.early):
            if not self._receive((self.exchange, 0, self.draw)):
                time.sleep(0.002)
        self.rests = False

    def run(self):
        while not (self.stopped and not self.mouth.waiting and
                   self.logical > self.mouth.last + lane.BACK):
            self._rest()
            self.turn()
        self.transport.leave()

    def __str__(self):
        return (f"rank {self.transport.rank} was {self.host}, in {self.exchange} exchanges, went "
                f"back {self.times_back} times: {self.counters}")
