#!/usr/bin/env bash
# Where the ranks of a job go: rank 0 alone, if the other nodes have room, and the others evenly.
source "$(dirname "$0")/lib.sh"
source "$root/jobs/slurm.sh"
bin=$scratch/bin
mkdir "$bin"
command_of scontrol <<'END'
[[ $1 == show && $2 == hostnames ]] && printf '%s\n' ${3//,/ }
END
PATH=$bin:$PATH

# placed_as NAME CPUS RANKS HOSTS [TEXT]: the host of each rank, on nodes a, b, c, ...
placed_as() {
  local nodes=(a b c d e f)
  export SLURM_JOB_CPUS_PER_NODE=$2
  read -ra counts <<<"$(counts_of "$2")"
  SLURM_NNODES=${#counts[@]}
  SLURM_JOB_NODELIST=$(IFS=,; echo "${nodes[*]:0:SLURM_NNODES}")
  unset OMPI_MCA_rmaps_base_mapping_policy SLURM_DISTRIBUTION
  place_ranks "$3"
  printf '%s\n' "${placed[*]}" "$placing" >"$scratch/said"
  if [[ ${placed[*]} == "$4" ]]; then ok "$1"; else failed "$1: not '$4'" "$scratch/said"; fi
  has "$1: it says so" "$scratch/said" "${5:-}"
}
placed_as "one node" 8 8 ""
placed_as "the owner alone, the others evenly" "4(x4)" 8 "a b c d b c d b" "rank 0 alone on a"
placed_as "nodes of several sizes" "1,1,5(x2)" 8 "a b c d c d c d" "rank 0 alone on a"
placed_as "no room: all evenly" "2(x4)" 8 "a b c d a b c d" "not alone on a"
placed_as "ranks outnumber processors" "1(x3)" 8 "" "ranks go round the nodes"
[[ $OMPI_MCA_rmaps_base_mapping_policy == node && $SLURM_DISTRIBUTION == cyclic ]] ||
  failed "ranks go round" "$scratch/said"
SLURM_CPUS_PER_TASK=4
placed_as "several processors a rank" "8(x3)" 5 "a b c b c" "rank 0 alone on a"
SLURM_CPUS_PER_TASK=1
ranks_command "$scratch/owner" 5
[[ $(<"$scratch/owner.host")$'\n'$(<"$scratch/owner.hosts") == a$'\n'b$'\n'c$'\n'b$'\n'c ]] &&
  ok "mpirun is told" || failed "mpirun is told" "$scratch/owner.hosts"
export OMPI_MCA_rmaps_base_mapping_policy=slot
place_ranks 5
((${#placed[@]} == 0)) && [[ -z $placing ]] && ok "the user's own mapping stays" ||
  failed "the user's own mapping" "$scratch/said"
finish
