#!/usr/bin/env bash
# The Debian package by cpack, without root: what it says of itself, what is in it, and that what is
# in it runs from another place. Exit code 77: skipped, for the reason it prints.
#   usage: deb_test.sh BUILD
set -euo pipefail
build=$(cd "$1" && pwd)
for program in cpack dpkg-deb dpkg-shlibdeps file; do
  command -v "$program" >/dev/null || {
    echo "skipped: there is no $program here"
    exit 77
  }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
failed() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

(cd "$build" && cpack -G DEB -B "$scratch") >"$scratch/said" 2>&1 || {
  cat "$scratch/said"
  exit 1
}
version=$("$build/mixnn" --version)
version=${version#mixnn }
package=$scratch/mixnn_${version}_$(dpkg --print-architecture).deb
[[ -f $package ]] || {
  echo "FAILED: no $package: $(ls "$scratch")"
  exit 1
}

# says FIELD PATTERN: in the package's control file
says() {
  local found
  found=$(dpkg-deb -f "$package" "$1")
  [[ $found =~ $2 ]] || failed "$1 is '$found', not '$2'"
}
says Package '^mixnn$'
says Version "^${version//[.+]/.}\$"
says Section '^science$'
says Maintainer '<.+@.+>$'
says Description $'^Neural network training.*\n MixNN trains .*\n \\.\n '
for library in openmpi-bin libopenmpi libopenblas libdnnl libsodium zlib1g libzip libstdc++ \
  libc6; do
  says Depends "(^|[ ,])${library//+/[+]}"
done
if ldd "$build/mixnn" | grep -q libIPSec_MB; then says Depends libipsec-mb; fi
dpkg-deb -I "$package" >/dev/null || failed "dpkg-deb -I"

listed=$(dpkg-deb -c "$package")
# holds MODE PATH: MODE is as ls shows it
holds() {
  grep -qE "^$1 root/root .* \./usr/$2\$" <<<"$listed" || failed "it holds no $1 usr/$2"
}
holds -rwxr-xr-x bin/mixnn
holds drwxr-xr-x share/mixnn/
for file in models/mlp.json models/digits.json Makefile.slurm jobs/lib.sh jobs/slurm.sh \
  bench/scaling.py bench/compare_report.py tests/data/digits/train-images-idx3-ubyte.gz; do
  holds -rw-r--r-- "share/mixnn/$file"
done
for file in train.sbatch baseline.sbatch scaling.sbatch check.sh settings.sh; do
  holds -rwxr-xr-x "share/mixnn/jobs/$file"
done
for file in copyright README.md docs/protocol.md; do
  holds -rw-r--r-- "share/doc/mixnn/$file"
done
source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
[[ ! -e $source_folder/docs/mixnn.1 ]] || holds -rw-r--r-- share/man/man1/mixnn.1.gz

dpkg-deb -x "$package" "$scratch/tree"
program=$scratch/tree/usr/bin/mixnn shared=$scratch/tree/usr/share/mixnn
cd "$scratch" # nothing of the source tree is beside it
[[ $("$program" --version) == "mixnn $version" ]] || failed "--version: $("$program" --version)"
"$program" info | grep -q '^  libsodium ' || failed "info"
"$program" baseline "$shared/models/digits.json" --data "$shared/tests/data/digits" --epochs 1 \
  --quiet --json "$scratch/report.json" || failed "baseline"
grep -q "\"version\": *\"mixnn ${version//+/[+]}\"" "$scratch/report.json" ||
  failed "the report does not have the version"

# The makefile finds its own scripts and the program, whatever the folder it is used from.
mkdir "$scratch/bin" "$scratch/home"
printf '#!/bin/sh\necho "$*" >>"%s/submitted"\necho 7\n' "$scratch" >"$scratch/bin/sbatch"
chmod +x "$scratch/bin/sbatch"
if command -v make >/dev/null; then
  (cd "$scratch/home" && PATH=$scratch/bin:$PATH make -s -f "$shared/Makefile.slurm" train) \
    >"$scratch/said" || failed "Makefile.slurm: $(<"$scratch/said")"
  job="$shared/jobs/train.sbatch --settings=$scratch/home/runs/train/logs/settings[.][^ ]*"
  grep -q " $job $scratch/home/runs/train $shared/models/mlp.json\$" "$scratch/submitted" ||
    failed "it submits: $(<"$scratch/submitted")"
fi
root=$shared bash -c 'source "$root/jobs/slurm.sh" && check_program' ||
  failed "jobs/slurm.sh does not find the program"

((failures == 0)) || exit 1
echo "ok: $(basename "$package"), $(stat -c %s "$package") bytes"
