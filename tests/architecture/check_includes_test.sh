#!/usr/bin/env bash
# check_includes.sh accepts the tree as it is and rejects every planted violation.
#   usage: check_includes_test.sh ROOT
set -euo pipefail
root=$(cd "$1" && pwd)
check=$root/tests/architecture/check_includes.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

fresh_copy() {
  rm -rf "$scratch/tree"
  mkdir "$scratch/tree"
  cp -r "$root/src" "$root/include" "$root/CMakeLists.txt" "$scratch/tree/"
}

# rejects NAME EXPECTED: the copy as it is now must be refused with a line that contains EXPECTED
rejects() {
  local output
  if output=$(bash "$check" "$scratch/tree"); then
    echo "FAILED: $1: accepted"
  elif [[ $output != *"$2"* ]]; then
    echo "FAILED: $1: '$2' is not in: $output"
  else
    echo "ok: $1"
    return
  fi
  failures=$((failures + 1))
}

# planted FILE INCLUDE EXPECTED
planted() {
  fresh_copy
  mkdir -p "$(dirname "$scratch/tree/$1")"
  printf '#include %s\n' "$2" >>"$scratch/tree/$1"
  rejects "$1 includes $2" "$3"
}

fresh_copy
bash "$check" "$scratch/tree" || failures=$((failures + 1))

planted src/tensor/gemm.cpp '"mixnn/owner/owner.hpp"' "tensor may not include owner"
planted include/mixnn/base/bytes.hpp '"mixnn/tensor/gemm.hpp"' "base may not include tensor"
planted include/mixnn/onion/format.hpp '"mixnn/wire/description.hpp"' "onion may not include wire"
planted src/wire/description.cpp '"mixnn/onion/ticket.hpp"' "wire may not include onion"
planted src/layers/stage.cpp '"mixnn/data/dataset.hpp"' "layers may not include data"
planted src/transport/loopback.cpp '"mixnn/crypto/aead.hpp"' "transport may not include crypto"
planted src/main.cpp '"mixnn/owner/owner.hpp"' "main may not include owner"
planted src/layers/kinds/linear.cpp '<cblas.h>' "<cblas.h> has another home"
planted src/app/job.cpp '  <mpi.h>' "<mpi.h> has another home"
planted src/transport/loopback.cpp '<mpi.h>' "<mpi.h> has another home"
planted src/machine/seats.cpp '<mpi.h>' "<mpi.h> has another home"
planted include/mixnn/machine/host_group.hpp '"mixnn/transport/mpi_host.hpp"' \
  "machine may not include transport"
planted src/onion/wrap.cpp '<sodium.h>' "<sodium.h> has another home"
planted src/onion/wrap.cpp '<intel-ipsec-mb.h>' "<intel-ipsec-mb.h> has another home"
planted src/train/baseline.cpp '<CLI/CLI.hpp>' "<CLI/CLI.hpp> has another home"
planted src/onion/wrap.cpp '<nlohmann/json.hpp>' "<nlohmann/json.hpp> has another home"
planted src/base/bytes.cpp '<gtest/gtest.h>' "<gtest/gtest.h> has another home"
planted src/base/bytes.cpp '"../tensor/gemm.hpp"' "include by a path that climbs"
planted src/base/bytes.cpp '"gemm.hpp"' "is neither mixnn/... nor beside the file"
planted src/stray/file.cpp '<vector>' "no folder of the architecture"

fresh_copy
sed -i '/#include "mixnn.base./d' "$scratch"/tree/{src,include/mixnn}/tensor/*
rejects "an edge that nobody uses" "tensor may include base, but no file does"

fresh_copy
sed -i 's/mixnn_library(base LINKS/mixnn_library(base USES tensor LINKS/' \
  "$scratch/tree/CMakeLists.txt"
rejects "CMakeLists.txt lets base use tensor" "mixnn_library(base) uses"

((failures == 0)) || exit 1
