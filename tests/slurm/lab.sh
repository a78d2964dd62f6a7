# shellcheck shell=bash
# A cluster on one machine: hosts with an address, a name, processes, /tmp and /dev/shm of their
# own, and a real Slurm over them. Sourced by bash, as root, after `lab` is set to an empty folder
# that everyone may enter.
#
# A host is a process that waits at the end of a pipe: the first one of its own PID namespace. When
# it ends, the kernel ends all that runs there, and links, mounts and names go with it. When this
# script ends, however that happens, so does the pipe.
#
# Who sources it sets `root` to the repository.

declare -A host_pid=()
hosts=()
ports=()
daemons=()
user_id=65534 # nobody
cpus=${cpus:-2} # of each host, for Slurm

# lab_lacks: says why there can be no lab here, and succeeds; fails where there can be one
lab_lacks() {
  local tool
  [[ $(id -u) == 0 ]] || { echo "needs root, for network namespaces" && return 0; }
  for tool in ip unshare nsenter setpriv munged slurmctld slurmd sbatch make mpirun python3; do
    command -v "$tool" >/dev/null || { echo "no $tool" && return 0; }
  done
  unshare --net --uts --ipc --mount --pid --fork --mount-proc true 2>/dev/null || {
    echo "no namespaces here"
    return 0
  }
  unshare --net ip link add probe0 type veth peer name probe1 2>/dev/null || {
    echo "no virtual links (veth) here"
    return 0
  }
  unshare --net ip link add probe0 type bridge 2>/dev/null || {
    echo "no network bridge here"
    return 0
  }
  return 1
}

# host_up NAME: `host_pid[NAME]` is its first process
host_up() {
  local name=$1 starter i
  # shellcheck disable=SC2016 # expanded over there
  unshare --net --uts --ipc --mount --pid --fork --mount-proc --kill-child bash -c '
    hostname "$1" && mount -t tmpfs -o size=1g,mode=1777 shm /dev/shm &&
      mount -t tmpfs -o size=1g,mode=1777 tmp "$2/tmp" &&
      mount -t tmpfs -o mode=755 run /run && mkdir /run/munge &&
      ln -s "$2/run/munge.socket" /run/munge/munge.socket.2 &&
      { [[ ! -e $2/passwd ]] || mount --bind "$2/passwd" /etc/passwd; } &&
      { [[ ! -e $2/hosts ]] || mount --bind "$2/hosts" /etc/hosts; } && ip link set lo up &&
        : >"$2/up.$1" &&
        read -r _' - "$name" "$lab" <"$lab/alive" >"$lab/log/host.$name" 2>&1 {alive}>&- &
  starter=$!
  for ((i = 0; i < 600; ++i)); do
    [[ ! -e $lab/up.$name ]] || break
    sleep 0.05
  done
  [[ -e $lab/up.$name ]] || return 1
  rm "$lab/up.$name"
  host_pid[$name]=$(pgrep -P "$starter")
}

# on HOST COMMAND...: as root over there
on() {
  local host=$1
  shift
  nsenter -t "${host_pid[$host]}" -n -u -i -m -p env TMPDIR="$lab/tmp" "$@" {alive}>&-
}

# hosts_up N: h0 to hN at 10.77.0.10 and up, and the switch between them. h0 is for control and
# login, the others for jobs. Over there munge is where libmunge looks for it, and the user may log
# in.
hosts_up() {
  local i name
  mkdir -p "$lab"/{tmp,log,etc,run,state,spool,munge}
  mkfifo "$lab/alive"
  exec {alive}<>"$lab/alive"
  host_up switch || return 1
  on switch ip link add br0 type bridge && on switch ip link set br0 up || return 1
  echo "127.0.0.1 localhost" >"$lab/hosts"
  sed "s|^nobody:.*|nobody:x:$user_id:$user_id::$lab/home:/bin/bash|" /etc/passwd >"$lab/passwd"
  for ((i = 0; i <= $1; ++i)); do echo "10.77.0.$((10 + i)) h$i" >>"$lab/hosts"; done
  for ((i = 0; i <= $1; ++i)); do
    name=h$i
    host_up "$name" || return 1
    ports+=("mx$i")
    ip link add "mx$i" netns "${host_pid[switch]}" type veth peer name eth0 netns \
      "${host_pid[$name]}" || return 1
    on switch ip link set "mx$i" master br0 up || return 1
    on "$name" ip addr add "10.77.0.$((10 + i))/24" dev eth0 && on "$name" ip link set eth0 up ||
      return 1
    ((i == 0)) || hosts+=("$name")
  done
}

# links_up: from here on `link_command` gives the links a delay and a rate, as the user, too. Frames
# on such a link go through a program, which takes its share of the processors. Fails where it
# cannot, and `why` says why.
links_up() {
  mkdir "$lab/link"
  cp "$root/tests/slurm/link.sh" "$lab/link/"
  c++ -std=c++20 -O2 -o "$lab/link/wire" "$root/tests/slurm/wire.cpp" 2>"$lab/log/wire" ||
    { why="tests/slurm/wire.cpp is not to be compiled: $(head -1 "$lab/log/wire")" && return 1; }
  mkfifo -m 600 "$lab/link/ask" && chown "$user_id" "$lab/link/ask" && : >"$lab/link/now"
  daemon switch link bash "$lab/link/link.sh" keep "$lab/link" "$lab/link/wire" "${ports[@]}"
  link_command="bash $lab/link/link.sh ask $lab/link"
  # shellcheck disable=SC2086 # words
  why=$($link_command 1 0 2>&1 && $link_command 0 0 2>&1) || {
    why+="; $(tail -n 1 "$lab/log/link.out")"
    return 1
  }
}

# power_off HOST: no process of it is left, and nobody is told
power_off() { kill -KILL "${host_pid[$1]}"; }

slurm_conf() {
  cat <<END
ClusterName=lab
SlurmctldHost=h0(10.77.0.10)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$lab/run/munge.socket
CredType=cred/munge
StateSaveLocation=$lab/state
SlurmctldPidFile=$lab/run/slurmctld.pid
SlurmctldLogFile=$lab/log/slurmctld.log
SlurmdPidFile=$lab/run/slurmd.%n.pid
SlurmdLogFile=$lab/log/slurmd.%n.log
SlurmdSpoolDir=$lab/spool/%n
TmpFS=$lab/tmp
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=bf_interval=2,sched_interval=2,batch_sched_delay=0
SlurmdParameters=config_overrides
PropagateResourceLimits=NONE
ReturnToService=2
KillWait=3
SlurmdTimeout=6
MessageTimeout=5
TCPTimeout=2
MinJobAge=3600
END
  local i
  for i in "${!hosts[@]}"; do
    echo "NodeName=h$((i + 1)) NodeAddr=10.77.0.$((11 + i)) CPUs=$cpus RealMemory=1000"
  done
  echo "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
}

# daemon HOST NAME COMMAND...: in the background over there
daemon() {
  local host=$1 name=$2
  shift 2
  on "$host" "$@" >"$lab/log/$name.out" 2>&1 </dev/null &
  daemons+=($!)
}

# slurm_up: munged and slurmctld on h0, a slurmd on each other host
slurm_up() {
  local name i
  chmod 700 "$lab/munge"
  head -c 128 /dev/urandom >"$lab/munge/key"
  chmod 600 "$lab/munge/key"
  slurm_conf >"$lab/etc/slurm.conf"
  echo "CgroupPlugin=cgroup/v1" >"$lab/etc/cgroup.conf" # the newer one wants systemd
  export SLURM_CONF=$lab/etc/slurm.conf
  daemon h0 munged munged --foreground --key-file="$lab/munge/key" \
    --socket="$lab/run/munge.socket" --pid-file="$lab/munge/pid" --log-file="$lab/munge/log" \
    --seed-file="$lab/munge/seed"
  for ((i = 0; i < 600; ++i)); do
    [[ ! -S $lab/run/munge.socket ]] || break
    sleep 0.05
  done
  daemon h0 slurmctld slurmctld -D
  for name in "${hosts[@]}"; do
    mkdir -p "$lab/spool/$name"
    daemon "$name" "slurmd.$name" slurmd -D -N "$name"
  done
  for ((i = 0; i < 300; ++i)); do
    [[ $(on h0 sinfo -h -t idle -o %D 2>/dev/null) != "${#hosts[@]}" ]] || return 0
    sleep 0.2
  done
  return 1
}

# ssh_up: the user gets from each host to the others by ssh, with a key
ssh_up() {
  local name known=$lab/home/.ssh/known_hosts
  dropbearkey -t ed25519 -f "$lab/etc/hostkey" >"$lab/log/hostkey" 2>&1 || return 1
  mkdir -m 700 "$lab/home/.ssh"
  ssh-keygen -q -t ed25519 -N "" -f "$lab/home/.ssh/id_ed25519" &&
    cp "$lab/home/.ssh/id_ed25519.pub" "$lab/home/.ssh/authorized_keys"
  for name in "${hosts[@]}"; do
    echo "$name $(grep -o '^ssh-ed25519 [^ ]*' "$lab/log/hostkey")" >>"$known"
    daemon "$name" "ssh.$name" dropbear -F -E -s -r "$lab/etc/hostkey" -P "$lab/run/ssh.$name"
  done
  chown -R "$user_id:$user_id" "$lab/home/.ssh"
}

# user_up BUILD: the user is nobody, with a home of theirs, and in it a clone of the repository with
# BUILD's programs. Its path has all that a path may have and scripts forget.
user_up() {
  local program
  clone=$lab/home/$'my mixnn, Zo\xc3\xab\'s "50%j"'
  mkdir -p "$clone/build" "$clone/tests/data"
  cp -r "$root"/{Makefile.slurm,jobs,models,bench} "$clone/"
  cp -r "$root/tests/data/digits" "$clone/tests/data/"
  for program in mixnn mpi_pingpong identity_test; do
    [[ ! -x $1/$program ]] || cp "$1/$program" "$clone/build/"
  done
  chown -R "$user_id:$user_id" "$lab/home"
  runs=$clone/runs
}

# What a site has in its Open MPI's settings: the network to use; and that the hosts share few
# processors.
site=(OMPI_MCA_btl_tcp_if_include=eth0 OMPI_MCA_oob_tcp_if_include=eth0
  OMPI_MCA_hwloc_base_binding_policy=none
  OMPI_MCA_rmaps_base_oversubscribe=1)
# user_on HOST COMMAND...: as the user, in the clone
user_on() {
  local host=$1
  shift
  on "$host" env -i "PATH=/usr/bin:/bin:/usr/sbin:/sbin" HOME="$lab/home" USER=nobody \
    LOGNAME=nobody SHELL=/bin/bash LC_ALL=C.UTF-8 SLURM_CONF="$SLURM_CONF" TMPDIR="$lab/tmp" \
    "${site[@]}" setpriv --reuid="$user_id" --regid="$user_id" --clear-groups \
    bash -c 'cd "$1" && exec "${@:2}"' - "$clone" "$@"
}
user() { user_on h0 "$@"; } # on the login node
slurm() { user make -s -f Makefile.slurm "$@"; }

# lab_down: daemons first, in their own way, then the hosts with whatever is left; says what did not
# end
lab_down() {
  local pid name i left
  for pid in "${daemons[@]}"; do
    # nsenter, and what it started
    for name in $(pgrep -P "$pid") "$pid"; do kill "$name" 2>/dev/null; done
  done
  for ((i = 0; i < 50; ++i)); do
    left=0
    for pid in "${daemons[@]}"; do ! kill -0 "$pid" 2>/dev/null || left=1; done
    ((left)) || break
    sleep 0.1
  done
  for name in "${!host_pid[@]}"; do kill -KILL "${host_pid[$name]}" 2>/dev/null; done
  wait "${daemons[@]}" 2>/dev/null
  [[ -z ${alive:-} ]] || exec {alive}>&-
  for ((i = 0; i < 50; ++i)); do
    left=$(lab_processes)
    [[ -n $left ]] || return 0
    sleep 0.1
  done
  echo "still there: $left"
  return 1
}

# lab_processes: whatever names the lab's folder in its arguments or environment, as the daemons and
# all jobs do
lab_processes() {
  local file pid
  for file in /proc/[0-9]*/environ; do
    pid=${file#/proc/}
    pid=${pid%/environ}
    if [[ $pid != "$$" && $pid != "$BASHPID" ]] && grep -qsaF "SLURM_CONF=$lab/" "$file"; then
      printf '%s ' "$pid"
    fi
  done
}
