#!/usr/bin/env bash
# Identities as a person meets them: keys, a roster over a fake ssh, jobs whose ranks know each
# other, and jobs that do not begin. Every "machine" here is a folder of configuration of its own.
#   usage: identities_test.sh MIXNN
source "$(dirname "$0")/lib.sh"

host=$(hostname)

fake_machines
cat >"$scratch/bin/srun" <<SRUN
#!/usr/bin/env bash
[[ \$1 == --nodes=1 && \$2 == --ntasks=1 && \$3 == --nodelist=* ]] || exit 99
XDG_CONFIG_HOME="$scratch/\${3#--nodelist=}" exec "\${@:4}"
SRUN
# job MACHINE...: an owner, and a node for each machine. Identities are required, since all ranks
# are on one host.
cat >"$scratch/bin/job" <<JOB
#!/usr/bin/env bash
line=(mpirun --oversubscribe -n 1 at owner "$mixnn" train "$digits_model" ${digits[@]}
  --epochs 1 --seed 7 --micro-batches 2 --require-identities --json "$scratch/report.json")
for machine in "\$@"; do
  line+=(: -n 1 at "\$machine" "$mixnn" node)
done
exec "\${line[@]}"
JOB
chmod +x "$scratch/bin"/*

# Keys.
succeeds "keygen makes a key" at a "$mixnn" keygen
key=$(grep -E '^[0-9a-f]{64}$' "$output")
file=$scratch/a/mixnn/identity.$host
[[ $(stat -c %a "$file") == 600 ]] || failed "keygen" "its file is not private"
secret=$(sed 's/.*: //' "$file")
grep -q "$secret" "$output" && failed "keygen" "it printed the secret"
before=$(sha256sum "$file")
message "keygen replaces no key" 2 "is there already" at a "$mixnn" keygen
[[ $(sha256sum "$file") == "$before" ]] || failed "keygen" "it replaced a key"

# The roster.
message "no action" 2 "mixnn roster takes add" at owner "$mixnn" roster
message "no host" 2 "needs a HOST" at owner "$mixnn" roster add
message "a host that is an option of ssh" 2 "no host's name" at owner "$mixnn" roster add \
  'o;reboot'
message "a machine that does not answer" 1 "gone: ssh ended with exit code 255" \
  at owner "$mixnn" roster add gone
message "a machine without mixnn" 1 "ended with exit code 127" at owner "$mixnn" roster add b \
  --remote-program /nowhere/mixnn
succeeds "roster add over ssh" at owner "$mixnn" roster add a b --rank-limit 3
prints "the key of a machine is the one that it made" "a added: $key, at most 3 ranks"
succeeds "roster add over srun" at owner "$mixnn" roster add c --by srun --rank-limit 1
for machine in a b c; do
  [[ $(stat -c %a "$scratch/$machine/mixnn/owners.$host") == 600 ]] ||
    failed "roster add" "a machine's file is not private"
done
[[ $(stat -c %a "$scratch/owner/mixnn/roster") == 600 ]] || failed "roster add" "no private roster"
psk=$(sed -n 's/^psk //p' "$scratch/owner/mixnn/roster")
grep -q "$psk" "$scratch/b/mixnn/owners.$host" || failed "roster add" "no pre-shared key at b"
grep -qE '[0-9a-f]{64}' "$scratch/ssh.log" && failed "roster add" "a key on a command line"
# Two at once: nothing is lost.
at owner "$mixnn" roster add d e f g --rank-limit 1 >"$scratch/at-once" &
succeeds "two roster add at once" at owner "$mixnn" roster add h i j k --rank-limit 1
wait $! || failed "two roster add at once" "the other one failed"
[[ $(grep -c '^host [d-k] ' "$scratch/owner/mixnn/roster") == 8 ]] ||
  failed "two roster add at once" "an entry is lost"
succeeds "roster remove of several" at owner "$mixnn" roster remove d e f g h i j k

succeeds "roster list" at owner "$mixnn" roster list
prints "it lists the machine" "a $key, at most 3 ranks"

# Jobs.
succeeds "machines of the roster train" job a a a b b c b
with=$(grep -o '"parameters_sha256": "[0-9a-f]*"' "$scratch/report.json")
succeeds "nobody is asked without" mpirun -n 8 --oversubscribe "$mixnn" train "$digits_model" \
  "${digits[@]}" --epochs 1 --seed 7 --micro-batches 2 --json "$scratch/without.json"
grep -qF "$with" "$scratch/without.json" || failed "identities" "they changed the bits"

message "more ranks than the roster allows" 1 "more ranks show the key of c than the 1" \
  job a a a b b c c
message "a machine that nobody added" 1 "this machine has no key" job a a a b b b stranger
succeeds "a stranger makes a key" at stranger "$mixnn" keygen
cp "$scratch/b/mixnn/owners.$host" "$scratch/stranger/mixnn/"
message "a machine with a key that is not in the roster" 1 "a key that is not in the roster" \
  job a a a b b b stranger
succeeds "another owner" at other "$mixnn" roster add b --rank-limit 3
sed -i "/$psk/d" "$scratch/b/mixnn/owners.$host"
message "a machine that serves another owner" 1 "does not know this owner's key" \
  job a a a b b b c
succeeds "roster add mends it" at owner "$mixnn" roster add b --rank-limit 3
prints "the machine is known" "b known"
message "a node that requires what the owner has not" 1 "the owner shows no identity" \
  mpirun --oversubscribe -n 1 "$mixnn" train "$digits_model" "${digits[@]}" --epochs 1 \
  --identity none : -n 7 "$mixnn" node --require-identities

# A machine changes its key: the old one and the new one are both valid.
cp -r "$scratch/c" "$scratch/c-old"
succeeds "keygen --replace" at c "$mixnn" keygen --replace
message "a new key is unknown" 1 "not in the roster" job a a a b b b c
succeeds "roster add of a new key" at owner "$mixnn" roster add c --by srun --rank-limit 2
prints "it says so" "c has a second key now"
succeeds "old and new key" job a a a b b c-old c
succeeds "roster remove" at owner "$mixnn" roster remove c
message "a machine that was removed" 1 "not in the roster" job a a a b b b c
message "removing it again" 2 "c is not in the roster" at owner "$mixnn" roster remove c

# Another pre-shared key: a roster from nothing, and those who stay.
cp -r "$scratch/b" "$scratch/b-old"
rm "$scratch/owner/mixnn/roster"
succeeds "a new roster" at owner "$mixnn" roster add a b --rank-limit 4
grep -qF "$psk" "$scratch/owner/mixnn/roster" "$scratch/b/mixnn/owners.$host" &&
  failed "a new roster" "the old pre-shared key is still there"
succeeds "with the new pre-shared key" job a a a b b b b
message "with the old one" 1 "its answer does not open" job a a a b b b b-old
finish
