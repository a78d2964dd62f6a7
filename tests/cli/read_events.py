#!/usr/bin/env python3
"""Reads an event file as TensorBoard would: read_events.py FILE

Checks each record's length and CRCs, decodes the events with Google's protocol buffers, from
descriptors that are made here, and prints a line an event.
"""
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELD = descriptor_pb2.FieldDescriptorProto
SCALARS = {"double": FIELD.TYPE_DOUBLE, "float": FIELD.TYPE_FLOAT, "int64": FIELD.TYPE_INT64,
           "int32": FIELD.TYPE_INT32, "string": FIELD.TYPE_STRING}
# As in TensorFlow's event.proto and summary.proto, so far as they are used.
MESSAGES = {
    "Value": [(1, "tag", "string"), (2, "simple_value", "float")],
    "Summary": [(1, "value", "Value*")],
    "SessionLog": [(1, "status", "int32")],
    "Event": [(1, "wall_time", "double"), (2, "step", "int64"), (3, "file_version", "string"),
              (5, "summary", "Summary"), (7, "session_log", "SessionLog")],
}


def event_class():
    file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="read", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field, kind in fields:
            one = message.field.add(name=field, number=number, label=FIELD.LABEL_OPTIONAL)
            if kind.endswith("*"):
                one.label = FIELD.LABEL_REPEATED
            kind = kind.rstrip("*")
            if kind in SCALARS:
                one.type = SCALARS[kind]
            else:
                one.type, one.type_name = FIELD.TYPE_MESSAGE, ".read." + kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(
        pool.FindMessageTypeByName("read.Event"))


def masked_crc(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    while data:
        length, = struct.unpack("<Q", data[:8])
        crc, = struct.unpack("<I", data[8:12])
        assert crc == masked_crc(data[:8]), "CRC of a length"
        record, rest = data[12:12 + length], data[12 + length:]
        assert len(record) == length and len(rest) >= 4, "a record is cut"
        crc, = struct.unpack("<I", rest[:4])
        assert crc == masked_crc(record), "CRC of a record"
        yield record
        data = rest[4:]


def main(path):
    Event = event_class()
    with open(path, "rb") as file:
        data = file.read()
    for record in records(data):
        event = Event.FromString(record)
        assert event.wall_time > 1.6e9, "the time of an event"
        assert not event.UnknownFields() if hasattr(event, "UnknownFields") else True
        if event.file_version:
            print("version", event.file_version)
        elif event.HasField("session_log"):
            print("start", event.session_log.status, event.step)
        else:
            print("step", event.step, *(f"{v.tag}={v.simple_value!r}" for v in event.summary.value))


main(sys.argv[1])
