#!/usr/bin/env bash
# Trains on a real Slurm: munged, slurmctld and a slurmd on each of five hosts that are namespaces of this machine. What the
# cluster's user does goes through Makefile.slurm, without root, in a copy of the repository.
#   usage: run.sh MIXNN [--keep]        as root; exit code 0: passed, 1: failed, 77: skipped, for the reason it prints
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
mixnn=${1:?the program}
lab=$(mktemp -d /tmp/mx.XXXXXX) # short: Open MPI keeps sockets below it
chmod 755 "$lab"
source "$here/lab.sh"

finish() {
  local code=$?
  trap - EXIT INT TERM
  local left
  left=$(lab_down) || {
    echo "FAILED: after the test, processes are left: $left"
    code=1
  }
  ((code != 0)) || echo "ok: every daemon, job and host has ended"
  [[ ${keep:-no} == yes ]] || rm -rf "$lab"
  exit "$code"
}
[[ ${2:-} != --keep ]] || keep=yes
if why=$(lab_lacks); then
  rm -rf "$lab"
  echo "skipped: Slurm test: $why"
  exit 77
fi
trap finish EXIT
trap 'exit 130' INT TERM

hosts_up 5 || { cat "$lab"/log/host.*; echo "FAILED: the hosts did not come up"; exit 1; }
slurm_up || { tail -n 5 "$lab"/log/*; echo "FAILED: Slurm did not come up"; exit 1; }
echo "ok: Slurm $(on h0 sinfo --version | cut -d' ' -f2) on ${#hosts[@]} hosts after $SECONDS s"

# The user: nobody, with a clone and a home that are theirs.
mkdir -p "$lab/home/mixnn/build"
cp -r "$root"/{Makefile.slurm,jobs,models,bench} "$lab/home/mixnn/"
mkdir -p "$lab/home/mixnn/tests/data"
cp -r "$root/tests/data/digits" "$lab/home/mixnn/tests/data/"
cp "$mixnn" "$lab/home/mixnn/build/mixnn"
chown -R 65534:65534 "$lab/home"
runs=$lab/home/mixnn/runs
# What a site has in its Open MPI's settings: the network to use; and that the hosts share two processors.
site=(OMPI_MCA_btl_tcp_if_include=eth0 OMPI_MCA_oob_tcp_if_include=eth0 OMPI_MCA_hwloc_base_binding_policy=none
  OMPI_MCA_rmaps_base_oversubscribe=1 OPENBLAS_NUM_THREADS=1 MIXNN_PATIENCE=60)
user() { # user COMMAND...: as the user, on the login node
  on h0 env -i "PATH=/usr/bin:/bin:/usr/sbin:/sbin" HOME="$lab/home" USER=nobody LOGNAME=nobody SHELL=/bin/bash LC_ALL=C.UTF-8 \
    SLURM_CONF="$SLURM_CONF" TMPDIR="$lab/tmp" "${site[@]}" setpriv --reuid=65534 --regid=65534 --clear-groups \
    bash -c 'cd ~/mixnn && exec "$@"' - "$@"
}
slurm() { user make -s -f Makefile.slurm "$@"; }

failures=0
ok() { echo "ok: $*"; }
failed() { # failed WHAT FILE...: with the ends of the files
  echo "FAILED: $1"
  shift
  ((failures += 1))
  local file
  for file in "$@"; do
    echo "  $file:"
    tail -n 25 "$file" | sed 's/^/    /'
  done
}

# submit VARIABLE=VALUE...: `job` and its `log`
submit() {
  local said
  said=$(slurm "$@" 2>&1) || { echo "$said"; return 1; }
  job=$(grep -oE '^job [0-9]+' <<<"$said" | cut -d' ' -f2)
  log=${said##*its log: }
}
field() { on h0 scontrol show job -o "$job" | grep -oE "(^| )$1=[^ ]*" | head -1 | cut -d= -f2; }
# ended SECONDS: waits for `job`; `state` and `code`; what Slurm would let wait two minutes after a requeue goes on at once
ended() {
  local i
  for ((i = 0; i < $1 * 5; ++i)); do
    state=$(field JobState)
    case $state in
      COMPLETED | FAILED | CANCELLED | NODE_FAIL | TIMEOUT)
        code=$(field ExitCode)
        code=${code%%:*}
        return 0
        ;;
      PENDING) [[ $(field Reason) != BeginTime ]] || user scontrol update "job=$job" StartTime=now 2>/dev/null ;;
    esac
    sleep 0.2
  done
  state=endless
}
# checkpoints RUN N: waits until the run has written its Nth
checkpoints() {
  local i last
  for ((i = 0; i < 200; ++i)); do
    last=$(find "$1/checkpoint" -name 'checkpoint-*.manifest' 2>/dev/null | sort | tail -1)
    last=${last##*checkpoint-}
    last=${last%.manifest}
    [[ -z $last ]] || ((10#$last < $2)) || return 0
    sleep 0.1
  done
  return 1
}
values() { # values RUN SECTION: what a report says of the training itself
  python3 -c '
import json, sys
report = json.load(open(sys.argv[1] + "/out/report.json"))
print({k: report[sys.argv[2]][k] for k in ("parameters_sha256", "train_losses", "test_accuracies")}, report["epochs"])
print("lives", report.get("lives"), file=sys.stderr)' "$1" "$2" 2>"$lab/lives"
}

training=(MODEL=models/digits.json RANKS=8 NODES=4 TIME=5)
options="--data tests/data/digits --epochs 40 --checkpoint-every 10b"
export_seed="MIXNN_SEED=7"
site+=("$export_seed")

# Across the nodes, undisturbed, and in one process.
if submit train NAME=whole "${training[@]}" OPTIONS="$options" && ended 60 && [[ $state == COMPLETED ]]; then
  ok "a training across $(field NumNodes) nodes: $(tail -n 1 "$log")"
else
  failed "a training across the nodes: ${state:-not submitted}" "$log"
fi
whole=$(values "$runs/whole" mixnn)
if submit baseline NAME=single "${training[@]}" OPTIONS="--data tests/data/digits --epochs 40 --micro-batches 4 --threads 1" &&
  ended 30 && [[ $state == COMPLETED && -n $whole && $(values "$runs/single" baseline) == "$whole" ]]; then
  ok "its bits are those of the baseline in one process"
else
  failed "the baseline's bits" "$log"
fi

# Slurm's warning, twice: the job checkpoints, queues itself again and goes on.
if submit train NAME=warned "${training[@]}" OPTIONS="$options"; then
  checkpoints "$runs/warned" 5 && user scancel --signal=USR1 --batch "$job"
  for ((i = 0; i < 100; ++i)); do
    [[ $(field Restarts) == 0 ]] || break
    sleep 0.1
  done
  ended 90
  if [[ $state == COMPLETED && $(field Restarts) == 1 && $(values "$runs/warned" mixnn) == "$whole" ]]; then
    ok "warned, queued again and finished ($(<"$lab/lives")): the same bits"
  else
    failed "warned and queued again: $state, $(field Restarts) restarts" "$log"
  fi
fi

# Killed hard, resubmitted; then a host goes off, resubmitted again.
if submit train NAME=killed "${training[@]}" OPTIONS="$options"; then
  checkpoints "$runs/killed" 5 && user scancel --signal=KILL "$job"
  ended 30
  [[ $state == CANCELLED ]] && ok "killed hard: $state" || failed "killed hard: $state" "$log"
  submit resume NAME=killed RANKS=8 NODES=4 TIME=5
  checkpoints "$runs/killed" 15
  nodes=$(field NodeList)
  batch=$(field BatchHost)
  gone=$(on h0 scontrol show hostnames "$nodes" | grep -vxE "$batch|h0" | tail -1)
  power_off "$gone"
  ended 60
  [[ $state == FAILED || $state == NODE_FAIL ]] && ok "$gone went off: $state" || failed "$gone went off: $state" "$log"
  submit resume NAME=killed RANKS=8 NODES=4 TIME=5
  ended 60
  if [[ $state == COMPLETED && $(values "$runs/killed" mixnn) == "$whole" ]]; then
    ok "resubmitted, it went on from its checkpoints ($(<"$lab/lives")): the same bits"
  else
    failed "resubmitted: $state" "$log"
  fi
fi

((failures == 0)) || exit 1
exit 0
