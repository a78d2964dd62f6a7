#!/usr/bin/env bash
# Jobs of real MPI ranks with a hostile relay, host or stranger among them: the right bits, or one
# message that names it. All ways, over the loopback: hostile_test.cpp. Lies about tensors: the
# tests of spot checks; a false owner: those of identities.
#   usage: hostile_mpitest.sh HOSTILE_JOB
set -euo pipefail
job=$1
source "${BASH_SOURCE[0]%/*}/ends.sh"

relay() {
  fails 'refused a cell of the run that came from rank [0-9]+: its body does not authenticate' \
    AltersABody 3 150 20
  fails '^mixnn: no progress for 2 s;.* 1 message from rank 3 was refused by rank [0-9]' \
    Misroutes 3 150 2
  ends 0 0 '^same bits; [0-9]+ messages? from rank 3 w[aser]+ refused by rank' \
    ReplaysOverEpochs 3 150 20
  MIXNN_WAIT=poll succeeds Reorders 3 0 20  # asleep it would not let go what it holds
}

# All are hostile, so that those are that host something.
host() {
  fails 'came from rank [0-9]+: its body does not authenticate; .* the sender of its message' \
    MakesAWrongInnerSeal 0 0 20
  fails '^mixnn: rank 3 \([a-z ]+\) .*rank 0 altered a cell$' ReportsAnErrorOfAnother 3 1 20
  ends 0 0 '^same bits; 1000 messages from rank 0 were refused by rank 3' \
    ReportsJunkOfAnother 3 0 20
}

stranger() {
  MIXNN_CELLS=copied MIXNN_WAIT=poll ends 0 0 '^same bits; .* from rank 3 were refused by rank' \
    FloodsWithDatagrams 3 100 20
  fails '^mixnn: rank 3: the handshake failed' SaysNonsenseAtTheHandshake 3 0 20
}

relay
host
stranger
((failures == 0))
