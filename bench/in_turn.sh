#!/usr/bin/env bash
# Is one build of the program slower than another?
#   bash bench/in_turn.sh OLD NEW [--rounds N] [--only NAME,NAME...]
# Trains with both programs in turn, in changing order, and prints for each case the medians and
# quartiles of the epochs, their ratio, and whether the trained bits are the same. The cases are
# those of slowdown.sh; the models of width 1024 train on 20480 samples. With 4 rounds, the default,
# it takes about four minutes on two quiet cores. A difference within the quartiles is none.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=bench/lib.sh
source "$root/bench/lib.sh"

case ${1:-} in
  -h | --help)
    sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac
(($# >= 2)) || stop "usage: bash bench/in_turn.sh OLD NEW [--rounds N] [--only NAME,NAME...]"
programs=("$1" "$2") rounds=4 only=''
shift 2
take_options 'rounds only' '' "$@"
number --rounds "$rounds"
for program in "${programs[@]}"; do
  [[ -x $program ]] || stop "no program $program"
done
drop_settings
mpirun_settings
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# name, model, batch size, ranks, epochs of a run, training samples
cases=(
  "mlp-128 mlp 128 8 6 60000"
  "mlp-512 mlp 512 8 6 60000"
  "wide-512 wide 512 9 2 20480"
  "deep-512 deep 512 13 2 20480"
)
check_only
for ((round = 1; round <= rounds; ++round)); do
  for row in "${cases[@]}"; do
    read -r name model batch ranks epochs samples <<<"$row"
    wanted "$name" || continue
    for turn in 0 1; do
      which=$(((turn + round) % 2))
      timeout -k 5 600 mpirun -n "$ranks" --oversubscribe "${programs[which]}" train \
        "$root/models/$model.json" --batch-size "$batch" --epochs "$epochs" --seed 5 \
        --limit-train "$samples" "${data_option[@]}" --quiet \
        --json "$scratch/$name.$which.$round.json" </dev/null
    done
  done
  say "round $round of $rounds done" >&2
done

"$python" - "$scratch" <<'PYTHON'
import glob, json, statistics, sys

def summary(pattern):
    runs = [json.load(open(file))["mixnn"] for file in sorted(glob.glob(pattern))]
    walls = sorted(wall for run in runs for wall in run["epoch_walls_s"])
    quartiles = statistics.quantiles(walls, n=4) if len(walls) > 1 else 3 * walls
    return quartiles, {run["parameters_sha256"] for run in runs}

print("case        old s (quartiles)        new s (quartiles)        new/old  bits")
for name in ("mlp-128", "mlp-512", "wide-512", "deep-512"):
    if not glob.glob(f"{sys.argv[1]}/{name}.0.*"):
        continue
    (a, old), (b, new) = (summary(f"{sys.argv[1]}/{name}.{which}.*.json") for which in (0, 1))
    print(f"{name:10}  {a[1]:6.3f} ({a[0]:6.3f} .. {a[2]:6.3f})  {b[1]:6.3f} ({b[0]:6.3f} .. "
          f"{b[2]:6.3f})  {b[1] / a[1]:7.3f}  {'same' if old == new else 'differ'}")
PYTHON
