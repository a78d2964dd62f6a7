#!/usr/bin/env bash
# Installs the Debian package with apt in a bare Debian 12, a chroot made for it, and uses it there
# as a user does: info, a training in one process, and one across eight ranks. Not a part of the
# test suite: it takes some hundred megabytes from the mirror that apt is configured with here.
#   bash tests/package/chroot.sh PACKAGE.deb        as root; needs mmdebstrap
set -euo pipefail
stop() {
  echo "chroot.sh: $*" >&2
  exit 2
}
(($# == 1)) && [[ -f $1 ]] || stop "takes a package: (cd build && cpack) makes one"
[[ $(id -u) == 0 ]] || stop "run it as root"
command -v mmdebstrap >/dev/null || stop "there is no mmdebstrap (Debian: mmdebstrap)"
package=$(realpath "$1")

# Where apt gets Debian from here: the first archive of one of its lists, not the security updates'.
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' |
  awk '$2 == "bookworm" { print $1; exit }')
[[ -n $mirror ]] || stop "apt here has no bookworm: run apt-get update, on a Debian 12"
# Its settings, such as a proxy, hold for mmdebstrap and for apt in the chroot alike.
settings=()
while read -r setting; do settings+=(--aptopt="$setting"); done < <(
  apt-config dump | grep -E '^Acquire::https?::' || true
)

scratch=$(mktemp -d)
mounted=no
end() {
  [[ $mounted == no ]] || umount "$scratch"/bare/{proc,sys,dev/shm}
  rm -rf --one-file-system "$scratch"
}
trap end EXIT

echo "== a bare Debian 12"
mmdebstrap --quiet --variant=minbase "${settings[@]}" bookworm "$scratch/bare" \
  "deb $mirror bookworm main"
cp "$package" "$scratch/bare/mixnn.deb"
[[ ! -e /etc/resolv.conf ]] || cp -L /etc/resolv.conf "$scratch/bare/etc/resolv.conf"
mount -t proc proc "$scratch/bare/proc"
mount -t sysfs -o ro sysfs "$scratch/bare/sys"
mkdir -p "$scratch/bare/dev/shm"
mount -t tmpfs -o size=1g,mode=1777 shm "$scratch/bare/dev/shm"
mounted=yes
inside() {
  chroot "$scratch/bare" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1 \
    DEBIAN_FRONTEND=noninteractive "$@"
}

echo "== apt install"
inside apt-get update -q >"$scratch/said" 2>&1 || stop "apt-get update: $(<"$scratch/said")"
inside apt-get install -y -q --no-install-recommends /mixnn.deb >"$scratch/said" 2>&1 ||
  stop "apt could not install it: $(tail -n 20 "$scratch/said")"
inside dpkg -s mixnn | grep -E '^(Status|Version|Depends):'

echo "== mixnn info"
inside mixnn info

shared=/usr/share/mixnn
training=("$shared/models/digits.json" --data "$shared/tests/data/digits" --epochs 3 --seed 7
  --micro-batches 4 --quiet)
sha256() { inside cat "$1" | grep -m 1 -o '"parameters_sha256": "[0-9a-f]*"'; }
echo "== mixnn baseline"
inside mixnn baseline "${training[@]}" --threads 1 --json /tmp/baseline.json
sha256 /tmp/baseline.json
echo "== mpirun -n 8 mixnn train"
inside timeout 300 mpirun -n 8 --oversubscribe mixnn train "${training[@]}" --json /tmp/train.json
sha256 /tmp/train.json
[[ $(sha256 /tmp/baseline.json) == "$(sha256 /tmp/train.json)" ]] || {
  echo "FAILED: other bits across the ranks"
  exit 1
}
echo "ok: installed, and the same bits in one process and across eight ranks"
