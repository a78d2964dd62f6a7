"""What a node says and hears on its circuits: messages that come are answered in the next logical
exchange (docs/rounds.md, "Schedule" and "Losses").
"""
import collections
from dataclasses import replace

import mixnn_protocol as mixnn
import rounds_slots as rounds
from rounds_lane import BACK

KINDS = {rounds.FORWARDS: (mixnn.FORWARD, mixnn.TEST), rounds.BACKWARDS: (mixnn.BACKWARD,),
         rounds.FOR_OWNER: (mixnn.SPECIFICATION, mixnn.PARAMETERS, mixnn.GATHER,
                            mixnn.CHECKPOINT, mixnn.OPENING)}
HEAD = 33  # of a text: real or not, description
ORDERS = 4096  # that are kept


def role_of(kind):
    return next((role for role, kinds in KINDS.items() if kind in kinds), rounds.NO_ROLE)


class Circuits:
    def __init__(self, host, allowance=1):
        self.host, self.allowance = host, allowance
        self.said = {}  # texts by role, by logical exchange
        self.taken = set()  # logical exchange and last link
        self.held = []  # (logical exchange, description, payload): not answered yet
        self.orders = {}  # by label
        self.answered = collections.deque(maxlen=4096)  # labels

    def texts(self, logical, work):
        """By first link."""
        said = self.said.get(logical, {})
        return {work.first_link(role): text for role, text in said.items()}

    def take(self, logical, texts, work):
        """Keeps the real ones that are to be answered; how many."""
        before = len(self.held)
        for link, text in texts.items():
            if text is None or text[0] != rounds.REAL or (logical, link) in self.taken:
                continue
            about = mixnn.Description.parse(text[1:HEAD])
            if role_of(about.kind) & work.role_of(link):
                self.taken.add((logical, link))
                self.held.append((logical, about, text[HEAD:]))
        return len(self.held) - before

    def order(self, about):
        self.orders[about.label] = about
        while len(self.orders) > ORDERS:
            del self.orders[next(iter(self.orders))]

    def _described(self, about):
        """As the owner's order says; None: it has not come."""
        if role_of(about.kind) == rounds.FOR_OWNER:
            return about
        kind = mixnn.FORWARD if about.kind == mixnn.BACKWARD else about.kind
        order = self.orders.get((kind,) + about.label[1:])
        return order and replace(order, kind=about.kind)

    def answer(self, compute):
        """Answers what is ready, behind the logical exchange in which it came."""
        while (found := self._ready()) is not None:
            place, about = found
            logical, _, data = self.held.pop(place)
            payload = compute(about, data)
            self.host.answered(about)
            self.answered.append(about.label)
            text = bytes([rounds.REAL]) + about.pack() + payload
            self.said.setdefault(logical + self.allowance, {})[role_of(about.kind)] = text

    def _ready(self):
        for place, (_, about, _) in enumerate(self.held):
            described = self._described(about)
            if described and self.host.is_ready(described):
                return place, described
        return None

    def known(self, label):
        """What of a request has come: 2 the message; 4: it was answered; 0: nothing."""
        if any(about.label == label for _, about, _ in self.held):
            return 2
        return 4 * (label in self.answered)

    def forget(self, logical):
        """Now that this exchange begins: what is not said again, and what nobody ordered."""
        self.said = {key: texts for key, texts in self.said.items() if key >= logical - BACK}
        self.taken = {key for key in self.taken if key[0] >= logical - BACK}
        self.held = [message for message in self.held if message[0] >= logical - BACK]
