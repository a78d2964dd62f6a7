#!/usr/bin/env bash
# A run that is sent a million cells which are not of it: are any used, and what does it cost?
#   bash bench/junk.sh [--each N] [--ranks N]
# A small training over real ranks, first undisturbed, then with N junk cells (default 220) beside
# each of its own, from every rank, as far as its pool has room for them (in shared memory that is
# soon full): forged, genuine with an altered slot, for another rank, or sent before. Cells are
# handed over in shared memory, then copied by MPI, then sent by TCP. Then one rank sends rank 0
# 400,000 datagrams, by TCP. Prints whether the bits are those of the reference, how many messages
# were refused, seconds of training, and the memory of rank 0. Exit code 1: other bits, or fewer
# than a million refused (with 8 ranks and the default N). Needs a build with -DMIXNN_TESTS=ON in
# build/, or BUILD=... .
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/bench/lib.sh"

each=220 ranks=8
take_options 'each ranks' '' "$@"
number --each "$each"
number --ranks "$ranks"
need_program junk_job
drop_settings
mpirun_settings

refused=0
# run NAME ARGUMENT...
run() {
  local line
  line=$(timeout 900 mpirun -n "$ranks" --oversubscribe "$build/junk_job" "${@:2}" 2>&1 \
    </dev/null) || stop "$1: $line"
  say "$1: $line"
  [[ $line == same\ bits* ]] || stop "$1: the parameters are not the reference's"
  refused=$((refused + $(sed -n 's/^same bits; \([0-9]*\) messages.*/\1/p' <<<"$line")))
}

say "$(grep -m 1 'model name' /proc/cpuinfo | cut -d: -f2-), $(nproc) cores, load $(cut -d' ' -f1 \
  /proc/loadavg)"
run "undisturbed, shared memory" cells 0 600
run "shared memory" cells "$each" 600
export MIXNN_CELLS=copied MIXNN_WAIT=poll
run "undisturbed, copied by MPI" cells 0 600
run "copied by MPI" cells "$each" 600
export OMPI_MCA_btl=tcp,self
run "undisturbed, TCP" cells 0 600
run "TCP" cells "$each" 600
run "datagrams, TCP" datagrams 100 600
say "$refused messages were refused, none was used"
((refused >= 1000000 || each < 220 || ranks < 8))
