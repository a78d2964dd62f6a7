#!/usr/bin/env bash
# Every network of models/ trains across the ranks with the bits of the reference, on little data
# and for a few steps: with relays and without to spare, each type of activations, spot checks, each
# optimizer, ends that the owner keeps.
#   usage: models_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
patience=120

# Random data of each model's kind.
python3 -B - "$scratch" <<'END'
import pathlib, random, sys
root, rng = pathlib.Path(sys.argv[1]), random.Random(1)
def folder(name):
    (root / name).mkdir()
    return root / name
def idx(path, *shape):
    size = 1
    for extent in shape:
        size *= extent
    path.write_bytes(bytes([0, 0, 8, len(shape)]) + b"".join(e.to_bytes(4, "big") for e in shape) +
                     rng.randbytes(size))
at = folder("images")
for part, count in (("train", 48), ("t10k", 20)):
    idx(at / f"{part}-images-idx3-ubyte", count, 28, 28)
    (at / f"{part}-labels-idx1-ubyte").write_bytes(
        bytes([0, 0, 8, 1]) + count.to_bytes(4, "big") +
        bytes(rng.randrange(10) for _ in range(count)))
at = folder("cifar")
for name in [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]:
    (at / name).write_bytes(b"".join(bytes([rng.randrange(10)]) + rng.randbytes(3072)
                                     for _ in range(8)))
at = folder("tokens")
for name, count in (("train.bin", 64 * 24 + 1), ("val.bin", 64 * 8 + 1)):
    (at / name).write_bytes(b"".join(rng.randrange(128).to_bytes(2, "little")
                                     for _ in range(count)))
def table(name, columns, target):
    at = folder(name)
    for part, count in (("train", 48), ("test", 20)):
        rows = [",".join([f"c{i}" for i in range(columns)] + ["target"])]
        rows += [",".join([f"{rng.gauss(0, 1):.4f}" for _ in range(columns)] + [target()])
                 for _ in range(count)]
        (at / f"{part}.csv").write_text("\n".join(rows) + "\n")
table("letters", 16, lambda: str(rng.randrange(26)))
table("diabetes", 10, lambda: f"{rng.gauss(150, 70):.1f}")
END

# trains MODEL DATA RANKS OPTION...
trains() {
  local model=$1 data=$2 ranks=$3
  shift 3
  succeeds "$model $*" mpirun -n "$ranks" --oversubscribe "$mixnn" compare \
    "$root/models/$model.json" --data "$scratch/$data" --epochs 1 --batch-size 24 --seed 5 \
    --limit-train 48 --limit-test 20 "$@"
  grep -q "^mixnn's parameters are bit-identical to the reference's" "$output" ||
    failed "$model $*" "it does not say that the bits are the same"
}

trains mlp images 8 --micro-batches 3
trains lenet5 images 7 --optimizer adamw --wire-dtype bfloat16 --owner-ends last
trains cnn images 6 --optimizer adam --micro-batches 2 --spot-checks 1 --owner-ends first
trains cnn images 6 --optimizer adam --wire-dtype int8 --spot-checks 1
trains vit images 8 --optimizer adamw --lr-decay cosine --warmup 1 --stages 4 --owner-ends first
trains resnet20 cifar 7 --micro-batches 2 --augment crop,flip --stages 2
trains gpt tokens 7 --optimizer adamw --micro-batches 2 --lr-decay one-cycle
trains gpt tokens 5 --owner-ends both --wire-dtype bfloat16 --micro-batches 4
trains gpt tokens 7 --owner-ends last --wire-dtype int8 --micro-batches 2
trains letters letters 7 --nesterov --validation 0.25 --normalize train
trains diabetes diabetes 6 --lr 0.0001 --normalize train --micro-batches 4
trains diabetes diabetes 6 --lr 0.0001 --normalize train --wire-dtype int8
finish
