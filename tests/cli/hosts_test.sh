#!/usr/bin/env bash
# Jobs whose ranks are on several hosts, a few on each: some share memory, others do not. The hosts
# are this machine under other names, which is enough for Open MPI to take them for hosts. On hosts
# with addresses of their own: tests/slurm/hosts.sh.
#   usage: hosts_test.sh MIXNN
source "$(dirname "$0")/lib.sh"

elsewhere=(unshare --uts)
[[ $(id -u) == 0 ]] || elsewhere=(unshare --user --map-current-user --uts)
if ! "${elsewhere[@]}" true 2>/dev/null; then
  echo "SKIPPED: a host of another name takes root, or namespaces of a user"
  exit 77
fi
mkdir "$scratch/bin"
cat >"$scratch/bin/remote" <<REMOTE
#!/usr/bin/env bash
exec ${elsewhere[*]} bash -c 'hostname "\$0" && exec bash -c "\$*"' "\$@"
REMOTE
chmod +x "$scratch/bin/remote"
export OMPI_MCA_plm_rsh_agent=$scratch/bin/remote OMPI_MCA_orte_keep_fqdn_hostnames=1
export OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo
unset "${!SLURM_@}"

options=("${digits[@]}" --epochs 1 --limit-train 400 --micro-batches 4 --seed 7
  --json "$scratch/report.json")
bits() { grep -o '"parameters_sha256": "[0-9a-f]*"' "$scratch/report.json"; }
# same NAME TEXT HOSTS [VARIABLE=VALUE]... -- OPTION...: with the owner here and three nodes on each
# host, the bits are those of the job on one host; it printed the text
same() {
  local name=$1 text=$2 hosts=() more=() host
  for host in $3; do hosts+=("$host:3"); done
  shift 3
  while [[ $1 != -- ]]; do
    more+=(-x "$1")
    shift
  done
  shift
  succeeds "$name" mpirun "${more[@]}" --host "$(hostname):1" -n 1 "$mixnn" train "$digits_model" \
    "${options[@]}" "$@" : "${more[@]}" --host "$(IFS=,; echo "${hosts[*]}")" --map-by node \
    --oversubscribe -n $((3 * ${#hosts[@]})) "$mixnn" node
  ((code != 0)) || [[ $(bits) == "$alone" ]] || failed "$name" "other bits"
  tr -s ' \n' ' ' <"$output" >"$scratch/words" && mv "$scratch/words" "$output"
  prints "$name: its machines" "$text"
}

succeeds "one host" mpirun -n 7 --oversubscribe "$mixnn" train "$digits_model" "${options[@]}"
alone=$(bits)
grep -q machines "$output" && failed "one host" "it speaks of machines"

three="machines 4, as ranks say: 1 rank on the owner's, 3 on each other; ranks of one pool what"
for traffic in onion rounds; do
  for wait in poll doorbell; do
    same "$traffic, $wait" "$three they know, so it has 1 stage at most" "ma mb mc" \
      "MIXNN_WAIT=$wait" -- --traffic "$traffic"
  done
done
same "copied" "$three" "ma mb mc" MIXNN_CELLS=copied -- --traffic onion
same "as they choose" "so it has up to 2 stages, no neighbours" "ma mb" -- --traffic rounds
prints "too few machines" "3 stages on 2 machines that are not the owner's: one has several"
finish
