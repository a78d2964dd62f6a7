#!/usr/bin/env bash
# How much slower than one process? Measures every goal with `mixnn compare` and prints a table, met
# or missed:
#   bash bench/slowdown.sh [--out DIR] [--rounds N] [--epochs N] [--only NAME,NAME...] [--no-torch]
#                          [-- OPTIONS of mixnn compare]
# Three hops, four relays, uniform padding, AES-256-GCM. Each round runs every case once, so that a
# bad minute of the machine does not fall on one case alone; --epochs are those of a round (mlp,
# whose epochs are short, runs twice as many). The models of width 1024 train on 20480 samples, and
# `wide` runs beside plain PyTorch at 1 thread and at all, where PyTorch is there. On two quiet
# cores the whole takes about five minutes. DIR (default out-slowdown) receives all reports,
# slowdown.json, slowdown.csv and epochs.csv. The build is in build/, or BUILD=...; data in DATA=...
# . Exit code 0 also where goals are missed; 1 where a run failed.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/bench/lib.sh"

out=out-slowdown rounds=2 epochs=2 only='' no_torch=''
take_options 'out rounds epochs only no-torch!' 'mixnn compare' "$@"
number --rounds "$rounds"
number --epochs "$epochs"
need_program mixnn
drop_settings
mpirun_settings

# name, model, batch size, ranks, AEAD backend, training samples (0: all), rounds' epochs times
# this, goal
cases=(
  "mlp-128 mlp 128 8 best 0 2 2.8"
  "mlp-512 mlp 512 8 best 0 2 2.4"
  "wide-512 wide 512 9 best 20480 1 1.6"
  "deep-512 deep 512 13 best 20480 1 1.6"
  "wide-512-libsodium wide 512 9 libsodium 20480 1 4"
)
check_only

begin_measurement
failed=no
# What a change from rank to rank costs on a core: most of what the bound leaves out.
"$build/mixnn" plan "$root/models/mlp.json" --ranks 8 --quiet --json "$out/plan.json" \
  >>"$log" 2>&1 || stop "mixnn plan failed; see $log"

compare() { # compare NAME MODEL BATCH RANKS BACKEND LIMIT EPOCHS ROUND
  local stem=$out/$1.round$8 options=(--batch-size "$3" --epochs "$7" --hops 3 --padding uniform
    --aead aes256gcm --seed 1
    --limit-test 2000 "${more[@]}")
  (($6 == 0)) || options+=(--limit-train "$6")
  local environment=()
  [[ $5 == best ]] || environment=(MIXNN_AEAD_BACKEND="$5")
  explained env "${environment[@]}" "$python" "$root/bench/ranks_memory.py" \
    "$stem.memory.csv" 1 mpirun -n "$4" --oversubscribe "$build/mixnn" compare \
    "$root/models/$2.json" "${data_option[@]}" \
    "${options[@]}" --quiet --json "$stem.json" </dev/null >>"$log" 2>&1 || {
    say "$1 failed; the last it said, of $log:"
    tail -n 3 "$log"
    failed=yes
  }
}

# Plain PyTorch with the kernels and the samples that mixnn had, at 1 thread and at all. OpenMP
# threads that spin while they wait are sometimes fast and sometimes many times slower: tried in the
# first round alone, and not for long. Its gradients are new memory in every step, which the C
# library gives back to the system unless it is told to keep it: tried as well ("kept"), as fresh
# pages can cost PyTorch half of its time.
pytorch() { # pytorch NAME MODEL BATCH LIMIT EPOCHS ROUND
  local core threads
  core=$("$python" -c 'import json, sys
print(json.load(open(sys.argv[1]))["machine"]["blas_core"])' "$out/$1.round$6.json")
  for threads in $(printf '%s\n' 1 "$(nproc)" | sort -nu); do
    for wait in passive passive+kept active; do
      [[ $wait == passive* ]] || ((threads > 1 && $6 == 1)) || continue
      local memory=()
      [[ $wait != *+kept ]] || memory=(MALLOC_MMAP_THRESHOLD_=1073741824
        MALLOC_TRIM_THRESHOLD_=4294967296)
      env "${memory[@]}" OPENBLAS_CORETYPE="$core" OPENBLAS_NUM_THREADS="$threads" \
        OMP_NUM_THREADS="$threads" OMP_WAIT_POLICY="${wait%+kept}" timeout 40 "$python" \
        "$root/bench/peers_torch.py" "$root/models/$2.json" \
        "${DATA:-/usr/share/datasets/fashion-mnist}" "$3" "$5" "$threads" 1 0.1 0.8 "$4" \
        >"$out/torch-$1.$threads.$wait.round$6.json" 2>>"$log" || {
        say "PyTorch at $threads threads, waiting $wait: left out, failed or took longer than 40 s"
        rm -f "$out/torch-$1.$threads.$wait.round$6.json"
      }
    done
  done
}

if [[ -z $no_torch ]] && ! "$python" -c 'import torch' 2>/dev/null; then
  say "notice: no PyTorch for $python (Debian: python3-torch); going on without it"
  no_torch=yes
fi
for case in "${cases[@]}"; do
  read -r name model batch ranks backend limit factor goal <<<"$case"
  ! wanted "$name" || echo "$name $model $batch $ranks $backend $limit $goal" >>"$out/cases"
done
for ((round = 1; round <= rounds; ++round)); do
  for case in "${cases[@]}"; do
    read -r name model batch ranks backend limit factor goal <<<"$case"
    wanted "$name" || continue
    echo "round $round of $rounds: $name, $((epochs * factor)) epochs" >&2
    compare "$name" "$model" "$batch" "$ranks" "$backend" "$limit" $((epochs * factor)) "$round"
    if [[ $name == wide-512 && -z $no_torch && -e $out/$name.round$round.json ]]; then
      echo "round $round of $rounds: PyTorch beside $name" >&2
      pytorch "$name" "$model" "$batch" "$limit" $((epochs > 1 ? epochs : 2)) "$round"
    fi
  done
done
((${#more[@]} == 0)) || say "notice: with ${more[*]}, which is not how the goals are set"
"$python" "$root/bench/slowdown_summary.py" "$out" || failed=yes
[[ $failed == no ]]
