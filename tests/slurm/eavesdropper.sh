# shellcheck shell=bash
# An eavesdropper on all links between the hosts, from before the handshake to after the first epoch
# of a training with keys: nothing is to be read, and cells and handshakes have one size. A piece of
# each secret is sent once without encryption: who does not find that finds nothing. Sourced by
# run.sh after identities.sh.

eaves=$lab/eavesdropper
port=4711
mkdir -p "$eaves"
cp "$root/models/digits.json" "$eaves/model.json"
cp "$root/tests/data/digits/train-images-idx3-ubyte.gz" "$eaves/images.gz"
sed -n 's/^psk //p; s/^mixnn identity key 1: //p' "$keys/roster" "$keys"/identity.* >"$eaves/keys"

# until_there FILE
until_there() {
  local i
  for ((i = 0; i < 300; ++i)); do
    [[ ! -e $1 ]] || return 0
    sleep 0.1
  done
  return 1
}
# shellcheck disable=SC2016 # expanded over there
listener='import socket, sys
server = socket.create_server(("", int(sys.argv[1])))
server.settimeout(60)
open(sys.argv[2], "w").close()
connection, _ = server.accept()
while connection.recv(65536): pass'

overheard() {
  local listening cell_bytes
  site+=(MIXNN_OWNER_IDENTITY="$keys/identity.h0")
  # Parameters that stay what they were from the start can be looked for on their way out, too.
  submit train NAME=overheard "${training[@]}" OPTIONS="$peers_options --lr 1e-30" && ended 300
  unset "site[-1]"
  [[ $state == COMPLETED ]] && grep -q '^ *peers.*known by their keys' "$log" || return
  cp "$runs/overheard/out/model.safetensors" "$eaves/"
  cell_bytes=$(sed -nE 's/^ *cells *([0-9]+) bytes.*/\1/p' "$log")
  /usr/bin/python3 -B "$here/captured.py" plant "$eaves/planted" "$eaves" || return
  on h3 /usr/bin/python3 -c "$listener" "$port" "$eaves/listens" &
  listening=$!
  # shellcheck disable=SC2016 # expanded over there
  until_there "$eaves/listens" &&
    on h2 bash -c 'cat "$1" >"/dev/tcp/h3/$2"' - "$eaves/planted" "$port"
  wait "$listening"
  rm "$eaves/wire.ready"
  wait "$capturing" && /usr/bin/python3 -B "$here/captured.py" check "$eaves/wire" "$eaves" \
    "$cell_bytes" "$port"
}

if ! /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
  echo "skipped: an eavesdropper: no numpy"
else
  on switch /usr/bin/python3 "$here/capture.py" "$eaves/wire" >"$lab/log/capture" 2>&1 &
  capturing=$!
  if until_there "$eaves/wire.ready" && overheard >"$lab/log/overheard" 2>&1; then
    ok "an eavesdropper reads nothing: $(<"$lab/log/overheard")"
  else
    failed "an eavesdropper" "$lab/log/capture" "$lab/log/overheard" "$log"
  fi
  rm -f "$eaves/wire.ready"
fi
