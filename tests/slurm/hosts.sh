# shellcheck shell=bash
# Ranks that share hosts: where jobs put them, what the owner says of it, and jobs in which some
# ranks share memory and others do not, in each way to wait. Sourced by run.sh.

shared_options="--data tests/data/digits --epochs 1 --micro-batches 4 --limit-train 256 --quiet"
on_hosts=(MODEL=models/digits.json RANKS=7 NODES=4 TIME=5 SBATCH_FLAGS=--exclusive)

# placed LAUNCH: rank 0 alone, the others in pairs; its bits are those of each other job here
placed() {
  local run=$runs/placed-$1
  submit train NAME="placed-$1" LAUNCH="$1" "${on_hosts[@]}" OPTIONS="${shared_options% *}" &&
    ended 300
  if [[ $state == COMPLETED ]] && grep -q "^== job.* rank 0 alone on h[1-5]" "$log" &&
    grep -A2 '^ *machines  *4, as ranks say: 1 rank' "$log" | tr -s ' \n' ' ' |
    grep -q "owner's, 2 on each other;" &&
    [[ $(values "$run" mixnn) == "${placed_bits:=$(values "$run" mixnn)}" ]]; then
    ok "$1: $(grep -o 'rank 0 alone on h.' "$log"), the others in pairs"
  else
    failed "$1: rank 0 alone: $state" "$log"
  fi
}
placed mpirun
! has_pmix || placed srun

# shared NAME VARIABLE=VALUE... -- OPTION...: the same bits
shared() {
  local name=$1 run=$runs/shared-${1//[ ,]/-} settings=()
  shift
  while [[ $1 != -- ]]; do
    settings+=("$1")
    shift
  done
  shift
  site+=("${settings[@]}")
  submit train NAME="${run##*/}" "${on_hosts[@]}" OPTIONS="$shared_options $*" && ended 300
  if [[ $state == COMPLETED && $(values "$run" mixnn) == "$placed_bits" ]]; then
    ok "pairs of ranks share memory: $name: the same bits"
  else
    failed "pairs of ranks share memory: $name: $state" "$log"
  fi
  for _ in "${settings[@]}"; do unset "site[-1]"; done
}
for traffic in onion rounds; do
  for wait in poll doorbell; do
    shared "$traffic, $wait" "MIXNN_WAIT=$wait" -- --traffic "$traffic"
  done
done
shared "onion, doorbell, copied" MIXNN_WAIT=doorbell MIXNN_CELLS=copied -- --traffic onion
