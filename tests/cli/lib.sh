# What the tests of the command line share. Sourced by bash with the program's path in $1.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
mixnn=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
digits=(--data "$root/tests/data/digits")
digits_model=$root/models/digits.json

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_orte_execute_quiet=1 # of a failed run, the program's message alone
unset "${!MIXNN_@}"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
output=$scratch/.output
failures=0

ranks() { # ranks N COMMAND...
  mpirun -n "$1" --oversubscribe "${@:2}"
}

# runs COMMAND...: its exit code in `code`, what it printed on both streams in $output; nothing may
# take longer than $patience seconds
patience=20
runs() {
  code=0
  timeout --kill-after=5 "$patience" "$@" </dev/null >"$output" 2>&1 || code=$?
  sed -i '/^\[warn\] Epoll /d' "$output" # from mpirun now and then, as a job ends
}

failed() { # failed NAME WHY
  printf 'FAILED: %s: %s; it printed:\n' "$1" "$2"
  sed 's/^/    /' "$output"
  failures=$((failures + 1))
}

# message NAME CODE TEXT COMMAND...: ends with the exit code and exactly one message, which contains
# the text
message() {
  local name=$1 expected=$2 text=$3
  shift 3
  runs "$@"
  if ((code != expected)); then
    failed "$name" "exit code $code, not $expected"
  elif (($(grep -c '^mixnn: ' "$output") != 1)); then
    failed "$name" "not one message"
  elif ! grep '^mixnn: ' "$output" | grep -qF -- "$text"; then
    failed "$name" "no '$text'"
  elif ((expected == 2)) && (($(wc -l <"$output") != 1)); then
    failed "$name" "more than the message"
  else
    printf 'ok: %s: %s\n' "$name" "$(grep '^mixnn: ' "$output")"
  fi
}

succeeds() { # succeeds NAME COMMAND...
  local name=$1
  shift
  runs "$@"
  if ((code == 0)); then
    printf 'ok: %s\n' "$name"
  else
    failed "$name" "exit code $code"
  fi
}

# prints NAME TEXT: the command that ran last printed the text
prints() {
  if grep -qF -- "$2" "$output"; then
    printf 'ok: %s\n' "$1"
  else
    failed "$1" "no '$2'"
  fi
}

# fake_machines: from now on `ssh HOST` is a shell here, with HOST's files of configuration in
# $scratch/HOST; what stands on its command lines goes to $scratch/ssh.log. `at HOST COMMAND...`
# runs a command with these files.
fake_machines() {
  mkdir -p "$scratch/bin"
  cat >"$scratch/bin/ssh" <<SSH
#!/usr/bin/env bash
printf '%s\n' "\$*" >>"$scratch/ssh.log"
[[ \$1 == -T && \$2 == -- ]] || exit 99
[[ \$3 != gone ]] || exit 255
echo "Welcome to \$3"
XDG_CONFIG_HOME="$scratch/\$3" exec bash -c "\$4"
SSH
  cat >"$scratch/bin/at" <<AT
#!/usr/bin/env bash
XDG_CONFIG_HOME="$scratch/\$1" exec "\${@:2}"
AT
  chmod +x "$scratch/bin"/*
  export PATH=$scratch/bin:$PATH
}

# need_torch: from now on python3 is Debian's; without its PyTorch the test is skipped.
need_torch() {
  export PATH="/usr/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
  python3 -c "import torch, numpy" 2>/dev/null || {
    echo "SKIPPED: no PyTorch here (Debian: python3-torch, python3-numpy)"
    exit 77
  }
}

finish() {
  if ((failures > 0)); then
    echo "$failures failed"
    exit 1
  fi
}
