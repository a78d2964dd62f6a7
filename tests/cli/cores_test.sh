#!/usr/bin/env bash
# Cores are those that a job can use, not those of the machine: taskset, and a quota if this machine
# lets the test make one.
#   usage: cores_test.sh MIXNN
source "$(dirname "$0")/lib.sh"

first=$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')
train=("$digits_model" "${digits[@]}" --epochs 1 --limit-train 64 --seed 7)

# limited HOW COMMAND...: what the program says if it has one core, by COMMAND
limited() {
  local how=$1
  shift
  succeeds "$how: info" "$@" "$mixnn" info
  prints "$how: info counts one core" "  cores       1 usable by this process"
  succeeds "$how: plan" "$@" "$mixnn" plan "$digits_model" --batch-size 8
  prints "$how: plan counts one core" "1 host of 1 cores"
  succeeds "$how: baseline" "$@" "$mixnn" baseline "${train[@]}" --json "$scratch/report.json"
  runs grep -A 3 '"machine"' "$scratch/report.json"
  prints "$how: the report counts one core" '"cores": 1,'
  succeeds "$how: compare" "$@" mpirun -n 7 --oversubscribe "$mixnn" compare "${train[@]}" \
    --json "$scratch/report.json"
  runs grep -A 3 '"bound"' "$scratch/report.json"
  prints "$how: the bound is over one core" '"cores": 1,'
}

limited "taskset" taskset -c "$first"

# in_group COMMAND...: in a control group of its own, whose quota is one core
group=
in_group() { bash -c 'echo $$ >"$1" && exec "${@:2}"' - "$group/cgroup.procs" "$@"; }
make_group() {
  group=$(mktemp -d "$1/mixnn-XXXXXX" 2>/dev/null) || return 1
  trap 'rmdir "$group"; rm -rf "$scratch"' EXIT
  if [[ -e $group/cpu.max ]]; then
    echo "100000 100000" >"$group/cpu.max"
  else
    echo 100000 >"$group/cpu.cfs_quota_us"
  fi 2>/dev/null
}
export -f in_group
export group
if make_group /sys/fs/cgroup/cpu || make_group /sys/fs/cgroup; then
  limited "quota" bash -c 'in_group "$@"' -
else
  echo "not tried: this machine lets nobody make a control group with a quota"
fi
finish
