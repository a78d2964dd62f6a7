#!/usr/bin/python3
"""Runs a command and samples the resident memory of the ranks that it starts, from /proc, until it
ends.

    ranks_memory.py FILE.csv SECONDS COMMAND...

One line a sample and rank: seconds since the start, pid, rank, KiB of its own (anonymous and of
files), KiB shared (the cells that ranks of one host hand over; a page counts for every rank that
has mapped and touched it). Ranks are the command's descendants that know their rank from Open MPI.
Exits as the command does.
"""
import csv
import pathlib
import signal
import subprocess
import sys
import time

PROC = pathlib.Path("/proc")


def children_of(pid):
    """Pids of all descendants."""
    parents = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                parents.setdefault(int(stat[stat.rindex(")") + 2:].split()[1]),
                                   []).append(int(entry.name))
            except (OSError, ValueError):
                continue  # it has ended
    found, todo = [], [pid]
    while todo:
        new = parents.get(todo.pop(), [])
        found += new
        todo += new
    return found


def rank_of(pid):
    try:
        for variable in (PROC / str(pid) / "environ").read_bytes().split(b"\0"):
            if variable.startswith(b"OMPI_COMM_WORLD_RANK="):
                return int(variable.split(b"=")[1])
    except (OSError, ValueError):
        pass
    return None


def resident_kib(pid):
    """(own, shared); None where the process has ended."""
    try:
        status = (PROC / str(pid) / "status").read_text()
    except OSError:
        return None
    fields = {}
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "RssShmem"):
            fields[name] = int(value.split()[0])
    if "VmRSS" not in fields:
        return None
    shared = fields.get("RssShmem", 0)
    return fields["VmRSS"] - shared, shared


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    file, every, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    process = subprocess.Popen(command)
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: process.terminate())
    start = time.monotonic()
    ranks = {}
    with open(file, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["seconds", "pid", "rank", "own_kib", "shared_kib"])
        while True:
            try:
                code = process.wait(every)
                break
            except subprocess.TimeoutExpired:
                pass
            now = round(time.monotonic() - start, 2)
            for pid in children_of(process.pid):
                if ranks.get(pid) is None:
                    ranks[pid] = rank_of(pid)
                memory = resident_kib(pid) if ranks[pid] is not None else None
                if memory:
                    writer.writerow([now, pid, ranks[pid], *memory])
            out.flush()
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
