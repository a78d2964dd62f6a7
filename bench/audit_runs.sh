#!/usr/bin/env bash
# Wire logs of many short runs, for `mixnn audit`: who can tell from the traffic what the plan is?
#   bash bench/audit_runs.sh --out DIR [--model mlp|deep] [--traffic onion|rounds] [--runs N]
#        [--steps N] [-- OPTION...]
# Trains the model N times (default 50), for some steps of one epoch each (default 100), over 8
# ranks (mlp) or 13 (deep), under mpirun. Every run draws its plan, its routes and its seed anew.
# Each run's log is a folder of its own in DIR, run-001 and so on; a DIR that has some already gets
# more, up to N, so that a collection that was stopped goes on. Then: mixnn audit DIR. What stands
# behind -- goes to mixnn train. The logs say who hosts what: DIR is for the owner alone. A run
# takes some MB, one of `deep` in rounds 100 MB. Needs a build in build/, or BUILD=... .
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=bench/lib.sh
source "$root/bench/lib.sh"

out='' model=mlp traffic=onion runs=50 steps=100
take_options 'out model traffic runs steps' 'mixnn train' "$@"
[[ -n $out ]] || stop "--out is missing: a folder for the logs (see --help)"
number --runs "$runs"
number --steps "$steps"
case $model in
  mlp) ranks=8 batch=64 ;;
  deep) ranks=13 batch=64 ;;
  *) stop "--model is mlp or deep, not '$model'" ;;
esac
[[ $traffic == onion || $traffic == rounds ]] || stop "--traffic is onion or rounds, not '$traffic'"
need_program mixnn
drop_settings
mpirun_settings
mkdir -p -m 700 "$out"

say "$(grep -m 1 'model name' /proc/cpuinfo | cut -d: -f2-), $(nproc) cores, load $(cut -d' ' -f1 \
  /proc/loadavg)"
say "$model over $ranks ranks, --traffic $traffic, $steps steps of $batch samples"
for ((run = 1; run <= runs; ++run)); do
  folder=$out/$(printf 'run-%03d' "$run")
  [[ ! -e $folder/truth.wire ]] || continue
  rm -rf "$folder" # of a run that was stopped
  explained timeout -k 5 1800 mpirun -n "$ranks" --oversubscribe "$build/mixnn" train \
    "$root/models/$model.json" "${data_option[@]}" --traffic "$traffic" --batch-size "$batch" \
    --limit-train $((batch * steps)) --limit-test "$batch" --epochs 1 --quiet \
    --wire-log "$folder" "${more[@]}" </dev/null || stop "run $run failed"
done
say "$runs runs in $out: mixnn audit $out"
