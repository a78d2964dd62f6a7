"""What a rank does over MPI: joins, sends and takes datagrams and cells, and leaves."""
import os
import struct
import sys
import time

# Open MPI's shared memory must be set alike in all ranks of a host; the C++ program sets this for
# itself.
for name, value in (("flags", "send"), ("single_copy_mechanism", "none"),
                    ("eager_limit", "163840"), ("max_send_size", "163840")):
    os.environ.setdefault("OMPI_MCA_btl_vader_" + name, value)
import numpy as np
from mpi4py import MPI

import mixnn_protocol as mixnn

DATAGRAM_TAG, CELL_TAG = 1, 2  # of a communicator of their own
WORD_TAG, VERDICT_TAG, GOODBYE_TAG, FAREWELL_TAG = 3, 4, 5, 6
QUESTION_TAG, ANSWER_TAG = 7, 8
ASKS = 2  # in the place of a verdict
MAX_DATAGRAM = 2048
OWNER = 0


class Transport:
    """What a rank does over MPI: collectives at the start, datagrams, cells, and the end."""

    def __init__(self):
        self.comm = MPI.COMM_WORLD.Dup()
        self.rank, self.size = self.comm.Get_rank(), self.comm.Get_size()
        self.host = self.comm.Split_type(MPI.COMM_TYPE_SHARED)
        # The host's ranks tell each other their cores (a cpu_set_t); its first one says how they
        # wait and hand over.
        cores = np.zeros(128, np.uint8)
        for core in os.sched_getaffinity(0):
            cores[core // 8] |= 1 << core % 8
        self.host.Allgather(cores, np.zeros(128 * self.host.Get_size(), np.uint8))
        self._told()  # MIXNN_HELPERS; -1: not set
        for variable, value in (("MIXNN_WAIT", "poll"), ("MIXNN_CELLS", "copied")):
            if self._told() != 2 and self.host.Get_size() > 1:  # 0: not set, 1: the other value
                print(f"node.py: the host's first rank needs {variable}={value}", file=sys.stderr,
                      flush=True)
                MPI.COMM_WORLD.Abort(2)
        first = min(MPI.Group.Translate_ranks(self.host.Get_group(),
                                              range(self.host.Get_size()), self.comm.Get_group()))
        word = np.array([first, 0], np.int32)  # who shares this host; that nobody has its own core
        self.comm.Allgather(word, np.zeros(2 * self.size, np.int32))
        self._agree()
        self.sending = []
        self.refused = {}  # datagrams that nobody waited for, by sender

    def _told(self):
        value = np.zeros(1, np.int32)
        self.host.Bcast(value, 0)
        return int(value[0])

    def _agree(self):
        """Each tells rank 0 that it can start; rank 0 answers all, once it has read the data."""
        MPI.COMM_WORLD.Send([struct.pack("<iii", 1, self.rank, 0), MPI.BYTE], OWNER, WORD_TAG)
        while True:
            goes_on, _, exit_code = struct.unpack_from("<iii", self._word_of_owner(VERDICT_TAG))
            if goes_on != ASKS:
                break
            self._answer()
        if not goes_on:  # the rank that cannot says why
            MPI.Finalize()
            sys.exit(exit_code)

    def _answer(self):
        """Rank 0 measures its links: says which cores this host has, whenever that is asked."""
        cores = len(os.sched_getaffinity(0))
        while question := self._word_of_owner(QUESTION_TAG):
            if question[0] == 1:
                MPI.COMM_WORLD.Send([struct.pack("<i", cores), MPI.BYTE], OWNER, ANSWER_TAG)

    @staticmethod
    def _word_of_owner(tag):
        status = MPI.Status()
        while (message := MPI.COMM_WORLD.Improbe(OWNER, tag, status)) is None:
            time.sleep(0.001)
        word = bytearray(status.Get_count(MPI.BYTE))
        message.Recv([word, MPI.BYTE])
        return bytes(word)

    def _send(self, to, data, tag):
        self.sending = [pair for pair in self.sending if not pair[0].Test()]
        self.sending.append((self.comm.Isend([data, MPI.BYTE], to, tag), data))

    def _poll(self, tag):
        status = MPI.Status()
        message = self.comm.Improbe(MPI.ANY_SOURCE, tag, status)
        if message is None:
            return None
        data = bytearray(status.Get_count(MPI.BYTE))
        message.Recv([data, MPI.BYTE])
        return status.Get_source(), bytes(data)

    def send_datagram(self, data):
        self._send(OWNER, data, DATAGRAM_TAG)

    def datagram(self):
        """The next one of the owner."""
        while True:
            if (found := self._poll(DATAGRAM_TAG)) is None:
                time.sleep(0.0002)
                continue
            if found[0] == OWNER and len(found[1]) <= MAX_DATAGRAM:
                return found[1]
            self.refused[found[0]] = self.refused.get(found[0], 0) + 1

    def stray(self):
        """A datagram, once cells travel."""
        return self._poll(DATAGRAM_TAG)

    def send(self, to, cell):
        self._send(to, cell, CELL_TAG)

    def poll(self):
        return self._poll(CELL_TAG)

    def leave(self):
        """After the final report nothing is under way any more."""
        MPI.Request.Waitall([request for request, _ in self.sending])
        MPI.COMM_WORLD.Send([b"", MPI.BYTE], OWNER, GOODBYE_TAG)
        self._word_of_owner(FAREWELL_TAG)
        self.host.Free()
        self.comm.Free()
