"""What a node computes and keeps as host of a stage, or does not as a decoy, whatever the traffic.
"""
import resource
import struct
import time

import mixnn_protocol as mixnn
from stage import Stage
from window import Window


class Host:
    def __init__(self):
        self.start = time.monotonic_ns()
        self.specification, self.stage = {}, None
        self.window = None  # since the first commit

    def is_ready(self, about):
        """Whether the message with this description can be answered now."""
        if about.kind == mixnn.SPECIFICATION or self.stage is None:
            return about.kind == mixnn.SPECIFICATION
        if about.step != self.stage.step and not self.stage.decoy:
            return False
        return about.kind != mixnn.BACKWARD or about.micro_batch in self.stage.saved

    def compute(self, about, data):
        """The answer to a message."""
        stage = self.stage
        if about.kind == mixnn.SPECIFICATION:
            text = mixnn.Reader(data)  # one part of the text; all say the same number of floats
            part_floats = text.unpack("I")[0]
            self.specification[about.part] = text.sized()
            if len(self.specification) == about.micro_batches:
                whole = b"".join(self.specification[part] for part in range(about.micro_batches))
                self.stage = Stage(whole, part_floats, about.step)
            return b""
        if about.kind == mixnn.PARAMETERS:
            stage.set_part(about.part, about.rows, data)
            return b""
        if about.kind == mixnn.FORWARD:
            if self.window:
                self.window.keep_input(stage, about.label[1:3], stage.input_of(data, about.rows))
            return stage.forward(data, about.rows, about.micro_batch)
        if about.kind == mixnn.TEST:
            return stage.forward(data, about.rows)
        if about.kind == mixnn.BACKWARD:
            if self.window:
                self.window.keep_gradient(about.label[1:3], stage.gradient_of(data, about.rows))
            return stage.backward(data, about.rows, about.micro_batch)
        if about.kind == mixnn.GATHER:
            return stage.part_of_parameters(about.part)
        if about.kind == mixnn.OPENING:
            return self.window.open(about.micro_batch, about.part, stage.part_floats)
        return stage.shard(data)

    def answered(self, about):
        """After the last backward of a step the gradients are added up."""
        if about.kind == mixnn.BACKWARD:
            self.stage.accumulate(about.micro_batches, about.learning_rate)

    def has_made(self, updates):
        return self.stage.decoy or self.stage.step == updates

    def commit(self, tensors):
        self.window = self.window or Window()
        return self.window.commit(self.stage, tensors)

    def has_gradients(self):
        """Whether those of the step are added up; a decoy's are none."""
        return self.stage.decoy or self.stage.total

    def squares(self):
        return struct.pack("<d", 0 if self.stage.decoy else self.stage.squares())

    def scale(self, data):
        if not self.stage.decoy:
            self.stage.update(mixnn.parse_scale(data)[1])

    def usage(self, cells):
        """For a report."""
        usage = [0] * 17
        usage[7] = time.process_time_ns()
        usage[0] = time.monotonic_ns() - self.start
        usage[8] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if self.stage:
            usage[9], usage[10] = 4 * self.stage.floats, 8 * self.stage.floats
        usage[16] = cells
        return usage

    def __str__(self):
        if self.stage is None:
            return "a relay"
        if self.stage.decoy:
            return "a decoy"
        return f"host of {self.stage.floats} parameters, {self.stage.step} updates"
