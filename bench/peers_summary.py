"""Medians of what bench/peers.sh measured: peers_summary.py MODEL BATCH_SIZE FOLDER"""
import json
import pathlib
import statistics
import sys


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def walls(runs):
    return [wall for run in runs for wall in run["walls_s"][1:]]


def spread(values):
    quartiles = statistics.quantiles(values, n=4)
    return f"{statistics.median(values):.3f} ({quartiles[0]:.3f} .. {quartiles[2]:.3f})"


def main():
    model, batch, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    first = read(folder / "ours.1")[0]
    torch = read(folder / "torch.1")[0]
    print(f"BLAS: {first['blas']}, core {first['blas_core']}; PyTorch {torch['torch']}")
    if first["build_type"] != "Release":
        print(f"WARNING: this is a {first['build_type']} build; its times mean nothing")
    print(f"{model}, batch {batch}: seconds an epoch, median (quartiles)\n")
    print("| threads | baseline | PyTorch | PyTorch / baseline | test accuracy, baseline and "
          "PyTorch |")
    print("| --- | --- | --- | --- | --- |")
    for threads in (1, 2):
        ours, theirs = read(folder / f"ours.{threads}"), read(folder / f"torch.{threads}")
        ratio = statistics.median(walls(theirs)) / statistics.median(walls(ours))
        print(f"| {threads} | {spread(walls(ours))} | {spread(walls(theirs))} | {ratio:.2f} | "
              f"{ours[0]['test_accuracy']:.4f}, {theirs[0]['test_accuracy']:.4f} |")
    reports = [json.loads(path.read_text()) for path in sorted(folder.glob("mixnn.*.json"))]
    if reports:
        walls_s = [wall for report in reports for wall in report["mixnn"]["epoch_walls_s"][1:]]
        best = min((statistics.median(walls(read(folder / f"torch.{threads}"))), threads)
                   for threads in (1, 2))
        print(f"\nMixNN, {reports[0]['ranks']} ranks on the same cores, {reports[0]['hops']} hops, "
              "padding "
              f"{reports[0]['padding']}: {spread(walls_s)}; PyTorch's best ({best[1]} threads) "
              "over it: "
              f"{best[0] / statistics.median(walls_s):.2f}")


main()
