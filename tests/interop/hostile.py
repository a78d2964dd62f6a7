#!/usr/bin/python3
"""A MixNN node that does one thing wrong: after 50 cells forwarded as a relay it alters one, or
worse.

    mpirun --oversubscribe -n 1 build/mixnn train MODEL --data FOLDER : -n 3 build/mixnn node \\
         : -n 4 /usr/bin/python3 tests/interop/hostile.py WHAT --mixnn build/mixnn

Four of seven are hostile, so that at least one relays. Options behind WHAT are node.py's. WHAT in
onion traffic, and what must come of it:
    filler     random bytes of the header and the lane altered: nothing, the run succeeds
    rest, tag, body     a cell is altered: exit code 1, and who can have done it
    slot, misroute      a cell is junk where it comes to: exit code 1 after --timeout, and who
               refused it
    replay, forge, size    a cell is sent again, made up, or one byte short is sent before it:
               nothing, the run succeeds, with the same bits, and says what was refused
    drop       a cell is kept: exit code 1 after --timeout
    datagrams  to all ranks, all the time: nothing, the run succeeds
    error      the node says that it cannot go on: exit code 1 and its text
    count      it overstates in its reports how many cells it has sent: nothing, the run succeeds
    lie        as a host it sends on gradients scaled by -0.3: exit code 1, it or its neighbour is
               named, if hosts are checked
    late       it leaves 2 s late: nothing, the run succeeds
    stays      it does not leave: after --timeout the owner names the rank and ends the job; exit
               code 0, for all is written
In rounds, after 100 slots sent, to one in 499, and the run succeeds, with the same bits:
    alter      it alters a bit, and all go back
    lose       it does not send it, and all go back
    junk       it sends it twice, and one that says it is of another exchange: nobody goes back
"""
import os
import sys
import time

import node
import mixnn_protocol as mixnn
import rounds_node
import numpy as np

WHAT = sys.argv.pop(1)
NOT_AS_RELAY = ("count", "late", "stays", "lie")


class Hostile(node.Node):
    done = False

    def _send(self, to, cell):
        if WHAT == "filler":
            return super()._send(to, self._other_filler(cell))
        if self.done or WHAT in NOT_AS_RELAY or self.counters.forwarded < 50:
            return super()._send(to, cell)
        # What would be the rest of the header is filler where the next one is the receiver: again.
        self.done = WHAT != "rest"
        print(f"hostile: rank {self.transport.rank} does it: {WHAT}", file=sys.stderr)
        at = {"slot": 30, "rest": mixnn.SLOT + 3, "tag": mixnn.tag_at(3) + 1, "body": len(cell) - 1}
        if WHAT in at:
            altered = bytearray(cell)
            altered[at[WHAT]] ^= 0x10
            return super()._send(to, bytes(altered))
        return self._worse(to, cell)

    def _compute(self, about, data):
        answer = super()._compute(about, data)
        if WHAT != "lie" or about.kind != mixnn.BACKWARD:
            return answer
        stage, rows = self.host.stage, about.rows
        gradient = stage.wire.read(answer, rows, stage.inputs) if answer else np.empty((0, 1))
        return stage.wire.write(gradient * np.float32(-0.3))

    def _report(self, kind, error="", fresh=bytes(32), known=0):
        self.counters.sent += WHAT == "count"
        super()._report(kind, error, fresh, known)

    def _other_filler(self, cell):
        altered = bytearray(cell)
        if self.counters.forwarded:  # behind the first hop of five the header's last bytes
            altered[mixnn.HEADER - 1] ^= 1
            altered[mixnn.HEADER] ^= 1  # the lane's first 16 bytes always are
        return bytes(altered)

    def _worse(self, to, cell):
        if WHAT == "replay":
            super()._send(to, cell)
            super()._send(to, cell)
        elif WHAT == "misroute":
            ours = (to, self.transport.rank)
            super()._send(next(rank for rank in range(self.transport.size) if rank not in ours),
                          cell)
        elif WHAT == "forge":
            super()._send(to, cell)
            super()._send(to, os.urandom(len(cell)))
        elif WHAT == "size":
            super()._send(to, cell[:-1])
            super()._send(to, cell)
        elif WHAT == "datagrams":
            self.done = False
            for rank in range(self.transport.size):
                self.transport._send(rank, os.urandom(100), 1)
            super()._send(to, cell)
        elif WHAT == "error":
            raise RuntimeError("told to fail \x1b[31m\n\x07 " + "x" * 1200)
        else:
            assert WHAT == "drop"


class Late(node.Transport):
    def leave(self):
        time.sleep({"late": 2, "stays": 600}.get(WHAT, 0))
        super().leave()


class HostileInRounds(node.RoundsNode):
    """Its patience is short; the owner, whose is not, gets all."""

    def _send(self, to, slot):
        if self.counters.sent % 499 != 100 or WHAT == "lose" and to == 0:
            return super()._send(to, slot)
        if WHAT == "alter":
            slot = slot[:-1] + bytes([slot[-1] ^ 1])
        elif WHAT == "junk":
            super()._send(to, bytes([slot[0] ^ 3]) + slot[1:])
            super()._send(to, slot)
        else:
            assert WHAT == "lose"
            self.counters.sent += 1
            return
        super()._send(to, slot)


rounds_node.PATIENCE = 1.0
node.Node, node.RoundsNode, node.Transport = Hostile, HostileInRounds, Late
node.main()
