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
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

import compare_report as cr

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD") or ROOT / "build")
MLP = "--epochs 5"
# name, model, options
CASES = [
    ("mlp, SGD, batch 128", "mlp", f"{MLP} --batch-size 128"),
    ("mlp, SGD, batch 512", "mlp", f"{MLP} --batch-size 512"),
    ("mlp, SGD 0.03 without momentum, batch 128", "mlp",
     f"{MLP} --batch-size 128 --lr 0.03 --momentum 0"),
    ("mlp, AdamW, batch 128", "mlp", f"{MLP} --batch-size 128 --optimizer adamw"),
    ("mlp, AdamW, batch 512", "mlp", f"{MLP} --batch-size 512 --optimizer adamw"),
    ("cnn, AdamW, one cycle", "cnn",
     "--epochs 5 --batch-size 128 --optimizer adamw --lr 0.003 --lr-decay one-cycle"),
    ("gpt, AdamW, cosine", "gpt",
     "--limit-train 20000 --batch-size 64 --epochs 1 --optimizer adamw --lr 0.002 "
     "--lr-decay cosine --warmup 50 --min-lr 0.0002 --betas 0.9,0.99 --weight-decay 0.1 "
     "--decay matrices"),
]
MODELS = ["mlp", "cnn", "gpt"]


def arguments_of():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage=argparse.SUPPRESS)
    parser.add_argument("--only", default=",".join(MODELS), metavar="NAME,...")
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    parser.add_argument("--threads", default="auto", metavar="N")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out-staleness"))
    parser.add_argument("--data", type=pathlib.Path,
                        default=pathlib.Path("/usr/share/datasets/fashion-mnist"), metavar="DIR")
    parser.add_argument("--novels", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    for name in arguments.only.split(","):
        if name not in MODELS:
            parser.error(f"--only knows {', '.join(MODELS)}, not '{name}'")
    if arguments.seeds < 1:
        parser.error("--seeds must be at least 1")
    return arguments


def trained(case, staleness, seed, arguments):
    name, model, options = case
    stem = name.replace(", ", "-").replace(" ", "_")
    report = arguments.out / f"{stem}.stale{staleness}.seed{seed}.json"
    command = [BUILD / "mixnn", "baseline", ROOT / "models" / f"{model}.json", "--data",
               arguments.novels if model == "gpt" else arguments.data, "--seed", seed, "--threads",
               arguments.threads, "--staleness", staleness, "--quiet", "--json", report,
               *options.split()]
    if arguments.quick:
        command += ["--limit-train", "2048", "--epochs", "1"]
    subprocess.run(list(map(str, command)), check=True)
    return json.loads(report.read_text())["baseline"]


def measured(case, arguments):
    result = {"case": case[0], "options": case[2], "seeds": arguments.seeds}
    for staleness in 0, 1:
        runs = [trained(case, staleness, seed, arguments)
                for seed in range(1, 1 + arguments.seeds)]
        result[f"losses_{staleness}"] = [run["test_loss"] for run in runs]
        result[f"accuracies_{staleness}"] = [run["test_accuracy"] for run in runs]
    return result


def row(result):
    def mean(what, staleness):
        return statistics.mean(result[f"{what}_{staleness}"])

    pairs = zip(result["accuracies_0"], result["accuracies_1"])
    differences = [after - before for before, after in pairs]
    return [result["case"], str(result["seeds"]), f"{mean('accuracies', 0):.4f}",
            f"{mean('accuracies', 1):.4f}", f"{min(differences):+.4f} .. {max(differences):+.4f}",
            f"{mean('losses', 0):.4f}", f"{mean('losses', 1):.4f}"]


def main():
    arguments = arguments_of()
    if not (BUILD / "mixnn").exists():
        sys.exit(f"staleness: no mixnn in {BUILD}: build first, or set BUILD")
    arguments.out.mkdir(parents=True, exist_ok=True)
    results, failed = [], False
    for case in CASES:
        if case[1] not in arguments.only.split(","):
            continue
        if case[1] == "gpt" and arguments.novels is None:
            print("notice: gpt needs --novels; left out", file=sys.stderr)
            continue
        print(case[0], file=sys.stderr)
        try:
            results.append(measured(case, arguments))
        except subprocess.CalledProcessError as error:
            print(f"staleness: {error}", file=sys.stderr)
            failed = True
    if not results:
        sys.exit("staleness: nothing was measured")
    print(cr.table(["case", "seeds", "accuracy", "stale", "by seed", "test loss", "stale"],
                   [row(result) for result in results]))
    (arguments.out / "staleness.json").write_text(json.dumps(results, indent=2) + "\n")
    print(f"written: {arguments.out}/staleness.json")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
