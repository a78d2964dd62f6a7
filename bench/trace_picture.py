#!/usr/bin/env python3
"""Draws a window of a trace (mixnn train|compare --trace FILE) as an SVG: one lane a rank, one box
an activity.

usage: trace_picture.py TRACE [-o OUT.svg] [--steps A:B | --ms A:B] [--width PIXELS] [--png]

--steps takes the time from the first to the last work for training steps A to B (inclusive); --ms
takes milliseconds since the trace began. Without either, three steps from the middle of what all
ranks recorded. Numbers in boxes are micro-batches. The picture says who hosts which stage, as the
trace does: it is the owner's secret. Needs nothing but Python.
"""
import argparse
import collections
import html
import json
import shutil
import subprocess
import sys

COLOURS = {  # by activity; forward and backward work in two shades
    "compute forward": "#2f6db5",
    "compute backward": "#c8553d",
    "compute": "#7c6aa6",
    "seal": "#3f9b6c",
    "open": "#e0a030",
    "ticket": "#9aa4ad",
    "send": "#6b4f3a",
    "wait": "#f1f2f4",
}
DARK = {"compute forward", "compute backward", "compute", "send", "seal"}
LABEL_WIDTH, LANE, GAP, TOP = 190, 26, 7, 74

Box = collections.namedtuple("Box", "lane name start end step micro_batch")


def read(path):
    """Names of the lanes in order of their role, and the boxes."""
    with open(path) as file:
        events = json.load(file)["traceEvents"]
    names, roles, boxes = {}, {}, []
    for event in events:
        args = event.get("args", {})
        if event["ph"] == "M" and event["name"] == "thread_name":
            secret = args.get("owner_only", {})
            names[event["tid"]] = args["name"]
            order = ["owner", "stage host", "relay"].index(secret.get("role", "relay"))
            # A rank's helpers (MIXNN_HELPERS) come right below it.
            roles[event["tid"]] = (order, secret.get("stage", 0), args.get("helper", 0),
                                   event["tid"])
        elif event["ph"] == "X":
            name = event["name"]
            if name == "compute" and args.get("direction") in ("forward", "backward"):
                name += " " + args["direction"]
            training = args.get("direction") in ("forward",
                                                 "backward") and roles[event["tid"]][2] == 0
            boxes.append(Box(event["tid"], name, event["ts"], event["ts"] + event["dur"],
                             args.get("step") if training else None, args.get("micro_batch")))
    lanes = sorted(names, key=roles.get)
    return [(lane, names[lane]) for lane in lanes], boxes


def window_of_steps(boxes, first, last):
    work = [b for b in boxes if b.step is not None and first <= b.step <= last]
    if not work:
        sys.exit(f"trace_picture: the trace has no work for steps {first} to {last}")
    return min(b.start for b in work), max(b.end for b in work)


def middle_steps(boxes):
    """Three steps that every rank which knows steps has recorded."""
    by_lane = collections.defaultdict(set)
    for box in boxes:
        if box.step is not None:
            by_lane[box.lane].add(box.step)
    common = sorted(set.intersection(*by_lane.values())) if by_lane else []
    if not common:
        sys.exit("trace_picture: the trace has no training step that all ranks recorded; use --ms")
    middle = len(common) // 2
    chosen = common[middle:middle + 3]
    return chosen[0], chosen[-1]


def pair(text):
    first, _, last = text.partition(":")
    return float(first), float(last or first)


def tick_of(span):
    for tick in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        if span / 1000 / tick <= 12:
            return tick
    return span / 5000


def merged(boxes, least):
    """Boxes too narrow to be seen are joined to the one before where it is alike, and left out
    where not."""
    last = {}
    for box in sorted(boxes, key=lambda b: b.start):
        before = last.get(box.lane)
        alike = before and before[1:2] + before[4:] == box[1:2] + box[4:]
        if alike and box.start - before.end < least:
            last[box.lane] = before._replace(end=box.end)
            continue
        if before:
            yield before
        last[box.lane] = box
    yield from last.values()


def draw(lanes, boxes, begin, end, width, title):
    scale = (width - LABEL_WIDTH - 20) / (end - begin)
    row = {lane: i for i, (lane, _) in enumerate(lanes)}
    height = TOP + len(lanes) * (LANE + GAP) + 40
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 '
           f'0 {width} {height}"'
           ' font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
           f'<text x="12" y="22" font-size="15" fill="#222222">{html.escape(title)}</text>']
    x = 12
    for name, colour in COLOURS.items():
        if not any(b.name == name for b in boxes):
            continue
        out.append(f'<rect x="{x}" y="36" width="13" height="13" fill="{colour}" stroke="#b8bcc2" '
                   'stroke-width="0.5"/>'
                   f'<text x="{x + 18}" y="47" fill="#333333">{name}</text>')
        x += 30 + 7 * len(name)
    bottom = TOP + len(lanes) * (LANE + GAP)
    tick = tick_of(end - begin)
    for i in range(int((end - begin) / 1000 / tick) + 1):
        at = LABEL_WIDTH + i * tick * 1000 * scale
        out.append(f'<line x1="{at:.1f}" y1="{TOP - 8}" x2="{at:.1f}" y2="{bottom}" '
                   'stroke="#dfe2e6"/>'
                   f'<text x="{at:.1f}" y="{bottom + 16}" text-anchor="middle" '
                   f'fill="#666666">{i * tick:g}</text>')
    out.append(f'<text x="12" y="{bottom + 16}" fill="#666666">milliseconds</text>')
    for lane, name in lanes:
        y = TOP + row[lane] * (LANE + GAP)
        out.append(f'<text x="12" y="{y + LANE * 0.68:.1f}" '
                   f'fill="#222222">{html.escape(name)}</text>')
    for box in merged(boxes, 0.4 / scale):
        left, right = max(box.start, begin), min(box.end, end)
        wide = (right - left) * scale
        if wide < 0.25 or box.name not in COLOURS:
            continue
        at, y = LABEL_WIDTH + (left - begin) * scale, TOP + row[box.lane] * (LANE + GAP)
        out.append(f'<rect x="{at:.1f}" y="{y}" width="{wide:.2f}" height="{LANE}" '
                   f'fill="{COLOURS[box.name]}"/>')
        numbered = box.micro_batch is not None and box.step is not None
        if numbered and wide >= 7 * len(str(box.micro_batch)) + 3:
            colour = "#ffffff" if box.name in DARK else "#333333"
            out.append(f'<text x="{at + wide / 2:.1f}" y="{y + LANE * 0.67:.1f}" '
                       'text-anchor="middle" font-size="11"'
                       f' fill="{colour}">{box.micro_batch}</text>')
    return "\n".join(out) + "\n</svg>\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trace")
    parser.add_argument("-o", "--out", default="trace.svg")
    parser.add_argument("--steps", type=pair, metavar="A:B")
    parser.add_argument("--ms", type=pair, metavar="A:B")
    parser.add_argument("--width", type=int, default=1400)
    parser.add_argument("--title", default="")
    parser.add_argument("--png", action="store_true",
                        help="a PNG beside the SVG (needs rsvg-convert)")
    options = parser.parse_args()

    lanes, boxes = read(options.trace)
    if options.ms:
        begin, end = (1000 * t for t in options.ms)
        what = f"{options.ms[0]:g} to {options.ms[1]:g} ms"
    else:
        first, last = options.steps or middle_steps(boxes)
        begin, end = window_of_steps(boxes, first, last)
        what = f"steps {first:.0f} to {last:.0f}"
    boxes = [b for b in boxes if b.end > begin and b.start < end]
    if not boxes or end <= begin:
        sys.exit("trace_picture: nothing was recorded in this window")
    title = options.title or f"MixNN pipeline, {what}; numbers are micro-batches"
    with open(options.out, "w") as file:
        file.write(draw(lanes, boxes, begin, end, options.width, title))
    if options.png:
        if not shutil.which("rsvg-convert"):
            sys.exit("trace_picture: --png needs rsvg-convert (Debian: librsvg2-bin)")
        subprocess.run(["rsvg-convert", options.out, "-o",
                        options.out.removesuffix(".svg") + ".png"], check=True)


if __name__ == "__main__":
    main()
