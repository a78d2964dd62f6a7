#!/usr/bin/env bash
# Bad input under mpirun: exit code 2 (1 where the run broke), one message for the whole job, no
# hang.
#   usage: bad_input_mpi_test.sh MIXNN
source "$(dirname "$0")/lib.sh"
source "$here/bad_files.sh"
make_bad_data
make_bad_models

ranks() { launch=(mpirun -n "$1" --oversubscribe "$mixnn"); }
with_data() { message "data: $1" 2 "$2" "${launch[@]}" train "$digits_model" --data "$scratch/$1"; }
with_model() {
  message "model: $1" 2 "$2" "${launch[@]}" compare "$scratch/$1.json" --data "$scratch/good"
}
with_options() {
  message "options: ${*:2}" 2 "$1" "${launch[@]}" compare "$digits_model" --data "$scratch/good" \
    "${@:2}"
}
# an owner with these arguments beside nodes with those after a colon
with_nodes() {
  message "owner and nodes: ${*:2}" 2 "$1" mpirun -n 1 "$mixnn" "${@:2}" : -n 6 \
    --oversubscribe "$mixnn" node
}

ranks 7
with_data none "none"
with_data truncated "train-images-idx3-ubyte"
with_data wrong-magic "train-images-idx3-ubyte"
with_data label-range "10"
with_data model-shape "[1, 9, 9]"
with_model none "none.json"
with_model unknown-type "stages[1].layers[0].type"
with_model unknown-key "stages[0].layers[1]"
with_model wrong-type "stages[1].layers[0].out_features"
with_model zero-size "stages[1].layers[0].out_features"
with_model absurd-size "stages[1].layers[0].out_features"

with_options "hops" --hops 4
with_options "--micro-batches must be at most" --batch-size 2 --micro-batches 4
with_options "--cell-size must be between" --cell-size 100
with_options "unexpected argument: --bogus" --bogus
with_options "--out /dev/null: cannot be written" --out /dev/null
with_options "--json $scratch: cannot be written" --json "$scratch"
message "no model" 2 "MODEL is missing" "${launch[@]}" train
message "no command" 2 "COMMAND is missing" "${launch[@]}"
message "nodes alone" 2 "a node cannot be rank 0" "${launch[@]}" node
message "baseline" 2 "start it without mpirun" "${launch[@]}" baseline "$digits_model" \
  "${digits[@]}"
message "plan of a job with other ranks" 2 "under mpirun plan looks at the job itself" \
  "${launch[@]}" plan "$digits_model" --ranks 9
for wire in float32 int8; do
  message "NaN loss, $wire" 1 "no longer a finite number" "${launch[@]}" train "$digits_model" \
    "${digits[@]}" --lr 1e29 --wire-dtype "$wire"
done
diverging=("$digits_model" "${digits[@]}" --lr 1e29 --batch-size 1437 --epochs 1)
for command in train compare; do
  message "$command: a last update that diverges" 1 "in the test after epoch 1" \
    "${launch[@]}" "$command" "${diverging[@]}" --quiet
done

ranks 4
with_options "1 owner + 3 stages + 3 relays = 7, got 4"
ranks 2
with_options "1 owner + 3 stages + 0 relays = 4, got 2" --hops 0

with_nodes "no such file" train "$scratch/none.json"
with_nodes "unexpected argument: --bogus" train "$digits_model" --bogus
with_nodes "a node cannot be rank 0" node
message "a node with more" 2 "unexpected argument: more" mpirun -n 1 "$mixnn" train \
  "$digits_model" "${digits[@]}" : -n 6 --oversubscribe "$mixnn" node more
message "a setting of all ranks that does not exist" 2 "the nearest is MIXNN_EPOCHS" \
  env MIXNN_EPOCH=3 mpirun -n 7 --oversubscribe "$mixnn" train "$digits_model" "${digits[@]}"
message "a setting of nodes alone that does not exist" 2 "the nearest is MIXNN_WAIT" \
  mpirun -n 1 "$mixnn" train "$digits_model" "${digits[@]}" : -n 6 --oversubscribe \
  env MIXNN_WAITS=poll "$mixnn" node
message "a node that is none" 2 "unknown command 'nod'" \
  mpirun -n 1 "$mixnn" train "$digits_model" "${digits[@]}" : -n 6 --oversubscribe "$mixnn" nod
message "baseline among nodes" 2 "start it without mpirun" mpirun -n 1 "$mixnn" train \
  "$digits_model" "${digits[@]}" : -n 6 --oversubscribe "$mixnn" baseline "$digits_model"

ranks 4
for asked in --help --version info "node --help"; do
  # shellcheck disable=SC2086 # words
  succeeds "$asked" "${launch[@]}" $asked
  (($(grep -ciE '^(usage: )?mixnn' "$output") == 1)) || failed "$asked" "not printed once"
done
finish
