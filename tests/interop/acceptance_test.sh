#!/usr/bin/env bash
# Two implementations of docs/protocol.md in one job. Nodes in Python, relays and hosts alike, give
# the baseline's parameters, bit for bit, and what a hostile one does comes to what it should.
#   usage: acceptance_test.sh MIXNN [CASE..]
# Cases: mixed, hops, ways, wide, rounds, checkpoint, identities, hostile; without one, all.
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$folder/../cli/lib.sh"
python=${PYTHON:-/usr/bin/python3} # the system's, where Debian's packages are
export PYTHONDONTWRITEBYTECODE=1
"$python" -c 'import mpi4py, nacl, cryptography, numpy' 2>/dev/null || {
  echo "SKIPPED: Python packages are missing (Debian: python3-mpi4py python3-nacl" \
    "python3-cryptography python3-numpy)"
  exit 77
}
"$python" -c 'import numpy, sys
sys.exit("openblas" not in open("/proc/self/maps").read())' || {
  echo "SKIPPED: NumPy does not compute with OpenBLAS here: hosts in Python have other bits"
  exit 77
}

patience=60 # Python takes its time to start
export MIXNN_CELLS=copied MIXNN_WAIT=poll
blas=$("$mixnn" info | sed -n 's/^ *blas *\(.*\) kernels.*/\1/p')
export OPENBLAS_CORETYPE=${blas##*, }
training=("$digits_model" "${digits[@]}" --seed 1 --quiet)
quiet=(--quiet) # of Python nodes

# job CPP_NODES PYTHON_NODES PROGRAM ARGUMENT...: `job` is the command of a training over nodes of
# both kinds. PROGRAM is what the Python nodes run, as one word or several.
job() {
  local cpp=$1 py=$2 program=()
  read -ra program <<<"$3"
  job=(mpirun --oversubscribe -n 1 "$mixnn" train "${training[@]}" "${@:4}")
  ((cpp == 0)) || job+=(: -n "$cpp" "$mixnn" node)
  ((py == 0)) || job+=(: -n "$py" "$python" "$folder/${program[0]}" "${program[@]:1}"
    --blas "${blas%, *}" --core "${blas##*, }" "${quiet[@]}")
}

# digest REPORT PART: of the parameters
digest() {
  "$python" -c 'import json, sys
print(json.load(open(sys.argv[1]))[sys.argv[2]]["parameters_sha256"])' "$1" "$2"
}

# as_baseline NAME ARGUMENT...: the job that ran last has the bits that the baseline has
as_baseline() {
  local name=$1
  "$mixnn" baseline "${training[@]}" --threads 1 "${@:2}" --json "$scratch/baseline.json"
  if [[ $(digest "$scratch/mixnn.json" mixnn) == $(digest "$scratch/baseline.json" baseline) ]]
  then
    printf 'ok: %s: same bits\n' "$name"
  else
    failed "$name" "other bits than the baseline's"
  fi
}

# same NAME CPP_NODES PYTHON_NODES ARGUMENT... -- ARGUMENT...: what decides the bits, then how
# messages travel
same() {
  local name=$1 cpp=$2 py=$3 bits=()
  shift 3
  while [[ $1 != -- ]]; do
    bits+=("$1")
    shift
  done
  rm -f "$scratch/mixnn.json"
  job "$cpp" "$py" node.py "${bits[@]}" "${@:2}" --json "$scratch/mixnn.json"
  succeeds "$name" "${job[@]}"
  ((code != 0)) || as_baseline "$name" "${bits[@]}"
}

mixed() { same "a Python node among others" 6 1 --epochs 2 --micro-batches 4 --; }

hops() {
  local short=(--epochs 1 --micro-batches 2) hops
  for hops in 0 1 2 3 4 5; do
    same "$hops hops" 0 8 "${short[@]}" -- --hops "$hops"
  done
  same "5 hops, ChaCha20-Poly1305" 2 6 "${short[@]}" -- --hops 5 --aead chacha20poly1305
}

ways() {
  local short=(--epochs 1 --micro-batches 4)
  same "small cells" 0 7 "${short[@]}" -- --cell-size 3584
  same "small cells, as many as needed" 0 7 "${short[@]}" -- --cell-size 3584 --padding cells
  same "bfloat16, weight decay" 0 7 "${short[@]}" --wire-dtype bfloat16 --weight-decay 0.01 --
  same "int8" 3 4 "${short[@]}" --wire-dtype int8 --
  same "threshold, gpipe" 2 5 "${short[@]}" -- --mix threshold:3:5 --schedule gpipe
  same "all hosts checked" 0 7 "${short[@]}" -- --spot-checks 1
  same "clipped gradients, all hosts checked" 3 4 "${short[@]}" --clip-norm 0.05 -- \
    --spot-checks 1
  same "all hosts checked, bfloat16" 3 4 "${short[@]}" --wire-dtype bfloat16 -- --spot-checks 1
  same "all hosts checked, int8" 0 7 "${short[@]}" --wire-dtype int8 -- --spot-checks 1
  same "trace" 2 5 "${short[@]}" -- --trace "$scratch/trace.json"
}

# Products of all the forms that are made in parts.
wide() {
  local training=("$scratch/wide.json" "${digits[@]}" --seed 1 --quiet)
  cat >"$scratch/wide.json" <<'MODEL'
{"name": "wide", "input": {"shape": [1, 8, 8], "scale": 0.0625}, "loss": "cross_entropy",
 "stages": [{"layers": [{"type": "flatten"}, {"type": "linear", "out_features": 2048}]},
            {"layers": [{"type": "linear", "out_features": 512}, {"type": "relu"}]},
            {"layers": [{"type": "linear", "out_features": 160},
                        {"type": "linear", "out_features": 10}]}]}
MODEL
  same "a wide model, no momentum" 0 7 --epochs 1 --batch-size 128 --micro-batches 4 --momentum 0 --
}

# In rounds. Of four nodes three are hosts.
in_rounds() { same "in rounds, $1" "${@:2}" --traffic rounds; }

rounds() {
  local short=(--epochs 1 --micro-batches 2)
  in_rounds "a Python node among others" 3 1 "${short[@]}" --
  in_rounds "a Python host and another, bfloat16, 2 hops" 2 2 "${short[@]}" \
    --wire-dtype bfloat16 -- --hops 2 --spot-checks 1
  in_rounds "a Python host and another, int8" 2 2 "${short[@]}" --wire-dtype int8 --
  in_rounds "all nodes in Python, clipped gradients, ChaCha20-Poly1305" 0 4 --epochs 2 \
    --micro-batches 2 --clip-norm 0.05 -- --aead chacha20poly1305
  goes_back 3 1 alter
  goes_back 0 4 lose
  refused junk 3 1 --traffic rounds
}

# goes_back CPP_NODES PYTHON_NODES WHAT: the latter do it, and no bit is another
goes_back() {
  local short=(--epochs 1 --micro-batches 2) quiet=()
  rm -f "$scratch/mixnn.json"
  job "$1" "$2" "hostile.py $3" "${short[@]}" --traffic rounds --json "$scratch/mixnn.json"
  succeeds "hostile in rounds: $3" "${job[@]}"
  grep -q 'went back [1-9]' "$output" || failed "hostile in rounds: $3" "nobody went back"
  ((code != 0)) || as_baseline "hostile in rounds: $3" "${short[@]}"
}

# What Python hosts save, C++ hosts go on with.
checkpoint() {
  local bits=(--micro-batches 4 --lr-decay none)
  local keep=(--checkpoint "$scratch/saved" --checkpoint-key "$scratch/key")
  mkdir "$scratch/saved"
  job 0 7 node.py "${bits[@]}" "${keep[@]}" --epochs 1
  succeeds "Python hosts save" "${job[@]}"
  job 7 0 '' "${bits[@]}" "${keep[@]}" --resume must --epochs 2 --json "$scratch/mixnn.json"
  succeeds "C++ hosts go on" "${job[@]}"
  ((code != 0)) || as_baseline "a checkpoint of Python hosts" "${bits[@]}" --epochs 2
}

# does WHAT CODE TEXT [TIMEOUT]: a hostile node does WHAT
does() {
  job 3 4 "hostile.py $1" --epochs 1 --timeout "${4:-30}"
  if (($2 == 0)); then
    succeeds "hostile: $1" "${job[@]}"
  else
    message "hostile: $1" "$2" "$3" "${job[@]}"
  fi
}

# refused WHAT CPP_NODES PYTHON_NODES ARGUMENT...: a hostile node sends what is only junk; the run
# goes on, and says what was refused
refused() {
  local short=(--epochs 1 --micro-batches 2)
  rm -f "$scratch/mixnn.json"
  job "$2" "$3" "hostile.py $1" "${short[@]}" "${@:4}" --json "$scratch/mixnn.json"
  succeeds "hostile: $1" "${job[@]}"
  ((code != 0)) || as_baseline "hostile: $1" "${short[@]}"
  "$python" -c 'import json, sys
sys.exit(not json.load(open(sys.argv[1]))["mixnn"]["refused"])' "$scratch/mixnn.json" ||
    failed "hostile: $1" "the report does not say what was refused"
}

# A finished job's results are there, though nobody leaves.
stays() {
  local short=(--epochs 1 --micro-batches 2)
  job 3 4 "hostile.py stays" "${short[@]}" --timeout 6 --json "$scratch/mixnn.json"
  rm -f "$scratch/mixnn.json"
  message "hostile: stays" 0 "did not leave within the timeout of 6 s" "${job[@]}"
  as_baseline "hostile: stays" "${short[@]}"
}

lies() {
  job 0 7 "hostile.py lie" --epochs 1 --micro-batches 2 --spot-checks 1
  message "hostile: lie" 1 "lied about the gradients between them" "${job[@]}"
}

hostile() {
  local what
  lies
  for what in filler count late; do
    does "$what" 0 ''
  done
  stays
  for what in replay forge size datagrams; do
    refused "$what" 3 4
  done
  for what in rest tag body; do
    does "$what" 1 "refused a cell of the run that came from rank"
  done
  for what in slot misroute; do
    does "$what" 1 "was refused by rank" 6
  done
  does drop 1 "no progress for 6 s" 6
  does error 1 "told to fail"
}

# Nodes of both kinds that the owner knows by their keys, and one that it does not.
identities() {
  local short=(--epochs 1 --micro-batches 2) machine line
  fake_machines
  succeeds "a roster" at owner "$mixnn" roster add a b --rank-limit 4
  at other "$mixnn" roster add c >/dev/null
  for machine in b c; do
    line=(mpirun --oversubscribe -n 1 at owner "$mixnn" train "${training[@]}" "${short[@]}"
      --require-identities --json "$scratch/mixnn.json" : -n 3 at a "$mixnn" node
      : -n 4 "$python" "$folder/node.py" --identity "$scratch/$machine" --blas "${blas%, *}"
      --core "${blas##*, }" --quiet)
    if [[ $machine == b ]]; then
      succeeds "machines of a roster" "${line[@]}"
      as_baseline "machines of a roster" "${short[@]}"
    else
      runs "${line[@]}"
      grep '^mixnn: ' "$output" | grep -q "does not know this owner's key" ||
        failed "a machine of another owner" "it was served"
      ((code == 1)) || failed "a machine of another owner" "exit code $code"
    fi
  done
}

cases=("${@:2}")
((${#cases[@]} > 0)) || cases=(mixed hops ways wide rounds checkpoint identities hostile)
for case in "${cases[@]}"; do
  "$case"
done
finish
