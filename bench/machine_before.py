#!/usr/bin/python3
"""What the machine does before a measurement begins, for two seconds: machine_before.py FILE.json

The load average is of the last minute, and remembers work that has ended; how many processors are
busy now tells whether a measurement will have company.
"""
import json
import os
import pathlib
import sys
import time


def busy_and_total(text):
    """Of /proc/stat: (jiffies busy, jiffies), over all processors."""
    # without guests, which are in user and nice
    values = [int(word) for word in text.split("\n", 1)[0].split()[1:9]]
    idle = values[3] + values[4]
    return sum(values) - idle, sum(values)


def before(seconds=2.0):
    stat = pathlib.Path("/proc/stat")
    first = busy_and_total(stat.read_text())
    time.sleep(seconds)
    last = busy_and_total(stat.read_text())
    share = (last[0] - first[0]) / max(1, last[1] - first[1])
    return {"load_average_before": [round(load, 2) for load in os.getloadavg()],
            "busy_processors_before": round(share * (os.cpu_count() or 1), 2)}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pathlib.Path(sys.argv[1]).write_text(json.dumps(before()) + "\n")
