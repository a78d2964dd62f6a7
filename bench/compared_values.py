"""What an option costs in accuracy: networks trained with each of its values by `mixnn baseline`,
in one process, from the same seeds, for the ranks' bits are the same.
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
MODELS = ["mlp", "cnn", "gpt"]

# name, model, options
MLP = ("mlp, SGD, batch 128", "mlp", "--epochs 5 --batch-size 128")
MLP_ADAMW = ("mlp, AdamW, batch 128", "mlp", "--epochs 5 --batch-size 128 --optimizer adamw")
CNN = ("cnn, AdamW, one cycle", "cnn",
       "--epochs 5 --batch-size 128 --optimizer adamw --lr 0.003 --lr-decay one-cycle")
GPT = ("gpt, AdamW, cosine", "gpt",
       "--limit-train 20000 --batch-size 64 --epochs 1 --optimizer adamw --lr 0.002 "
       "--lr-decay cosine --warmup 50 --min-lr 0.0002 --betas 0.9,0.99 --weight-decay 0.1 "
       "--decay matrices")


class Comparison:
    """`values` of the option `flag`, the first of which the others are compared with; in the table
    they have these `names`."""

    def __init__(self, program, about, flag, values, names):
        self.program, self.flag, self.values, self.names = program, flag, values, names
        self.arguments = self._parsed(about)

    def _parsed(self, about):
        parser = argparse.ArgumentParser(description=about, usage=argparse.SUPPRESS,
                                         formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--only", default=",".join(MODELS), metavar="NAME,...")
        parser.add_argument("--seeds", type=int, default=3, metavar="N")
        parser.add_argument("--threads", default="auto", metavar="N")
        parser.add_argument("--out", type=pathlib.Path,
                            default=pathlib.Path("out-" + self.program.replace("_", "-")))
        parser.add_argument("--data", type=pathlib.Path,
                            default=pathlib.Path("/usr/share/datasets/fashion-mnist"),
                            metavar="DIR")
        parser.add_argument("--novels", type=pathlib.Path, metavar="DIR")
        parser.add_argument("--quick", action="store_true")
        arguments = parser.parse_args()
        for name in arguments.only.split(","):
            if name not in MODELS:
                parser.error(f"--only knows {', '.join(MODELS)}, not '{name}'")
        if arguments.seeds < 1:
            parser.error("--seeds must be at least 1")
        return arguments

    def _trained(self, case, value, seed):
        name, model, options = case
        stem = name.replace(", ", "-").replace(" ", "_")
        report = self.arguments.out / f"{stem}.{value}.seed{seed}.json"
        data = self.arguments.novels if model == "gpt" else self.arguments.data
        command = [BUILD / "mixnn", "baseline", ROOT / "models" / f"{model}.json", "--data", data,
                   "--seed", seed, "--threads", self.arguments.threads, self.flag, value,
                   "--quiet", "--json", report, *options.split()]
        if self.arguments.quick:
            command += ["--limit-train", "2048", "--epochs", "1"]
        subprocess.run(list(map(str, command)), check=True)
        return json.loads(report.read_text())["baseline"]

    def _measured(self, case):
        seeds = range(1, 1 + self.arguments.seeds)
        result = {"case": case[0], "options": case[2], "seeds": self.arguments.seeds}
        for value in self.values:
            runs = [self._trained(case, value, seed) for seed in seeds]
            result[f"losses_{value}"] = [run["test_loss"] for run in runs]
            result[f"accuracies_{value}"] = [run["test_accuracy"] for run in runs]
        return result

    def _head(self):
        first, *others = self.names
        return ["case", "seeds", " ".join(["accuracy", first]).strip(),
                *[text for name in others for text in (name, "by seed")],
                " ".join(["test loss", first]).strip(), *others]

    def _row(self, result):
        def means(what):
            return [f"{statistics.mean(result[f'{what}_{value}']):.4f}" for value in self.values]

        first, *others = means("accuracies")
        row = [result["case"], str(result["seeds"]), first]
        for value, mean in zip(self.values[1:], others):
            pairs = zip(result[f"accuracies_{self.values[0]}"], result[f"accuracies_{value}"])
            by_seed = [after - before for before, after in pairs]
            row += [mean, f"{min(by_seed):+.4f} .. {max(by_seed):+.4f}"]
        return row + means("losses")

    def run(self, cases):
        """Trains all, and prints the table; the exit code."""
        arguments, results, failed = self.arguments, [], False
        if not (BUILD / "mixnn").exists():
            sys.exit(f"{self.program}: no mixnn in {BUILD}: build first, or set BUILD")
        arguments.out.mkdir(parents=True, exist_ok=True)
        for case in cases:
            if case[1] not in arguments.only.split(","):
                continue
            if case[1] == "gpt" and arguments.novels is None:
                print("notice: gpt needs --novels; left out", file=sys.stderr)
                continue
            print(case[0], file=sys.stderr)
            try:
                results.append(self._measured(case))
            except subprocess.CalledProcessError as error:
                print(f"{self.program}: {error}", file=sys.stderr)
                failed = True
        if not results:
            sys.exit(f"{self.program}: nothing was measured")
        print(cr.table(self._head(), [self._row(result) for result in results]))
        file = arguments.out / f"{self.program}.json"
        file.write_text(json.dumps(results, indent=2) + "\n")
        print(f"written: {file}")
        return 1 if failed else 0
