#!/usr/bin/env bash
# A clone and runs whose path has spaces, quotes, a percent sign, a dollar and a letter outside
# ASCII; and jobs that do not get the environment that they were submitted from.
source "$(dirname "$0")/lib.sh"
clone_up
run=$clone/runs/first
data="$clone/my data"
for launch in mpirun srun; do
  rm -rf "$clone/runs"
  slurm train NAME=first LAUNCH=$launch OPTIONS="--data 'my data'"
  has "$launch: the job ends well" "$log" "results are in $run/out"
  has "$launch: rank 0 gets MODEL, data and folders whole" "$told" \
    "<train><models/mlp.json><--data><my data><--checkpoint><$run/checkpoint>"
  has "$launch: the log is where it was asked for" "$scratch/submitted" \
    "--output=${run//%/%%}/logs/train.%j.log"
  slurm resume NAME=first LAUNCH=$launch
  has "$launch: and goes on" "$told" "<--data><my data><--checkpoint><$run/checkpoint>"
done
has "srun starts nodes" "$told" "node seed none"

(cd / && make -s -f "$clone/Makefile.slurm" BUILD=/no/where) >"$scratch/said" 2>&1
has "make finds its folder" "$scratch/said" "RUNS=//runs"
slurm build
has "where CMake cannot build, that is said" "$said" "CMake cannot build where a path has a double"
slurm clean
has "clean removes the programs, and no more" "$said" "removed $clone/build"
[[ ! -e "$clone/build" && -e "$run/out" ]] || failed "clean" "$said"
finish
