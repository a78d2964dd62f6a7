#!/usr/bin/python3
"""Do the networks of models/ learn what they should? Trains them with `mixnn baseline`, in one
process, and prints a table, met or missed.

usage: accuracy.py [--only NAME,...] [--seeds N] [--threads N] [--out DIR]
                   [--data DIR] [--tables DIR] [--novels DIR] [--limit-train N] [--epochs N]

  cnn, lenet5   Fashion-MNIST in 8 epochs: at least 0.92 and 0.90, the mean of 3 seeds
  letters       at least scikit-learn's MLP on the same split (bench/sklearn_tables.py)
  diabetes      the same, R2 of the test set
  gpt           six English novels, a character a token: the validation loss is that of the same
                network in PyTorch, with the same hyper-parameters, within 0.02 (its noise from seed
                to seed); one seed, one epoch

--tables is the folder of bench/make_tables.py, --novels that of bench/make_tokens.py; without one
its networks are left out, and so is a peer whose library is missing. --limit-train and --epochs are
for a quick look: goals are set without them. Fashion-MNIST with one seed takes 4 minutes of one
core, gpt about 20 and PyTorch as long. Exit code 0 also where goals are missed; 1 where a run
failed. DIR (default out-accuracy) receives all reports and accuracy.json; the build is in build/,
or BUILD=... .
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
NOISE = 0.02  # of gpt's validation loss
PICTURES = "--epochs 8 --batch-size 128 --optimizer adamw --lr-decay one-cycle"
CASES = {
    "lenet5": {"data": "data", "options": f"{PICTURES} --lr 0.006", "goal": 0.90},
    "cnn": {"data": "data", "options": f"{PICTURES} --lr 0.003", "goal": 0.92},
    "letters": {"data": "tables", "peer": "classes",
                "options": "--normalize train --batch-size 64 --epochs 20"},
    "diabetes": {"data": "tables", "peer": "values",
                 "options": "--normalize train --batch-size 32 --epochs 100 --optimizer adam "
                            "--lr 0.003"},
    "gpt": {"data": "novels", "peer": "torch",
            "options": "--batch-size 64 --epochs 1 --optimizer adamw --lr 0.002 --lr-decay cosine "
                       "--warmup 50 --min-lr 0.0002 --betas 0.9,0.99 --weight-decay 0.1 "
                       "--decay matrices"},
}


class Failed(Exception):
    pass


def arguments_of():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage=argparse.SUPPRESS)
    parser.add_argument("--only", default=",".join(CASES), metavar="NAME,...")
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    parser.add_argument("--threads", default="auto", metavar="N")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out-accuracy"))
    parser.add_argument("--data", type=pathlib.Path,
                        default=pathlib.Path("/usr/share/datasets/fashion-mnist"), metavar="DIR")
    parser.add_argument("--tables", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--novels", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--limit-train", type=int, metavar="N")
    parser.add_argument("--epochs", type=int, metavar="N")
    arguments = parser.parse_args()
    for name in arguments.only.split(","):
        if name not in CASES:
            parser.error(f"--only knows {', '.join(CASES)}, not '{name}'")
    if arguments.seeds < 1:
        parser.error("--seeds must be at least 1")
    return arguments


def run(command, **environment):
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False,
                            env={**os.environ, **environment})
    if result.returncode == 77:
        print(result.stderr.strip(), file=sys.stderr)
        return None
    if result.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: {result.stderr.strip()[-500:]}")
    return result.stdout


def options_of(case, arguments):
    options = case["options"].split()
    if arguments.epochs is not None:
        options[options.index("--epochs") + 1] = str(arguments.epochs)
    if arguments.limit_train is not None:
        options += ["--limit-train", str(arguments.limit_train)]
    return options


def trained(name, data, seed, arguments):
    report = arguments.out / f"{name}.seed{seed}.json"
    run([BUILD / "mixnn", "baseline", ROOT / "models" / f"{name}.json", "--data", data, "--seed",
         seed, "--threads", arguments.threads, "--quiet", "--json", report,
         *options_of(CASES[name], arguments)])
    return json.loads(report.read_text())


def table_peer(kind, data, seeds):
    found = run(["/usr/bin/python3", ROOT / "bench" / "sklearn_tables.py", data, kind, *seeds])
    return None if found is None else json.loads(found)


def torch_peer(name, data, arguments):
    threads = str(os.cpu_count() or 1) if arguments.threads == "auto" else arguments.threads
    found = run(["/usr/bin/python3", ROOT / "bench" / "torch_train.py",
                 ROOT / "models" / f"{name}.json", "--data", data, "--seed", "1", "--threads",
                 threads, *options_of(CASES[name], arguments)],
                OPENBLAS_NUM_THREADS=threads, OMP_NUM_THREADS=threads)
    return None if found is None else json.loads(found)


def measured(name, data, arguments):
    """What is compared, for mixnn and its peer or goal, and whether that is met."""
    case = CASES[name]
    seeds = list(range(1, 1 + (1 if name == "gpt" else arguments.seeds)))
    runs = []
    for seed in seeds:
        print(f"{name}, seed {seed}", file=sys.stderr)
        runs.append(trained(name, data, seed, arguments)["baseline"])
    losses = [each["test_loss"] for each in runs]
    accuracies = [each["test_accuracy"] for each in runs]
    result = {"model": name, "seeds": len(seeds), "losses": losses, "accuracies": accuracies,
              "options": options_of(case, arguments), "goal": case.get("goal")}
    kind = case.get("peer")
    if kind == "torch":
        peer = torch_peer(name, data, arguments)
        result.update(what="loss", ours=losses[0], peer=peer and peer["test_losses"][-1])
        result["met"] = None if peer is None else result["ours"] <= result["peer"] + NOISE
        return result
    if kind is None:
        result.update(what="accuracy", ours=statistics.mean(accuracies), peer=None)
        result["met"] = result["ours"] >= case["goal"]
        return result
    peer = table_peer(kind, data, seeds)
    if kind == "values":
        result.update(what="test mse", ours=statistics.mean(losses),
                      peer=peer and statistics.mean(peer["mse"]))
        result["met"] = None if peer is None else result["ours"] <= result["peer"]
        if peer:
            result["r2_peer"] = statistics.mean(peer["r2"])
            result["r2_ours"] = 1 - (1 - result["r2_peer"]) * result["ours"] / result["peer"]
    else:
        result.update(what="accuracy", ours=statistics.mean(accuracies),
                      peer=peer and statistics.mean(peer["accuracy"]))
        result["met"] = None if peer is None else result["ours"] >= result["peer"]
    return result


def row(result):
    digits = 1 if result["what"] == "test mse" else 4
    peer = {"letters": "scikit-learn", "diabetes": "scikit-learn", "gpt": "PyTorch"}
    name, goal = result["model"], result["goal"]
    aim = f">= {goal}" if goal else "-"
    if result["peer"] is not None:
        aim = f"{peer[name]} {result['peer']:.{digits}f}"
    return [name, str(result["seeds"]), result["what"], f"{result['ours']:.{digits}f}", aim,
            {None: "-", True: "met", False: "MISSED"}[result["met"]]]


def main():
    arguments = arguments_of()
    if not (BUILD / "mixnn").exists():
        sys.exit(f"accuracy: no mixnn in {BUILD}: build first, or set BUILD")
    arguments.out.mkdir(parents=True, exist_ok=True)
    results, failed = [], False
    for name in arguments.only.split(","):
        where = getattr(arguments, CASES[name]["data"])
        if where is None:
            print(f"notice: {name} needs --{CASES[name]['data']}; left out", file=sys.stderr)
            continue
        data = where / name if CASES[name]["data"] == "tables" else where
        try:
            results.append(measured(name, data, arguments))
        except Failed as error:
            print(f"accuracy: {error}", file=sys.stderr)
            failed = True
    if not results:
        sys.exit("accuracy: nothing was measured")
    print(cr.table(["model", "seeds", "what", "mixnn", "aim", ""], [row(r) for r in results]))
    for result in results:
        if "r2_ours" in result:
            print(f"\n{result['model']}: R2 {result['r2_ours']:.3f}, scikit-learn "
                  f"{result['r2_peer']:.3f}")
    if arguments.limit_train is not None or arguments.epochs is not None:
        print("\nWith --limit-train or --epochs, which is not how the goals are set.")
    (arguments.out / "accuracy.json").write_text(json.dumps(results, indent=2) + "\n")
    print(f"written: {arguments.out}/accuracy.json")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
