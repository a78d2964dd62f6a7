#!/usr/bin/env bash
# What is left in the dumps of a job's processes, of owner, hosts and relays: none of the secrets
# that this test knows. The learning rate is so small that parameters stay what they were; the
# checkpoint key is a text; the keys by which owner and machines know each other are in their files.
#   usage: dump_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
for tool in gcore python3; do
  if ! command -v "$tool" >/dev/null; then
    echo "notice: no $tool here (Debian: gdb, python3): nothing is dumped"
    exit 77
  fi
done
key_text="a key that this test knows of 32" # 32 bytes
key=$scratch/key
(umask 077 && printf 'mixnn checkpoint key 1: %s\n' "$(printf %s "$key_text" |
  od -An -v -tx1 | tr -d ' \n')" >"$key")
fake_machines
for machine in owner a b; do
  succeeds "a key for $machine" at "$machine" "$mixnn" keygen
done
succeeds "a roster" at owner "$mixnn" roster add a b --rank-limit 3
# secrets of owner and machines, and what they share, in hexadecimal
mapfile -t secrets < <(sed 's/.*: //' "$scratch"/{owner,a,b}/mixnn/identity.*
  sed -n 's/^psk //p' "$scratch/owner/mixnn/roster")
((${#secrets[@]} == 4)) || failed "secrets" "${#secrets[@]} are known"
training=("$digits_model" "${digits[@]}" --seed 7 --lr 1e-30 --lr-decay none --quiet)
succeeds "the parameters that the hosts get" "$mixnn" baseline "${training[@]}" --epochs 1 \
  --out "$scratch/out"

# found CORE: how many of the known parameters, samples and keys are in the dump, in this order
cat >"$scratch/found.py" <<'END'
import gzip, pathlib, sys
core, out, data, text, *secrets = sys.argv[1:]
dump = pathlib.Path(core).read_bytes()
raw = (pathlib.Path(out) / "model.safetensors").read_bytes()
body = raw[8 + int.from_bytes(raw[:8], "little"):]
images = gzip.open(pathlib.Path(data) / "train-images-idx3-ubyte.gz").read()[16:]
known = ([body[i:i + 32] for i in range(0, len(body) - 32, 2048)],
         [images[i:i + 32] for i in range(0, len(images) - 32, 8192)],
         [text.encode()] + [bytes.fromhex(key) for key in secrets] +
         [key.encode() for key in secrets])
print(*(sum(len(set(piece)) > 8 and piece in dump for piece in pieces) for pieces in known))
END
found() {
  python3 "$scratch/found.py" "$1" "$scratch/out" "${digits[1]}" "$key_text" "${secrets[@]}"
}

mpirun --oversubscribe -n 1 at owner "$mixnn" train "${training[@]}" --epochs 100000 \
  --require-identities --checkpoint "$scratch/checkpoints" --checkpoint-key "$key" \
  : -n 3 at a "$mixnn" node : -n 3 at b "$mixnn" node >"$output" 2>&1 </dev/null &
mpirun=$!
for ((i = 0; i < 400; ++i)); do
  compgen -G "$scratch/checkpoints/*.manifest" >/dev/null && break
  sleep 0.05
done
sleep 1 # some steps
mapfile -t ranks < <(pgrep -P "$mpirun" | sort -n)
((${#ranks[@]} == 7)) || failed "a job of 7 ranks" "it has ${#ranks[@]}"
grep -q '^Max core file size  *0  *0 ' "/proc/${ranks[0]}/limits" ||
  failed "core dumps" "their size is not limited to 0"

# dump PID: into $scratch/core
dump() {
  rm -f "$scratch"/core*
  timeout -k 5 60 gcore -o "$scratch/core" "$1" >"$scratch/gcore" 2>&1 && mv "$scratch/core.$1" \
    "$scratch/core"
}
for pid in "${ranks[@]}"; do
  if ! dump "$pid"; then
    kill -TERM "$mpirun"
    wait "$mpirun" || true
    echo "notice: gcore cannot look at processes here: $(tail -n 1 "$scratch/gcore")"
    exit 77
  fi
  n=$(found "$scratch/core")
  [[ $n == "0 0 0" ]] || failed "process $pid" "in its dump: parameters, samples, keys: $n"
done
echo "ok: nothing is in the dumps of ${#ranks[@]} processes"

# Dumps of private memory show that this test can see; keys are not even in these. Not every host
# has enough parameters to be told by them. The owner has its samples; the parameters that it has
# sent may be overwritten.
owners=0 hosts=0 seen_samples=0
for pid in "${ranks[@]}"; do
  ((owners == 0 || hosts == 0 || seen_samples == 0)) || break
  echo 0x11 >"/proc/$pid/coredump_filter"
  dump "$pid"
  read -r parameters samples keys < <(found "$scratch/core")
  if [[ $pid == "${ranks[0]}" ]]; then
    ((parameters + samples == 0)) || owners=1
  elif ((parameters > 0)); then
    hosts=$((hosts + 1))
  fi
  ((samples == 0)) || seen_samples=$((seen_samples + 1))
  ((keys == 0)) || failed "process $pid, its private memory" "$keys keys are in its dump"
  echo 0x10 >"/proc/$pid/coredump_filter"
done
echo "ok: with private memory: secrets in $owners owner, parameters in $hosts hosts, samples in" \
  "$seen_samples, no key"
((owners == 1 && hosts >= 1 && seen_samples >= 1)) || failed "dumps of private memory" "no secrets"
kill -TERM "$mpirun"
wait "$mpirun" 2>/dev/null || true
finish
