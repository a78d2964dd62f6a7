"""What a host keeps of a window of steps, to show that it computed its stage (docs/protocol.md,
"Spot checks")."""
import hashlib
import os

import mixnn_protocol as mixnn

LEAF = 4096


def tree_digest(pieces):
    """A SHA-256 over the SHA-256 of leaves."""
    root = hashlib.sha256()
    for piece in pieces:
        root.update(len(piece).to_bytes(8, "little"))
        for at in range(0, len(piece), LEAF):
            root.update(hashlib.sha256(piece[at:at + LEAF]).digest())
    return root.digest()


class Window:
    def __init__(self):
        self.ended, self.state = True, b""
        self.inputs, self.gradients = {}, {}  # by step and micro-batch

    def keep_input(self, stage, key, data):
        if self.ended:  # the first input of the next window: its state has not changed yet
            self.ended, self.state = False, stage.state.astype("<f4").tobytes()
            self.inputs.clear()
            self.gradients.clear()
        self.inputs[key] = data

    def keep_gradient(self, key, data):
        self.gradients[key] = data

    def commit(self, stage, tensors):
        """The answer to a commit; a decoy's is random."""
        self.ended = True
        if stage.decoy:
            return os.urandom(128) if tensors else os.urandom(64) + bytes(64)
        state = stage.state.astype("<f4").tobytes()
        parameters = 4 * stage.floats
        digests = tree_digest([state[:parameters]]) + tree_digest([state[parameters:]])
        if not tensors:
            return digests + bytes(64)
        return digests + tree_digest(self._ordered(self.inputs)) + tree_digest(
            self._ordered(self.gradients))

    def open(self, what, index, part_floats):
        if what == mixnn.OPEN_STATE:
            return self.state[4 * part_floats * index:4 * part_floats * (index + 1)]
        pieces = self._ordered(self.inputs if what == mixnn.OPEN_INPUT else self.gradients)
        return pieces[index] if index < len(pieces) else b""

    @staticmethod
    def _ordered(pieces):
        return [pieces[key] for key in sorted(pieces)]
