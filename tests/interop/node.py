#!/usr/bin/python3
"""A MixNN node in Python: joins a run of the C++ program as one more rank, as relay or stage host,
whichever the owner makes it. The protocol is in mixnn_protocol.py, MPI in mpi_transport.py, what a
host computes in host.py and stage.py; here is the node's loop in onion traffic. That in rounds is
in rounds_node.py.

    export MIXNN_CELLS=copied MIXNN_WAIT=poll  # where it shares a host: no cells in shared memory
    mpirun --oversubscribe -n 1 build/mixnn train models/digits.json --data tests/data/digits \\
         : -n 6 build/mixnn node : -n 1 /usr/bin/python3 tests/interop/node.py --mixnn build/mixnn

Exit code 0 once the owner has stopped the run. As a relay it changes no bit of a training, as a
host none where stage.py says so.
"""
import argparse
import collections
import os
import random
import subprocess
import sys
import time
import traceback

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy comes in
import mixnn_protocol as mixnn
from host import Host
from mpi_transport import MPI, Transport
from rounds_node import RoundsNode


class Mix:
    """Cells that wait to be sent on: all at once, in random order."""

    def __init__(self, parameters):
        self.threshold, self.deadline = parameters.mix_threshold, parameters.mix_deadline_ns / 1e9
        self.cells, self.first, self.random = [], 0.0, random.SystemRandom()

    def add(self, forwarded):
        if not self.cells:
            self.first = time.monotonic()
        self.cells.append(forwarded)

    def release(self):
        if not self.cells:
            return []
        if (self.threshold > 1 and time.monotonic() - self.first < self.deadline and
                len(self.cells) < self.threshold):
            return []
        cells, self.cells = self.cells, []
        self.random.shuffle(cells)
        return cells


class Node:
    CONTROL = (mixnn.EPOCH, mixnn.PAUSE, mixnn.RESUME, mixnn.STOP, mixnn.TRACE, mixnn.SETTLE,
               mixnn.COMMIT, mixnn.INQUIRY, mixnn.CLIP, mixnn.SCALE)
    KNOWN = CONTROL + tuple(range(mixnn.SPECIFICATION, mixnn.OPENING + 1))

    def __init__(self, transport, chain, parameters):
        self.transport, self.parameters = transport, parameters
        self.peeler = mixnn.Peeler(chain, self.parameters)
        self.mix, self.assembly = Mix(self.parameters), mixnn.Assembly()
        self.counters = mixnn.Counters(refused=transport.refused)
        self.tickets, self.reports, self.held = {}, [], []
        self.answered = collections.deque(maxlen=4096)  # labels
        self.host, self.stopped = Host(), False
        self.settles_at = None  # cells delivered
        self.commit = None  # the one to be answered
        self.clip = None  # the ticket for the squares

    # Cells

    def turn(self):
        """Takes what has come, answers, forwards. Whether there was something to do."""
        busy = False
        while (found := self.transport.stray()) is not None:
            self.counters.refuse(found[0])
        while (found := self.transport.poll()) is not None:
            busy = True
            if len(found[1]) != self.parameters.cell_bytes:
                self.counters.refuse(found[0])
                continue
            self.counters.received += 1
            try:
                self._take(found[1])
            except mixnn.Rejected as reason:
                self.counters.rejected[str(reason)] += 1
                if reason.lost[0]:
                    self.counters.lost = reason.lost + (found[0],)
                    raise RuntimeError("refused a cell of the run")
                self.counters.refuse(found[0])
        if self.settles_at is not None and self.counters.delivered >= self.settles_at:
            self.settles_at = None
            self._report(mixnn.ACKNOWLEDGED)
        busy |= self._work()
        self._commit()
        self._clip()
        for cell in self.mix.release():
            busy = True
            self.counters.forwarded += 1
            self._send(cell.next_hop, cell.cell)
        return busy

    def _take(self, cell):
        taken = self.peeler.take(cell, self._wants)
        if isinstance(taken, mixnn.Forwarded):
            self.mix.add(taken)
            return
        self.counters.delivered += 1
        if (whole := self.assembly.add(taken)) is not None:
            self._message(*whole)

    def _wants(self, received):
        return (received.description[0] in self.KNOWN and
                received.cells <= self.parameters.cells_needed and self.assembly.fits(received))

    def _send(self, to, cell):
        self.counters.sent += 1
        self.transport.send(to, cell)

    def _answer(self, ticket, payload):
        for cell in mixnn.wrap(ticket, self.parameters, payload):
            self._send(ticket.first_hop, cell)

    # Messages

    def _message(self, about, data):
        if about.kind == mixnn.BOOK:
            book = mixnn.parse_book(data)
            self.tickets.update(book)
            self.held.extend((mixnn.Description(*label), b"") for label, _ in book
                             if label[0] == mixnn.OPENING)  # ordered by the ticket alone
        elif about.kind == mixnn.TRACE:
            [(_, ticket)] = mixnn.parse_book(data)
            self._answer(ticket, mixnn.trace_part(time.monotonic_ns()))
        elif about.kind == mixnn.SETTLE:
            book, self.settles_at = mixnn.parse_settle(data)
            self.reports.extend(ticket for _, ticket in book)
        elif about.kind == mixnn.INQUIRY:
            book, request = mixnn.parse_inquiry(data)
            self.reports.extend(ticket for _, ticket in book)
            self._report(mixnn.ACKNOWLEDGED, known=self._known(request))
        elif about.kind == mixnn.COMMIT:
            [(_, ticket)], updates, tensors = mixnn.parse_commit(data)
            self.commit = ticket, updates, tensors
        elif about.kind == mixnn.CLIP:
            [(_, ticket)], _ = mixnn.parse_clip(data)
            self.clip = ticket
        elif about.kind == mixnn.SCALE:
            self.host.scale(data)
        elif about.kind in self.CONTROL:
            self._control(about, data)
        else:
            self.held.append((about, data))

    def _control(self, about, data):
        fresh = bytes(32)
        if about.kind == mixnn.EPOCH:  # the owner's key has changed: older tickets open nothing
            self.reports.clear()
            self.tickets.clear()
            fresh, data = self.peeler.chain.agree(data[:32]), data[32:]
        self.reports.extend(ticket for _, ticket in mixnn.parse_book(data))
        self.stopped = about.kind == mixnn.STOP
        self._report(mixnn.FINAL if self.stopped else mixnn.ACKNOWLEDGED, fresh=fresh)

    def _commit(self):
        """Once all updates are made."""
        if self.commit is None or not self.host.has_made(self.commit[1]):
            return
        (ticket, _, tensors), self.commit = self.commit, None
        self._answer(ticket, self.host.commit(tensors))

    def _known(self, request):
        """What of a request has come: 1 the ticket, 2 the message; 4: it was answered."""
        known = (request in self.tickets) + 2 * any(about.label == request
                                                    for about, _ in self.held)
        return known or (4 if request in self.answered else 0)

    def _clip(self):
        if self.clip is None or not self.host.has_gradients():
            return
        ticket, self.clip = self.clip, None
        self._answer(ticket, self.host.squares())

    def _report(self, kind, error="", fresh=bytes(32), known=0):
        usage = self.host.usage(self.parameters.cells_needed)
        self._answer(self.reports.pop(0), mixnn.report(kind, self.counters, usage, error, fresh,
                                                        known))

    def _work(self):
        """Answers one message that is ready, the first micro-batch of several."""
        ready = [pair for pair in self.held
                 if pair[0].label in self.tickets and self.host.is_ready(pair[0])]
        if not ready:
            return False
        first = min(ready, key=lambda pair: (pair[0].micro_batch, pair[0].kind != mixnn.BACKWARD))
        self.held.remove(first)
        about, data = first
        self._answer(self.tickets.pop(about.label), self._compute(about, data))
        self.answered.append(about.label)
        self.host.answered(about)
        return True

    def _compute(self, about, data):
        return self.host.compute(about, data)

    # The whole run

    def run(self):
        idle = 0
        while not self.stopped:
            try:
                idle = 0 if self.turn() else idle + 1
            except Exception as error:
                if self.reports:
                    self._report(mixnn.ERROR, f"{type(error).__name__}: {error}")
                raise
            if idle:
                time.sleep(0 if idle < 200 else 0.0002)
        self.transport.leave()

    def __str__(self):
        return f"rank {self.transport.rank} was {self.host}: {self.counters}"


def greet(transport, aes, blas_version, blas_core, identity=(None, None)):
    """The handshake: a chain of epoch keys with the owner, and the run's parameters."""
    try:
        handshake = mixnn.NodeHandshake(transport.datagram(), transport.rank, transport.size,
                                        *identity)
        transport.send_datagram(handshake.first())
        handshake.second(transport.datagram())
    except mixnn.Refused as why:
        transport.send_datagram(mixnn.refusal(why))
        raise
    transport.send_datagram(handshake.third(aes, blas_version, blas_core))
    return handshake.fourth(transport.datagram())


def blas_of(mixnn_program):
    """The libraries' versions and OpenBLAS's kernels there, which all ranks must name alike."""
    alone = {name: value for name, value in os.environ.items()
             if not name.startswith(("OMPI_", "PMIX_", "PMI_", "SLURM_"))}
    info = subprocess.run([mixnn_program, "info"], env=alone, check=True, capture_output=True,
                          text=True).stdout
    line = next(line for line in info.splitlines() if line.split()[:1] == ["blas"])
    return line.split(None, 1)[1].split(" kernels")[0].rsplit(", ", 1)


def identity_in(folder):
    """This machine's secret key, and the pre-shared keys of the owners that it serves."""
    if not folder:
        return None, None
    host, owners = os.uname().nodename, {}
    with open(f"{folder}/mixnn/identity.{host}", encoding="ascii") as file:
        key = bytes.fromhex(file.read().removeprefix("mixnn identity key 1: "))
    with open(f"{folder}/mixnn/owners.{host}", encoding="ascii") as file:
        for words in map(str.split, file.readlines()[1:]):  # owner KEY psk KEY
            owners[bytes.fromhex(words[1])] = bytes.fromhex(words[3])
    return key, owners


def parse_options():
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mixnn", help="asks this program for OpenBLAS's version and kernels")
    options.add_argument("--blas", default="", help="the libraries' versions by hand")
    options.add_argument("--core", default="", help="the kernels by hand, as SkylakeX")
    options.add_argument("--chacha", action="store_true", help="says that it has no AES")
    options.add_argument("--quiet", action="store_true", help="does not print what it was")
    options.add_argument("--identity", help="folder of configuration, with mixnn/identity.HOST")
    options = options.parse_args()
    if options.mixnn:
        options.blas, options.core = blas_of(options.mixnn)
    return options


def main():
    options = parse_options()
    transport = Transport()
    try:
        chain, parameters = greet(transport, not options.chacha, options.blas, options.core,
                                  identity_in(options.identity))
        kind = RoundsNode if parameters.traffic == mixnn.ROUNDS else Node
        node = kind(transport, chain, parameters)
        node.run()
    except Exception:
        os.write(2, traceback.format_exc().encode())  # at once: no other rank's comes between
        end = time.monotonic() + 30  # the owner ends the job once it has the report
        while time.monotonic() < end:
            transport.poll()
        MPI.COMM_WORLD.Abort(1)
    if not options.quiet:
        print(f"node.py: {node}", file=sys.stderr)


if __name__ == "__main__":
    main()
