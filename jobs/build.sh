#!/usr/bin/env bash
# Builds the program on a login node, without root: `make -f Makefile.slurm build`. Installs
# nothing; says what is missing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/slurm.sh
source "$root/jobs/slurm.sh"
umask 022
load_modules
need_build
((${#missing[@]} == 0)) || stop "for the build are missing: ${missing[*]} (Debian's names):" \
  "set MODULES to what has them, or ask the site"
say "building in $build"
configure "$build" -DCMAKE_BUILD_TYPE=Release -DMIXNN_TESTS=OFF "${joined[@]}"
build "$build" --target mixnn mpi_pingpong
"$mixnn" info
