#!/usr/bin/env bash
# `mixnn node` ranks that can read neither model nor data. Both lie in a folder of another user with
# mode 0700; the nodes run without root's right to read it all the same (CAP_DAC_OVERRIDE), the
# owner with it.
#   usage: node_test.sh MIXNN
source "$(dirname "$0")/lib.sh"

without_rights=(setpriv --inh-caps=-all --bounding-set=-dac_override,-dac_read_search)
if [[ $(id -u) != 0 ]] || ! "${without_rights[@]}" true 2>/dev/null; then
  echo "SKIPPED: it takes root, and setpriv, to run nodes that may not read the model"
  exit 77
fi

secret=$scratch/secret
mkdir "$secret"
cp -r "$root/tests/data/digits" "$secret/data"
cp "$digits_model" "$secret/model.json"
chown -R 65534:65534 "$secret"
chmod 700 "$secret"

cat >"$scratch/node" <<WRAPPER
#!/bin/bash
cat "$secret/model.json" "$secret"/data/* >/dev/null 2>&1 && exit 3
exec "$mixnn" node
WRAPPER
chmod +x "$scratch/node"

runs "${without_rights[@]}" "$scratch/node"
[[ $code != 3 ]] || failed "the secret folder" "a node could read it"
succeeds "nodes that can read nothing" mpirun -n 1 "$mixnn" train "$secret/model.json" \
  --data "$secret/data" --epochs 2 --seed 7 --out "$secret/out" : -n 7 \
  --oversubscribe "${without_rights[@]}" "$scratch/node"
prints "they trained" "accuracy"
[[ -s $secret/out/model.safetensors ]] || failed "nodes" "no parameters came back"

# The same job with nodes that can read it gives the same bits.
succeeds "nodes that could read" mpirun -n 8 --oversubscribe "$mixnn" train "$secret/model.json" \
  --data "$secret/data" --epochs 2 --seed 7 --out "$secret/out2"
cmp "$secret/out/model.safetensors" "$secret/out2/model.safetensors" ||
  failed "nodes" "other parameters"
finish
