#!/usr/bin/env bash
# Do the links carry the same in rounds, whatever is trained? Two trainings of different networks,
# cut in 2 and in 4, whose public numbers are equal, over hosts that are namespaces of this machine,
# a rank on each. All packets between them are kept.
#   bash bench/rounds_on_links.sh [--hops N] [--keep DIR]
# as root. Exit code 0: from the first slot to the last every ordered pair of ranks has sent the
# same number of the same size in both, with the same names, and nothing is to be read: no
# parameters, inputs or specification, and what is behind the names is random. What else Open MPI
# has sent is printed. (Without spot checks, for who opens a window is drawn.) DIR keeps the
# captures. Needs a release build in build/, or BUILD=..., what tests/slurm/lab.sh needs, and
# Debian's python3-numpy. Takes a minute.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/bench/lib.sh"

hops=3 keep=
take_options 'hops keep' '' "$@"
number --hops "$hops"
need_program mixnn
drop_settings

lab=$(mktemp -d /tmp/mx.XXXXXX) # short: Open MPI keeps sockets below it
chmod 755 "$lab"
# shellcheck source=tests/slurm/lab.sh
source "$root/tests/slurm/lab.sh"
if why=$(lab_lacks); then
  rm -rf "$lab"
  stop "$why"
fi
finish() {
  local code=$?
  trap - EXIT INT TERM
  lab_down || true
  rm -rf "$lab"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

ranks=6
hosts_up "$ranks" || stop "the hosts did not come up: $(tail -q -n 1 "$lab"/log/host.*)"
mkdir "$lab/pids"
for host in "${hosts[@]}"; do
  address=10.77.0.$((10 + ${host#h}))
  echo "${host_pid[$host]}" >"$lab/pids/$address"
  echo "$address slots=1" >>"$lab/hostfile"
done
cat >"$lab/agent" <<END
#!/bin/sh
host=\$1
shift
exec nsenter -t "\$(cat "$lab/pids/\$host")" -n -u -i -m -p env TMPDIR="$lab/tmp" sh -c "\$*"
END
chmod +x "$lab/agent"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm=rsh \
  OMPI_MCA_plm_rsh_agent="$lab/agent" OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=eth0 \
  OMPI_MCA_oob_tcp_if_include=eth0 OMPI_MCA_hwloc_base_binding_policy=none \
  OMPI_MCA_mpi_yield_when_idle=1 OPENBLAS_NUM_THREADS=1

# The same layers, and the same largest message: 64 values of a row.
layers=('{"type": "flatten"}, {"type": "linear", "out_features": 64}, {"type": "relu"}'
  '{"type": "linear", "out_features": 64}, {"type": "relu"}'
  '{"type": "linear", "out_features": 64}, {"type": "relu"}'
  '{"type": "linear", "out_features": 10}')
model() { # model STAGE...
  local IFS=,
  printf '{"name": "digits", "input": {"shape": [1, 8, 8], "scale": 0.0625},
 "loss": "cross_entropy", "stages": [%s]}\n' "$*"
}
stage() { printf '{"layers": [%s]}' "$1"; }

# train CUT SEED: with a learning rate so small that parameters stay what they were, as they can
# then be looked for on their way out, too
train() {
  local folder=$lab/$1 capturing i
  cp "$root/tests/data/digits/train-images-idx3-ubyte.gz" "$folder/images.gz"
  on switch "$python" "$root/tests/slurm/capture.py" "$folder/wire" >"$folder/capture" 2>&1 &
  capturing=$!
  for ((i = 0; i < 100; ++i)); do
    [[ ! -e $folder/wire.ready ]] || break
    sleep 0.1
  done
  # Of h1 the network and the name alone: mpirun finds the others by numbers of processes here.
  nsenter -t "${host_pid[h1]}" -n -u timeout -k 5 300 mpirun \
    --hostfile "$lab/hostfile" -n 1 "$build/mixnn" train "$folder/model.json" \
    --data "$root/tests/data/digits" --limit-train 200 --limit-test 50 --epochs 2 \
    --batch-size 100 --micro-batches 4 --lr 1e-30 --seed "$2" --traffic rounds --hops "$hops" \
    --stage-bytes 40000 --spot-checks 0 --out "$folder" : \
    -n $((ranks - 1)) "$build/mixnn" node >"$folder/log" 2>&1 </dev/null ||
    stop "the training of $1 ended with $?: $(tail -n 3 "$folder/log")"
  rm "$folder/wire.ready"
  wait "$capturing" || stop "packets were not captured: $(<"$folder/capture")"
}

mkdir "$lab/two" "$lab/four"
model "$(stage "${layers[0]}, ${layers[1]}")" "$(stage "${layers[2]}, ${layers[3]}")" \
  >"$lab/two/model.json"
model "$(stage "${layers[0]}")" "$(stage "${layers[1]}")" "$(stage "${layers[2]}")" \
  "$(stage "${layers[3]}")" >"$lab/four/model.json"
train two 1
train four 2
if [[ -n $keep ]]; then
  mkdir -p "$keep"
  cp -r "$lab"/{two,four} "$keep/"
fi
"$python" -B "$root/bench/links_alike.py" "$lab/two" "$lab/four"
