#!/usr/bin/env bash
# What a run leaves in model.safetensors opens in PyTorch and gives the same test accuracy and loss
# there.
#   usage: safetensors_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
need_torch
value() { "$cmake" -DFILE="$1" -DKEYS="$2" -DSHOW=ON -P "$here/json_value.cmake"; }
cmake=$2

succeeds "train" mpirun -n 7 --oversubscribe "$mixnn" train "$digits_model" "${digits[@]}" \
  --epochs 10 --seed 3 --out "$scratch/out"
PYTHONDONTWRITEBYTECODE=1 python3 "$root/bench/check_safetensors.py" \
  "$digits_model" "$scratch/out/model.safetensors" "$root/tests/data/digits" >"$scratch/torch.json"
awk -v ours="$(value "$scratch/out/report.json" mixnn,test_accuracy)" \
  -v theirs="$(value "$scratch/torch.json" test_accuracy)" \
  -v our_loss="$(value "$scratch/out/report.json" mixnn,test_loss)" \
  -v their_loss="$(value "$scratch/torch.json" test_loss)" '
  function distance(a, b) { return a > b ? a - b : b - a }
  BEGIN {
    printf "accuracy: %s here, %s in PyTorch; loss: %s here, %s in PyTorch\n", ours, theirs,
      our_loss, their_loss
    # one sample whose two largest logits are alike may fall to the other side
    exit !(ours > 0.8 && distance(ours, theirs) <= 0.003 && distance(our_loss, their_loss) <= 1e-4)
  }'
finish
