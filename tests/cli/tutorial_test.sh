#!/usr/bin/env bash
# The lines of docs/tutorial.md that take a network from PyTorch here, train it and take it back are
# run as they stand there; the network then gives what predict gives.
#   usage: tutorial_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
patience=300
need_torch
cat >"$scratch/run.py" <<'END'
"""Runs the blocks of the tutorial; of lines that are comments, the command in them."""
import pathlib, re, subprocess, sys

tutorial, mixnn = pathlib.Path(sys.argv[1]).read_text(), sys.argv[2]

def block_behind(words):
    return re.search(r"```python\n(.*?)```", tutorial[tutorial.index(words):], re.S)[1]

def run(lines):
    if lines and lines[0].startswith("# "):
        command = "\n".join(line[2:] for line in lines)
        print(command, flush=True)
        subprocess.run(["bash", "-c", command], check=True)
    else:
        exec("\n".join(lines), globals())

exec(block_behind("Save it as\n`make_data.py`"), {})
part, lines = [], block_behind("### From PyTorch").splitlines()
assert 8 <= len(lines) <= 14, "about ten lines"
commands = 0
for line in lines:
    if part and line.startswith("# ") != part[0].startswith("# "):
        run(part)
        part = []
    part.append(line)
    commands += line.startswith("# mpirun")
run(part)
assert commands == 1, "one command trains"

import numpy, torch
raw = pathlib.Path("bars/t10k-images-idx3-ubyte").read_bytes()[16:]
images = torch.tensor(numpy.frombuffer(raw, numpy.uint8).reshape(-1, 1, 16, 16) / 255).float()
with torch.no_grad():
    expected = net.eval()(images).numpy()
subprocess.run([mixnn, "predict", "net.json", "--data", "bars", "--as", "outputs", "--weights",
                "trained/model.safetensors", "--predictions", "found.npy"], check=True)
difference = abs(numpy.load("found.npy") - expected).max() / abs(expected).max()
labels = numpy.frombuffer(pathlib.Path("bars/t10k-labels-idx1-ubyte").read_bytes()[8:], numpy.uint8)
accuracy = (expected.argmax(1) == labels).mean()
print(f"largest difference {difference:.2g} of the largest output; accuracy {accuracy:.3f}")
sys.exit(int(difference > 1e-5 or accuracy < 0.6))
END
mkdir "$scratch/here" "$scratch/here/build"
ln -s "$mixnn" "$scratch/here/build/mixnn"
ln -s "$root/bench" "$scratch/here/bench"
cd "$scratch/here"
succeeds "the tutorial's lines" python3 "$scratch/run.py" "$root/docs/tutorial.md" "$mixnn"
tail -n 1 "$output"
finish
