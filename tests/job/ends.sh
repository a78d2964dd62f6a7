# To be sourced by what runs $job, a job of real MPI ranks: says how it ends. Sets $failures.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_orte_execute_quiet=1
output=$(mktemp)
trap 'rm -f "$output"' EXIT
failures=0

# ends CODE MESSAGES PATTERN ARG...: the job ends with the code, prints as many messages, and
# PATTERN, if it is not empty, is found on exactly one line
ends() {
  local expected=$1 said=$2 pattern=$3 code=0 messages
  shift 3
  timeout 60 mpirun -n 8 --oversubscribe "$job" "$@" >"$output" 2>&1 </dev/null || code=$?
  messages=$(grep -c '^mixnn: ' "$output" || true)
  if ((code == expected)) && ((messages == said)) &&
    { [[ -z $pattern ]] || (($(grep -cE "$pattern" "$output" || true) == 1)); }; then
    echo "ok: $*: $(grep -m 1 -E "$pattern" "$output")"
  else
    echo "FAILED: $*: exit code $code, expected $expected, $said messages," \
      "and one line with '$pattern':"
    cat "$output"
    failures=$((failures + 1))
  fi
}
fails() { ends 1 1 "$@"; }
succeeds() { ends 0 0 'same bits' "$@"; }
