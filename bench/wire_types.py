#!/usr/bin/python3
"""What do shorter types of activations and gradients cost in accuracy? Trains with each
--wire-dtype by `mixnn baseline`, in one process, from the same seeds, for the ranks' bits are the
same, and prints a table.

usage: wire_types.py [--only NAME,...] [--seeds N] [--threads N] [--out DIR] [--data DIR]
                     [--novels DIR] [--quick]

  mlp           Fashion-MNIST, 5 epochs of batches of 128, with SGD and with AdamW
  cnn           Fashion-MNIST, 5 epochs, AdamW with one cycle
  gpt           20,000 windows of six English novels, AdamW with a cosine (--novels is the folder of
                bench/make_tokens.py; without it gpt is left out)

--quick trains on 2048 samples for one epoch, to see that all runs. Three seeds of mlp take about a
minute on two cores. Exit code 1 where a run failed. DIR (default out-wire-types) receives all
reports and wire_types.json; the build is in build/, or BUILD=... .
"""
import sys

import compared_values as compared

TYPES = ["float32", "bfloat16", "int8"]
CASES = [compared.MLP, compared.MLP_ADAMW, compared.CNN, compared.GPT]

if __name__ == "__main__":
    sys.exit(compared.Comparison("wire_types", __doc__, "--wire-dtype", TYPES, TYPES).run(CASES))
