#!/usr/bin/python3
"""What does --staleness 1 cost in accuracy? Trains with and without it by `mixnn baseline`, in one
process, from the same seeds, for the ranks' bits are the same, and prints a table.

usage: staleness.py [--only NAME,...] [--seeds N] [--threads N] [--out DIR] [--data DIR]
                    [--novels DIR] [--quick]

  mlp           Fashion-MNIST, 5 epochs of batches of 128 and 512, with SGD and with AdamW
  cnn           Fashion-MNIST, 5 epochs, AdamW with one cycle
  gpt           20,000 windows of six English novels, AdamW with a cosine (--novels is the folder of
                bench/make_tokens.py; without it gpt is left out)

--quick trains on 2048 samples for one epoch, to see that all runs. Three seeds take about 15
minutes on two cores. Exit code 1 where a run failed. DIR (default out-staleness) receives all
reports and staleness.json; the build is in build/, or BUILD=... .
"""
import sys

import compared_values as compared

CASES = [
    compared.MLP,
    ("mlp, SGD, batch 512", "mlp", "--epochs 5 --batch-size 512"),
    ("mlp, SGD 0.03 without momentum, batch 128", "mlp",
     "--epochs 5 --batch-size 128 --lr 0.03 --momentum 0"),
    compared.MLP_ADAMW,
    ("mlp, AdamW, batch 512", "mlp", "--epochs 5 --batch-size 512 --optimizer adamw"),
    compared.CNN,
    compared.GPT,
]

if __name__ == "__main__":
    sys.exit(compared.Comparison("staleness", __doc__, "--staleness", [0, 1],
                                 ["", "stale"]).run(CASES))
