# shellcheck shell=bash
# Peers that know each other, over several hosts: by keys that srun and ssh have carried, and by
# munge; who is not known, and jobs that do not begin then; and what is read on the wire meanwhile.
# Sourced by run.sh.

keys=$lab/home/.config/mixnn # of all hosts: they share the home
program=$clone/build/mixnn
peers_options="--data tests/data/digits --epochs 1 --micro-batches 4 --limit-train 256"

# acquainted NAME PEERS VARIABLE=VALUE...: a training that says so of its peers, once
acquainted() {
  local name=$1 peers=$2
  shift 2
  submit train NAME="$name" "${training[@]}" "$@" OPTIONS="$peers_options" && ended 300
  [[ $state == COMPLETED && $(grep -c '^ *peers ' "$log") == 1 ]] && grep '^ *peers ' "$log" |
    grep -qF -- "$peers" && [[ $(values "$runs/$name" mixnn) == "${alike:=$(values "$runs/$name" \
    mixnn)}" ]]
}
# knows NAME PEERS WHAT VARIABLE=VALUE...: and its bits are those of the others
knows() {
  if acquainted "$1" "$2" "${@:4}"; then
    ok "$3: $(grep '^ *peers ' "$log" | tr -s ' ')"
  else
    failed "$3: $state" "$log"
  fi
}
# ends NAME TEXT WHAT VARIABLE=VALUE...: a training that nobody begins
ends() {
  local left
  refused "$3" "$2" train NAME="$1" "${training[@]}" "${@:4}" OPTIONS="$peers_options"
  left=$(find "$runs/$1/out" "$runs/$1/checkpoint" -name '*.safetensors' -o -name '*.json' \
    -o -name '*.shard')
  [[ $code == 1 && -z $left ]] || failed "$3: exit code $code, and it left '$left'" "$log"
}
# enrols WHAT TEXT OPTION...: roster add, which says so
enrols() {
  local said
  if said=$(user "$program" roster add --rank-limit 2 "${@:3}" 2>&1) && grep -qF -- "$2" \
    <<<"$said"; then
    ok "$1: $(grep -F -m 1 -- "$2" <<<"$said")"
  else
    failed "$1: $said"
  fi
}

# Nobody is known; and by munge.
knows unknown "NOT authenticated" "without identities"
if ldd "$program" | grep -q libmunge; then
  site+=(MIXNN_IDENTITY=munge)
  knows munge "known by munge" "MIXNN_IDENTITY=munge"
  on h2 mv /run/munge/munge.socket.2 /run/munge/away
  ends no-munge "munge vouches for nothing" "munge, and a host without its service"
  on h2 mv /run/munge/away /run/munge/munge.socket.2
  unset "site[-1]"
  if [[ ! -x $clone/build/identity_test ]]; then
    echo "skipped: the tests of munge: no identity_test"
  elif said=$(user build/identity_test --gtest_filter='MungeService.*' 2>&1) &&
    grep -q 'PASSED.* [1-9]' <<<"$said" && ! grep -q SKIPPED <<<"$said"; then
    ok "the tests of munge: $(grep PASSED <<<"$said")"
  else
    failed "the tests of munge: $said"
  fi
else
  echo "skipped: --identity munge: built without libmunge"
fi

# Introduced from the login node, by srun. The owner's key is that node's, wherever rank 0 runs.
enrols "roster add by srun" "h5 added" --by srun h1 h2 h3 h4 h5
[[ -z $(find "$keys" -type f ! -perm 600) && -z $(find "$keys" -type d ! -perm 700) ]] ||
  failed "files of keys are open to others: $(ls -la "$keys")"
enrols "a home that hosts share" "is shared by several hosts" --by srun h1
ends wrong "does not know this owner's key" "another owner's key"
site+=(MIXNN_OWNER_IDENTITY="$keys/identity.h0")
knows known "known by their keys" "keys, by mpirun"
if has_pmix; then
  knows known-srun "known by their keys" "keys, by srun" LAUNCH=srun
else
  echo "skipped: keys, by srun: no pmix"
fi

# Removed; of the owner's host it takes --require-identities to notice.
user "$program" roster remove h1 || failed "roster remove"
knows exempt "known by their keys" "the owner's own host is not in the roster"
site+=(MIXNN_REQUIRE_IDENTITIES=true)
ends removed "not in the roster" "MIXNN_REQUIRE_IDENTITIES, and a host that was removed"
enrols "it is added again" "h1 added" --by srun h1
unset "site[-1]"
user "$program" roster remove h2 || failed "roster remove"
ends gone "not in the roster" "a host that was removed"
enrols "it is added again" "h2 added" --by srun h2

# A key is replaced: unknown, then valid beside the old one.
cp -p "$keys/identity.h2" "$lab/old"
user_on h2 "$program" keygen --replace >"$lab/log/keygen" 2>&1 || failed "keygen" "$lab/log/keygen"
ends replaced "not in the roster" "a key that is replaced"
enrols "roster add of the new key" "h2 has a second key now" --by srun h2
knows second "known by their keys" "the new key"
cp -p "$lab/old" "$keys/identity.h2"
knows first "known by their keys" "the old key"

# Nodes that know an owner, and one that shows nothing.
site+=(MIXNN_ROSTER=none)
ends fallback "this owner shows none" "an owner without keys, and nodes that know one"
unset "site[-1]"

# By ssh, as machines without Slurm are reached: rank 0 on the login node.
if ! command -v dropbear >/dev/null || ! command -v ssh-keygen >/dev/null; then
  echo "skipped: keys by ssh: no dropbear, or no ssh"
elif ssh_up; then
  enrols "roster add by ssh" "h3 added" --roster "$lab/home/roster" h1 h2 h3
  # shellcheck disable=SC2086 # words
  said=$(user mpirun --host h0:2,h1:2,h2:2,h3:2 -n 1 "$program" train models/digits.json \
    $peers_options --roster "$lab/home/roster" --out "$lab/home/ssh-run" : -n 7 "$program" node \
    2>&1)
  if grep -q '^ *peers  *known by their keys' <<<"$said" && grep -q parameters_sha256 \
    "$lab/home/ssh-run/report.json"; then
    ok "mpirun over ssh, keys by ssh: $(grep '^ *peers ' <<<"$said" | tr -s ' ')"
  else
    failed "mpirun over ssh: $said"
  fi
  ends psk "its answer does not open" "another roster's pre-shared key"
  enrols "roster add mends it" "h3 known" h1 h2 h3
else
  failed "ssh" "$lab"/log/ssh.* "$lab/log/hostkey"
fi
unset "site[-1]"
