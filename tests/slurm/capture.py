#!/usr/bin/env python3
"""Keeps every frame that enters the lab's switch.
usage: capture.py FILE     as root, in the switch's namespaces
FILE.ready appears once it listens; it ends when somebody removes that. A frame in FILE is a u32,
its length, and its bytes. Exit code 1: the kernel had no room for some."""
import os
import socket
import struct
import sys

ETH_P_ALL, SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING, SO_RCVBUFFORCE = 3, 263, 6, 23, 33
PORT = "mx"  # the switch's interfaces; each frame is seen once, where it comes in

wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 512 << 20)
wire.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
wire.settimeout(0.2)
ready = sys.argv[1] + ".ready"
frames = 0
with open(sys.argv[1], "wb") as out:
    with open(ready, "w"):
        pass
    while True:
        try:
            frame, (interface, *_) = wire.recvfrom(1 << 17)
        except TimeoutError:
            if not os.path.exists(ready):
                break
            continue
        if interface.startswith(PORT):
            out.write(struct.pack("<I", len(frame)) + frame)
            frames += 1
_, dropped = struct.unpack("II", wire.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
print(frames, "frames,", dropped, "dropped")
sys.exit(1 if dropped else 0)
