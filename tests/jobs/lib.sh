# shellcheck shell=bash
# What the tests of the job scripts share: a copy of the repository in a folder whose name has all
# that scripts forget, and a Slurm and a program that only write down what they are told. Sourced by
# bash.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
unset "${!MIXNN_@}" "${!SLURM_@}" "${!SBATCH_@}" XDG_STATE_HOME MAKEFLAGS MAKELEVEL

ok() { printf 'ok: %s\n' "$1"; }
failed() { # failed NAME FILE...: with what is in the files
  printf 'FAILED: %s\n' "$1"
  shift
  sed 's/^/    /' "$@"
  failures=$((failures + 1))
}
has() { # has NAME FILE TEXT: a line of the file has the text
  if grep -qF -- "$3" "$2"; then ok "$1"; else failed "$1: no '$3'" "$2"; fi
}
has_not() { # has_not NAME FILE TEXT
  if grep -qF -- "$3" "$2"; then failed "$1: '$3'" "$2"; else ok "$1"; fi
}
finish() { ((failures == 0)) || exit 1; }

command_of() { # command_of NAME: its text comes from standard input
  { printf '#!/usr/bin/env bash\n' && cat; } >"$bin/$1"
  chmod 755 "$bin/$1"
}

# clone_up: `clone`, with a program that writes to $told what it is told, and `bin` with a Slurm.
# Its sbatch runs the job at once; with SBATCH_EXPORT=NONE the environment does not come along.
clone_up() {
  clone=$scratch/$'my mixnn, Zo\xc3\xab\'s "50%j" $HOME'
  bin=$scratch/bin told=$scratch/told log=$scratch/log
  mkdir -p "$clone/build" "$bin" "$scratch/home" "$scratch/tmp"
  : >"$clone/build/CMakeCache.txt"
  cp -r "$root"/{Makefile.slurm,jobs,models} "$clone/"
  command_of sbatch <<END
echo "\$*" >"$scratch/submitted"
while [[ \$1 == --* ]]; do shift; done
kept=()
[[ \${SBATCH_EXPORT:-ALL} == ALL ]] || kept=(-i SLURM_EXPORT_ENV=NONE)
env --default-signal=INT "\${kept[@]}" PATH="\$PATH" HOME="$scratch/home" \\
  TMPDIR="$scratch/tmp" SLURM_JOB_ID=7 SLURM_NTASKS=4 SLURM_JOB_NODELIST=h1 \\
  SLURM_SUBMIT_DIR="\$PWD" SLURM_CPUS_PER_TASK=2 SLURM_RESTART_COUNT=\${RESTARTS:-0} \\
  bash "\$@" >"$log" 2>&1 &
job=\$!
if [[ -n \${WARN:-} ]]; then
  until grep -qs "owner" "$told"; do sleep 0.05; done
  kill -\$WARN \$job
fi
wait \$job
echo "exit code \$?" >>"$log"
echo 7
END
  command_of squeue <<END
case \$* in *%l*) cat "$scratch/limit" 2>/dev/null ;; *%L*) echo 0:50 ;; esac
END
  command_of scontrol <<END
echo "scontrol \$*" >>"$told"
[[ \$1 == requeue ]] && exit 1
END
  command_of mpirun <<END
echo "mpirun" >>"$told"
exec "\$3"
END
  command_of srun <<END
echo "srun \$1 \$2 \$3" >>"$told"
while [[ \$1 == --* ]]; do shift; done
SLURM_PROCID=1 "\$@" && SLURM_PROCID=0 exec "\$@"
END
  cat >"$clone/build/mixnn" <<END
#!/usr/bin/env bash
if [[ \$1 == node ]]; then
  echo "node seed \${MIXNN_SEED:-none}" >>"$told"
  exit
fi
trap 'echo "mixnn: SIGUSR1: checkpointed after 1 step; the same command goes on" >&2; exit 75' USR1
{
  printf '<%s>' "\$@"
  printf '\nowner seed %s launch %s\n' "\${MIXNN_SEED:-none}" "\${MIXNN_LAUNCH:-none}"
} >>"$told"
[[ -z \${WORK:-} ]] || for ((i = 0; i < 600; ++i)); do sleep 0.1; done
END
  chmod 755 "$clone/build/mixnn"
  export PATH=$bin:$PATH HOME=$scratch/home
}
# slurm TARGET...: in the clone; what it says is in `said`
slurm() {
  rm -f "$told" "$log"
  : >"$told"
  : >"$log"
  said=$scratch/said
  (cd "$clone" && make -s -f Makefile.slurm "$@") >"$said" 2>&1
}
