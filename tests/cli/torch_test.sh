#!/usr/bin/env bash
# A network of PyTorch, with a residual and a Sequential in it, gives the same here; it trains on
# here across the ranks, and the trained file gives the same in PyTorch.
#   usage: torch_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
patience=60
need_torch
cat >"$scratch/net.py" <<'END'
import gzip, sys
import numpy, torch
from torch import nn
sys.path.insert(0, sys.argv[1] + "/bench")
import torch_model
from torch_model import Residual
torch.manual_seed(1)
net = nn.Sequential(
    nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2)),
    Residual([nn.Sequential(nn.Conv2d(6, 6, 3, padding=1), nn.GroupNorm(2, 6)), nn.GELU()],
             [nn.Conv2d(6, 6, 1)]),
    nn.Flatten(), nn.Linear(96, 24), nn.LayerNorm(24), nn.SiLU(), nn.Dropout(0.25),
    nn.Linear(24, 10))
folder, mode = sys.argv[2:]
raw = gzip.open(sys.argv[1] + "/tests/data/digits/t10k-images-idx3-ubyte.gz").read()[16:]
images = torch.tensor(numpy.frombuffer(raw, numpy.uint8).reshape(-1, 1, 8, 8) / 16).float()
if mode == "save":
    net.train()(images[:200])  # running statistics that are not those of the start
    torch_model.save(net, folder + "/net.json", folder + "/net.safetensors", [1, 8, 8],
                     scale=0.0625)
else:
    torch_model.load(net, folder + "/trained/model.safetensors")
with torch.no_grad():
    expected = net.eval()(images).numpy()
found = numpy.load(folder + "/" + mode + ".npy") if mode != "save" else expected
numpy.save(folder + "/expected.npy", expected)
difference = abs(found - expected).max() / abs(expected).max()
print(f"largest difference: {difference:.2g} of the largest output")
sys.exit(int(difference > 1e-5))
END
across=(mpirun -n 8 --oversubscribe "$mixnn")
model=("$scratch/net.json" "${digits[@]}" --stages 3)

succeeds "PyTorch writes" python3 "$scratch/net.py" "$root" "$scratch" save
succeeds "predict" "${across[@]}" predict "${model[@]}" --weights "$scratch/net.safetensors" \
  --as outputs --predictions "$scratch/given.npy"
python3 - "$scratch" >"$output" 2>&1 <<'END' || failed "PyTorch's file here" "other outputs"
import sys, numpy
a, b = (numpy.load(f"{sys.argv[1]}/{name}.npy") for name in ("given", "expected"))
difference = abs(a - b).max() / abs(b).max()
print(f"ok: PyTorch's file here: largest difference {difference:.2g} of the largest output")
sys.exit(int(difference > 1e-5))
END
cat "$output"
succeeds "train on" "${across[@]}" compare "${model[@]}" --weights "$scratch/net.safetensors" \
  --optimizer adamw --epochs 2 --micro-batches 2 --seed 3 --out "$scratch/trained"
succeeds "predict, trained" "${across[@]}" predict "${model[@]}" \
  --weights "$scratch/trained/model.safetensors" --as outputs --predictions "$scratch/trained.npy"
succeeds "the trained file in PyTorch" python3 "$scratch/net.py" "$root" "$scratch" trained
cat "$output"
finish
