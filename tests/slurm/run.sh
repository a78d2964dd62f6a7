#!/usr/bin/env bash
# Trains on a real Slurm: munged, slurmctld and slurmd on five hosts, which are namespaces of this
# machine. What the cluster's user does goes through Makefile.slurm, without root, in a copy of the
# repository.
#   usage: run.sh MIXNN [--keep]
# as root; exit code 0: passed, 1: failed, 77: skipped, for the reason it prints.
set -uo pipefail
export PATH=$PATH:/usr/sbin:/sbin
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

user_up "$(dirname "$mixnn")"
site+=(OPENBLAS_NUM_THREADS=1 MIXNN_PATIENCE=300)
if links_up; then shaped=yes; else echo "skipped: links with a delay and a rate: $why"; fi

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
has_pmix() { on h0 srun --mpi=list 2>&1 | grep -qw pmix; }
# ended SECONDS: waits for `job`; `state` and `code`; what Slurm would let wait two minutes after a
# requeue goes on at once
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
      PENDING)
        # Not at once: slurmd refuses a job that it has killed in the same second ("job credential
        # revoked").
        if [[ $(field Reason) == BeginTime ]]; then
          sleep 3
          user scontrol update "job=$job" StartTime=now 2>/dev/null
        fi
        ;;
    esac
    sleep 0.2
  done
  state=endless
}
newest() { # newest RUN: the number of its last checkpoint; 0: none
  local last
  last=$(find "$1/checkpoint" -name 'checkpoint-*.manifest' 2>/dev/null | sort | tail -1)
  last=${last##*checkpoint-}
  last=${last%.manifest}
  echo "$((10#${last:-0}))"
}
records=$lab/home/.local/state/mixnn/checkpoint.key.runs # beside the key
# checkpoints RUN N: waits until the run has written its Nth
checkpoints() {
  local i
  for ((i = 0; i < 1200; ++i)); do
    (($(newest "$1") < $2)) || return 0
    sleep 0.1
  done
  return 1
}
values() { # values RUN SECTION: what a report says of the training itself
  python3 - "$1" "$2" 2>"$lab/lives" <<'END'
import json, sys
report = json.load(open(sys.argv[1] + "/out/report.json"))
keys = ("parameters_sha256", "train_losses", "test_accuracies")
print({k: report[sys.argv[2]][k] for k in keys}, report["epochs"])
print("lives", report.get("lives"), file=sys.stderr)
END
}

training=(MODEL=models/digits.json RANKS=8 NODES=4 TIME=5)
options="--data tests/data/digits --epochs 40 --micro-batches 4 --checkpoint-every 10b"
site+=(MIXNN_SEED=7)

# Across the nodes, undisturbed, and in one process.
if submit train NAME=whole "${training[@]}" OPTIONS="$options" && ended 1200 &&
  [[ $state == COMPLETED ]]; then
  ok "a training across $(field NumNodes) nodes: $(tail -n 1 "$log")"
else
  failed "a training across the nodes: ${state:-not submitted}" "$log"
fi
whole=$(values "$runs/whole" mixnn)
if submit baseline NAME=single "${training[@]}" \
  OPTIONS="--data tests/data/digits --epochs 40 --micro-batches 4 --threads 1" &&
  ended 120 && [[ $state == COMPLETED && -n $whole &&
    $(values "$runs/single" baseline) == "$whole" ]]; then
  ok "its bits are those of the baseline in one process"
else
  failed "the baseline's bits" "$log"
fi

# Bad input: one message in the job's log, and no success.
refused() { # refused WHAT TEXT COMMAND VARIABLE=VALUE...
  local what=$1 text=$2 messages
  shift 2
  if ! submit "$@" || ! ended 120; then
    failed "$what: not submitted"
    return
  fi
  messages=$(grep -c '^mixnn: ' "$log")
  if [[ $state == FAILED && $code != 0 && $messages == 1 ]] && grep '^mixnn: ' "$log" |
    grep -qF -- "$text"; then
    ok "$what: $(grep '^mixnn: ' "$log")"
  else
    failed "$what: $state, exit code $code, $messages messages" "$log"
  fi
}
# two_jobs RUN: while one is at work there, another is refused
two_jobs() {
  local first=$job first_log=$log
  refused "two jobs in one folder" "is at work in" train NAME="${1##*/}" "${training[@]}" RANKS=2 \
    NODES=1 OPTIONS="$options"
  job=$first log=$first_log
}

source "$here/identities.sh"
source "$here/eavesdropper.sh"
rm -r "$keys" # from here on nobody is known
source "$here/hosts.sh"
source "$here/links.sh"

# A site that hands on no environment: launcher and seed get there all the same.
site+=(SBATCH_EXPORT=NONE)
if submit train NAME=bare "${training[@]}" OPTIONS="$options" && ended 1200 &&
  [[ $state == COMPLETED && $(values "$runs/bare" mixnn) == "$whole" ]]; then
  ok "SBATCH_EXPORT=NONE: the same bits"
else
  failed "SBATCH_EXPORT=NONE: ${state:-not submitted}" "$log"
fi
unset "site[-1]"

# Slurm's warning: the job checkpoints, queues itself again and goes on. By both launchers, where
# Slurm has PMIx.
warned() { # warned LAUNCH
  local run=$runs/warned-$1 i
  submit train NAME="warned-$1" LAUNCH="$1" "${training[@]}" OPTIONS="$options" || return
  checkpoints "$run" 2
  [[ $1 == srun ]] || two_jobs "$run"
  checkpoints "$run" 5 && user scancel --signal=USR1 --batch "$job"
  for ((i = 0; i < 600; ++i)); do
    [[ $(field Restarts) == 0 ]] || break
    sleep 0.1
  done
  ended 1200
  if [[ $state == COMPLETED && $(field Restarts) == 1 && $(values "$run" mixnn) == "$whole" ]]; then
    ok "$1: warned, queued again and finished ($(<"$lab/lives")): the same bits"
  else
    failed "$1: warned and queued again: $state, $(field Restarts) restarts" "$log"
  fi
}
warned mpirun
if has_pmix; then
  warned srun
else
  echo "skipped: srun --mpi=pmix: this Slurm has no such plugin"
fi

# The warning that Slurm gives by itself before a time limit, when it next looks: twice a minute.
if submit train NAME=timed "${training[@]}" TIME=1 WARNING=50 \
  OPTIONS="--data tests/data/digits --epochs 100000"; then
  for ((i = 0; i < 350; ++i)); do
    if [[ $(field Restarts) == 1 && $(field Reason) == BeginTime ]]; then
      sleep 3 # see `ended`
      user scontrol update "job=$job" StartTime=now 2>/dev/null
    fi
    ! grep -qs "life 2, .* going on from a checkpoint" "$log" || break
    sleep 0.2
  done
  if grep -q "checkpointed, queued again" "$log" &&
    grep -q "life 2, .* going on from a checkpoint" "$log"; then
    ok "a time limit: $(grep -m 1 "queued again" "$log"), and is at work again"
  else
    failed "a time limit: $(field JobState), $(field Restarts) restarts" "$log"
  fi
  user scancel "$job"
  ended 60
fi

# Suspended for longer than the time without progress that a run may take.
paused() { # paused LAUNCH
  local run=$runs/paused-$1 before after
  submit train NAME="paused-$1" LAUNCH="$1" "${training[@]}" \
    OPTIONS="$options --timeout 5" || return
  checkpoints "$run" 3
  said=$(on h0 scontrol suspend "$job" 2>&1) || {
    echo "skipped: $1: suspended and resumed: $said"
    user scancel "$job"
    return
  }
  sleep 3 # slurmd stops it only after a while
  before=$(newest "$run") && sleep 7 && after=$(newest "$run")
  state=$(field JobState)
  on h0 scontrol resume "$job"
  if [[ $state != SUSPENDED || $before != "$after" ]]; then
    failed "$1: suspended: $state, checkpoint $after after $before" "$log"
    user scancel "$job"
    ended 60
    return
  fi
  ended 1200
  if [[ $state == COMPLETED && $(values "$run" mixnn) == "$whole" ]]; then
    ok "$1: suspended after checkpoint $before, longer than --timeout, and resumed: the same bits"
  else
    failed "$1: suspended and resumed: $state" "$log"
  fi
}
if has_pmix; then paused srun; else echo "skipped: srun: suspended and resumed: no pmix"; fi

# Signals that end a run: it is saved, and its exit code is 75. To all ranks, as srun passes them
# on; to the script of a job by mpirun.
told_to_end() { # told_to_end LAUNCH SIGNAL SCANCEL-OPTION...
  local name="$1: SIG$2" run=$runs/told-$1-$2
  submit train NAME="told-$1-$2" LAUNCH="$1" "${training[@]}" \
    OPTIONS="--data tests/data/digits --epochs 100000 --checkpoint-every 10b" || return
  checkpoints "$run" 2
  user scancel "--signal=$2" "${@:3}" "$job"
  ended 120
  if [[ $state == FAILED && $code == 75 ]] && grep -q "^mixnn: SIG.*: checkpointed" "$log" &&
    grep -q "told to end; go on with: make" "$log"; then
    ok "$name: $(grep -m 1 "checkpointed" "$log")"
  else
    failed "$name: $state, exit code $code" "$log"
  fi
}
told_to_end mpirun TERM --batch
if has_pmix; then
  for signal in INT HUP; do told_to_end srun "$signal"; done
else
  echo "skipped: srun: SIGINT and SIGHUP: no pmix"
fi

refused "a warning as long as the time limit" "WARNING has to be less than TIME" train \
  NAME=warning "${training[@]}" TIME=2 WARNING=100 SBATCH_FLAGS=--time=1 OPTIONS="$options"

# A rank is killed, as for want of memory.
rank_killed() { # rank_killed LAUNCH
  local i
  submit train NAME="rank-$1" LAUNCH="$1" "${training[@]}" \
    OPTIONS="--data tests/data/digits --epochs 100000 --checkpoint-every 10b" || return
  checkpoints "$runs/rank-$1" 5
  for i in "${hosts[@]}"; do
    [[ $i == "$(field BatchHost)" ]] || ! on "$i" pkill -KILL -o -f '/mixnn node$' || break
  done
  ended 120
  if [[ $state == FAILED ]] && grep -qE '^mixnn: rank [0-9]+ on h[0-9] was killed \(signal 9' "$log"
  then
    ok "$1: a rank is killed: $(grep -m 1 '^mixnn: rank' "$log")"
  else
    failed "$1: a rank is killed: $state" "$log"
  fi
}
rank_killed mpirun
! has_pmix || rank_killed srun

# Killed, as scancel --signal=KILL does it, and resubmitted; then the host of rank 0 and of the
# script goes off, without a word.
if submit train NAME=killed "${training[@]}" OPTIONS="$options"; then
  checkpoints "$runs/killed" 5 && user scancel --signal=KILL "$job"
  ended 120
  if [[ $state == CANCELLED ]]; then
    ok "killed by scancel"
  else
    failed "killed by scancel: $state" "$log"
  fi
  cp -a "$runs/killed" "$runs/stopped"
  cp -a "$records" "$records.stopped" # what opens it
  before=$(newest "$runs/killed")
  submit resume NAME=killed RANKS=8 NODES=4 TIME=5
  checkpoints "$runs/killed" $((before + 2)) ||
    failed "resubmitted: it wrote no checkpoint after $before" "$log"
  gone=$(field BatchHost)
  [[ -z $gone ]] || power_off "$gone"
  ended 1200
  if [[ $state == COMPLETED && $(field Restarts) == 1 &&
    $(values "$runs/killed" mixnn) == "$whole" ]]; then
    ok "resubmitted; $gone went off; queued again by Slurm," \
      "it finished on $(field NodeList) ($(<"$lab/lives")): the same bits"
  else
    failed "resubmitted, and $gone went off: $state" "$log"
  fi
fi

# Bad input.
refused "too few tasks" "too few ranks" train NAME=few MODEL=models/digits.json RANKS=3 NODES=2 \
  TIME=5 OPTIONS="$options"
small=(MODEL=models/digits.json RANKS=7 NODES=4 TIME=5)
# With the machine's own `module`, if it has one; and with one that says what the real one does.
wanted="no module command"
! compgen -G '/etc/profile.d/*modules.sh' >/dev/null || wanted="cannot be loaded"
refused "a missing module" "$wanted" train NAME=module MODULES=no/such "${small[@]}" \
  OPTIONS="$options"
mkdir -p "$lab/home/modules/init"
cat >"$lab/home/modules/init/bash" <<'END'
module() {
  [[ $1 == load && $2 == good ]] && return
  printf "Loading %s\n  ERROR: Unable to locate a modulefile for '%s'\n" "$2" "$2" >&2
  return 1
}
END
site+=(MODULESHOME="$lab/home/modules")
refused "a good module and a missing one" "no/such cannot be loaded" train NAME=modules \
  MODULES="good no/such" "${small[@]}" OPTIONS="$options"
unset "site[-1]"
refused "a seed for all to read" "leave --seed out" train NAME=seed "${small[@]}" \
  OPTIONS="$options --seed 3"
refused "no program" "make -f Makefile.slurm build" train NAME=unbuilt BUILD=nowhere "${small[@]}" \
  OPTIONS="$options"
user mkdir -p "$runs/open" && user chmod 750 "$runs/open"
refused "a folder open to others" "is open to others (mode 750)" train NAME=open "${small[@]}" \
  OPTIONS="$options"
user mkdir -p -m 700 "$runs/shut" && user mkdir -m 500 "$runs/shut/checkpoint"
refused "an unwritable folder" "cannot be written to" train NAME=shut "${small[@]}" \
  OPTIONS="$options"
stopped() { # stopped NAME: a copy of the run that was killed
  cp -a "$runs/stopped" "$runs/$1"
  rm -rf "$records"
  cp -a "$records.stopped" "$records"
  rm -f "$runs/$1"/logs/*
}
sed 's/"out_features": 64/"out_features": 65/' "$root/models/digits.json" >"$lab/home/other.json"
stopped other
refused "another model" "MODEL is another one" train NAME=other "${small[@]}" \
  MODEL="$lab/home/other.json" OPTIONS="$options"
stopped version
for file in "$runs"/version/checkpoint/*.manifest; do
  printf '\x02' | dd of="$file" bs=1 seek=8 conv=notrunc status=none
done
refused "another version" "format version 2" resume NAME=version RANKS=7 NODES=4
stopped truncated
for file in "$runs"/truncated/checkpoint/*.shard; do truncate -s 1000 "$file"; done
refused "truncated shards" "truncated" resume NAME=truncated RANKS=7 NODES=4
stopped tampered
for file in "$runs"/tampered/checkpoint/*.shard; do
  printf '\x55\xaa' | dd of="$file" bs=1 seek=3000 conv=notrunc status=none
done
refused "tampered shards" "no checkpoint in it is good" resume NAME=tampered RANKS=7 NODES=4
stopped missing
rm "$runs"/missing/checkpoint/*.shard
refused "missing shards" "missing" resume NAME=missing RANKS=7 NODES=4
rm "$runs/few/arguments"
refused "nothing to resume" "nothing to resume" resume NAME=few RANKS=7 NODES=4

# all_ended SECONDS: no job is left
all_ended() {
  local i
  for ((i = 0; i < $1 * 5; ++i)); do
    [[ -n $(on h0 squeue -h 2>&1) ]] || return 0
    sleep 0.2
  done
  return 1
}
# Every port is the bridge's.
links_as_found() {
  [[ $(on switch ip -o link show master br0 | wc -l) == $(on switch ip -o link show type veth |
    wc -l) ]]
}

# The array study, at its smallest, and its report: a delay and a rate are to be seen in what its
# jobs measured, and how many processors they are told to share.
site+=(MIXNN_PROCESSORS=64)
[[ -z ${shaped:-} ]] || site+=(MIXNN_LINK_COMMAND="$link_command")
said=$(slurm scaling STUDY=tiny RANKS=7 NODES=4 AT_ONCE=1 TIME=5 2>&1)
all_ended 600
points=$(python3 - "$runs/scaling" "${shaped:-}" 2>&1 <<'END'
import glob, json, sys
found = json.load(open(sys.argv[1] + "/scaling.json"))
jobs = glob.glob(sys.argv[1] + "/points/*.job.json")
told = {json.load(open(file))["processors"] for file in jobs}
whole = [p for p in found["points"] if p["bit_identical"] and p["nodes"] == 4 and
         p["compute_percent"] and p["aead_percent"] and p["over_bound"] and
         (p["variable"] != "latency" or not p["delay_us"] or p["bounded_by"] == "latencies")]
print(len(whole), "rows,", len(found["skipped"]), "points not measured, processors", *told)
links = {p["variable"] + "." + p["value"]: (p["latency_us"] or 0, p["bandwidth_mbit"] or 0)
         for p in whole}
slow, narrow, cloud = (links.get(name, (0, 0))
                       for name in ("latency.500", "bandwidth.100", "paper.cloud"))
# A busy machine only makes them slower.
good = slow[0] >= 500 and 0 < narrow[1] < 100 and cloud[0] >= 250 and 0 < cloud[1] < 1000
print("links", "good" if good else "bad" if sys.argv[2] else "as found", slow, narrow, cloud)
END
)
wanted="10 rows, 0 points not measured, processors 64"
[[ -n ${shaped:-} ]] || wanted="5 rows, 3 points not measured, processors 64"
if [[ $points == "$wanted"* && $points != *"links bad"* && -s $runs/scaling/report.md &&
  -s $runs/scaling/scaling.csv ]]; then
  plots=$(find "$runs/scaling" -name '*.png' | wc -l)
  ok "the array study wrote its report: ${points//$'\n'/; }; plots: $plots"
else
  failed "the array study: $said; $points" "$runs"/scaling/logs/*
fi

# A point that wants slow links: it fails and leaves them as found; nobody makes them slow.
wants_links() { # wants_links NAME TEXT OPTION...
  local name=$1 text=$2 run=$runs/links-${1##* }
  shift 2
  user mkdir -p -m 700 "$run"
  user sbatch -Q --nodes=4 --ntasks=7 --array=3 --output="${run//%/%%}/log" \
    jobs/scaling.sbatch "$run" tiny "$@"
  all_ended 120
  if grep -qF -- "$text" "$run/points/latency.500.skipped" && links_as_found; then
    ok "slow links, $name: $(<"$run/points/latency.500.skipped")"
  else
    failed "slow links, $name: of the bridge are $(on switch ip -o link show master br0 | wc -l)" \
      "$run/log"
  fi
}
if [[ -n ${shaped:-} ]]; then
  wants_links "and a bad option" "--no-such-option" --no-such-option
  unset "site[-1]"
fi
wants_links "and no command" "set MIXNN_LINK_COMMAND"

# What the user reads: all of it, and then it is searched.
says() { # says TEXT ARGUMENT...
  local said
  said=$(slurm "${@:2}") && grep -qF -- "$1" <<<"$said"
}
if says parameters_sha256 report NAME=whole && says "paper's point" report NAME=scaling &&
  says "whole/logs/train" status; then
  ok "report and status"
else
  failed "report and status"
fi
if said=$(slurm test RANKS=7 NODES=4 2>&1); then
  ok "make test: ${said##*ok: }"
else
  failed "make test: $said"
fi

((failures == 0)) || exit 1
exit 0
