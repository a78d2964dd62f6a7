#!/usr/bin/env bash
# The whole test suite: installs what is missing, builds, runs every test on the release build and
# the unit tests once more under AddressSanitizer and UBSan, with clang where that is, which fuzzes
# them, too.
#   bash tests/run.sh
# Safe to run again, from any folder. Its last line says how many checks passed, failed and were
# skipped, in all suites together; exit code 0 if none failed.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/jobs/lib.sh"

need_build
need libgtest-dev has_header gtest/gtest.h
need libgmock-dev has_header gmock/gmock.h
install_missing
want_fast_sealing
need dataset-fashion-mnist has_fashion_mnist
need python3-numpy has_python_module numpy
need python3-torch has_python_module torch
need python3-mpi4py has_python_module mpi4py
need python3-nacl has_python_module nacl
need python3-cryptography has_python_module cryptography
need python3-matplotlib has_python_module matplotlib
need python3-protobuf has_python_module google.protobuf # reads the event files
need libbenchmark-dev has_header benchmark/benchmark.h # a function that only bench/ has is used
need dpkg-dev has_command dpkg-shlibdeps # the package
need file has_command file
need mandoc has_command mandoc # the man page
need libmunge-dev has_header munge.h # --identity munge, on the Slurm below
need gdb has_command gcore # dumps of a job
need clang-19 has_command clang++-19
need libclang-rt-19-dev has_fuzzer
install_optional
# Slurm, its daemons and what makes hosts of namespaces.
need make has_command make
need iproute2 has_system_command ip
need munge has_system_command munged
need slurmctld has_system_command slurmctld
need slurmd has_system_command slurmd
need slurm-client has_command sbatch
need slurm-wlm-basic-plugins has_slurm_plugins
need openssh-client has_command ssh-keygen
need dropbear-bin has_command dropbearkey # an ssh server that no package starts by itself
install_optional
has_python_module torch || say "notice: without PyTorch the checks against it are skipped"

scratch=$(mktemp -d /tmp/mixnn-tests.XXXXXX) # short: Open MPI keeps sockets below it

# Counting: the last line comes also if a build fails, or anything else.
summary=()
passed=0 failed=0 skipped=0
aside= # the process group of what runs beside the tests
ended() {
  local code=$?
  trap - EXIT
  [[ -z $aside ]] || kill -- "-$aside" 2>/dev/null || true
  rm -rf "$scratch"
  ((failed > 0 || (code == 0 && passed > 0))) || failed=1
  ((failed == 0 || code != 0)) || code=1
  say "summary"
  ((${#summary[@]} == 0)) || printf '   %s\n' "${summary[@]}"
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  exit "$code"
}
trap ended EXIT
# counted NAME KIND FILE CODE SECONDS: adds up what tests/counting/count.py finds in the file
counted() {
  local found numbers what
  found=$(python3 -B "$root/tests/counting/count.py" "$2" "$3" "$4") || found="0 1 0"
  numbers=${found%%$'\n'*} what=${found#"$numbers"}
  # shellcheck disable=SC2086 # three words
  set -- "$1" "$5" $numbers
  passed=$((passed + $3)) failed=$((failed + $4)) skipped=$((skipped + $5))
  summary+=("$1: $3 passed, $4 failed, $5 skipped in $2 s${what//$'\n'/$'\n      '}")
}

# The suites:
export TMPDIR=$scratch
mpirun_settings
# All ranks are on this machine: nobody looks for a network, which takes a third of a job's start.
export OMPI_MCA_pml=${OMPI_MCA_pml:-ob1}

# suite NAME FOLDER CTEST-ARGUMENT...
suite() {
  local name=$1 folder=$2 reports=$2/reports begin=$SECONDS code=0
  shift 2
  say "testing: $name"
  rm -rf "$reports" # programs of many tests report there, too
  mkdir "$reports"
  ctest --test-dir "$folder" --output-on-failure --no-tests=error -j "$(nproc)" \
    --test-output-size-passed 1000000 --test-output-size-failed 10000000 \
    --output-junit "$reports/junit" "$@" || code=$?
  counted "$name" ctest "$reports/junit" "$code" $((SECONDS - begin))
}

# Few processes: each takes its time to start.
tests=(-DMIXNN_TESTS=ON -DMIXNN_JOIN_TESTS=ON -DMIXNN_TESTS_TOGETHER=ON "${joined[@]}")

# begin_aside COMMAND...: in the background; what it says is kept for end_aside, which waits for it
# and has its exit code
begin_aside() {
  set -m # a process group of its own
  "$@" >"$scratch/aside" 2>&1 </dev/null &
  aside=$!
  set +m
}
end_aside() {
  local code=0
  wait "$aside" || code=$?
  aside=
  cat "$scratch/aside"
  return "$code"
}

say "building in build/ (release)"
configure "$root/build" -DCMAKE_BUILD_TYPE=Release "${tests[@]}"
build "$root/build"

# So many seconds each target; hours are for bench/fuzz.sh. One build with clang has both; without
# clang there is no fuzzer, and the compiler at hand takes the sanitizers.
fuzz_seconds=${MIXNN_FUZZ_SECONDS:-4}
if has_fuzzer; then
  sanitized=$root/build-fuzz targets=(unit_tests fuzz)
  sanitizing=(--preset fuzz -DMIXNN_FUZZ_SECONDS="$fuzz_seconds")
else
  sanitized=$root/build-asan targets=(unit_tests)
  sanitizing=(--preset asan -DMIXNN_BENCH=OFF)
fi
build_sanitized() {
  chrt --idle --pid 0 "$BASHPID" || true # with what processors the tests leave it
  build "$sanitized" --target "${targets[@]}"
}
say "building beside the tests: ${sanitized##*/}/ (sanitizers)"
configure "$sanitized" "${sanitizing[@]}" "${tests[@]}"
begin_aside build_sanitized

suite "all tests, release" "$root/build"

say "testing: jobs on a real Slurm"
begin=$SECONDS
code=0
slurm_test=(env TMPDIR=/tmp bash "$root/tests/slurm/run.sh" "$root/build/mixnn")
! as_root true || slurm_test=(as_root "${slurm_test[@]}") # without root it says that it skips
"${slurm_test[@]}" 2>&1 | tee "$scratch/slurm" || code=${PIPESTATUS[0]}
counted "jobs on a real Slurm" lines "$scratch/slurm" "$code" $((SECONDS - begin))

end_aside || exit

suite "unit tests, sanitizers" "$sanitized" -L unit
if has_fuzzer; then
  suite "fuzzers, $fuzz_seconds s each" "$sanitized" -L fuzz
else
  say "skipped: fuzzers: they need clang-19 and libclang-rt-19-dev"
  skipped=$((skipped + 1))
  summary+=("fuzzers: 0 passed, 0 failed, 1 skipped in 0 s")
fi

