#!/usr/bin/env bash
# Twelve trainings on a real Slurm of one node, made for this test: one is killed, one reaches its time limit, one has a plugin that
# crashes. Tests/Slurm/check_sweep.py says what has to come of it.
#
# usage: Scripts/test_slurm.sh ZOO [FOLDER]     FOLDER: for sweep and results, default .build/slurm
#
# It takes two to three minutes. Skipped, with a line that says why, where Slurm cannot be had: it takes root and Debian's packages.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
zoo=$(realpath -- "$1")
folder=${2:-$root/.build/slurm}
skip() {
    echo "make test-slurm: skipped, as $*"
    exit 0
}

((EUID == 0)) || skip "Slurm's daemons have to run as root here"
command -v cc >/dev/null || skip "there is no C compiler, for the plugins of the test"
# slurmctld and slurmd lie in sbin.
PATH=$PATH:/usr/sbin:/sbin
if ! command -v slurmctld slurmd munged sbatch >/dev/null; then
    command -v apt-get >/dev/null || skip "there is no Slurm, and no apt-get to install it"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        munge slurmctld slurmd slurm-client; } >"${TMPDIR:-/tmp}/zoo-slurm-apt.log" 2>&1 ||
        skip "Slurm cannot be installed ($(tail -n 1 "${TMPDIR:-/tmp}/zoo-slurm-apt.log"))"
fi

# Sockets have short names, so the daemons' files do not lie in the checkout.
cluster=$(mktemp -d "${TMPDIR:-/tmp}/zoo-slurm.XXXXXX")
stop() {
    for name in slurmd slurmctld munged; do
        [[ ! -s $cluster/$name.pid ]] || kill "$(<"$cluster/$name.pid")" 2>/dev/null || true
    done
    for name in slurmd slurmctld munged; do
        for _ in $(seq 100); do
            [[ -s $cluster/$name.pid ]] && kill -0 "$(<"$cluster/$name.pid")" 2>/dev/null || break
            sleep 0.1
        done
    done
    rm -rf "$cluster"
}
trap stop EXIT

node=$(hostname -s)
mkdir "$cluster"/{munge,state,spool}
chmod 700 "$cluster/munge"
head -c 1024 /dev/urandom >"$cluster/munge/key"
chmod 400 "$cluster/munge/key"
read -r controller daemon < <(python3 -c 'import socket
free = [socket.socket() for _ in range(2)]
for s in free: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in free))')
cat >"$cluster/slurm.conf" <<CONF
ClusterName=zoo
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$cluster/munge/socket,cred_expire=20
SlurmctldPort=$controller
SlurmdPort=$daemon
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2
ReturnToService=2
JobRequeue=1
KillWait=20
MaxArraySize=9
NodeName=$node NodeAddr=127.0.0.1 CPUs=4 RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
# cgroup v2 takes D-Bus, which a container does not have.
echo CgroupPlugin=cgroup/v1 >"$cluster/cgroup.conf"
export SLURM_CONF=$cluster/slurm.conf

munged --force --key-file="$cluster/munge/key" --socket="$cluster/munge/socket" --pid-file="$cluster/munged.pid" \
    --log-file="$cluster/munge/log" --seed-file="$cluster/munge/seed"
slurmctld -c
slurmd
for _ in $(seq 300); do
    [[ $(sinfo -h -o %T 2>/dev/null) == idle ]] && break
    sleep 0.1
done
[[ $(sinfo -h -o %T) == idle ]] || {
    tail -n 20 "$cluster"/slurmctld.log "$cluster"/slurmd.log >&2
    skip "Slurm's node does not come up here"
}

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
for name in Sleepy Faulty; do
    "$zoo" plugin new $name --kind localization --language c --zoo "$root" --quiet >/dev/null
done
# Training steps that take a while on any machine, and one that is the last.
sed -i 's/^static zoo_status forward(void \*self, zoo_tensor \*in, zoo_tensor \*\*offset) {/&\n  usleep(200000);/; 1i #define _DEFAULT_SOURCE\n#include <unistd.h>' Sleepy/Sleepy.c
sed -i 's/^static zoo_status forward(void \*self, zoo_tensor \*in, zoo_tensor \*\*offset) {/&\n  fprintf(stderr, "no more of this\\n");\n  abort();/; 1i #include <stdio.h>' Faulty/Faulty.c
for name in Sleepy Faulty; do make -s -C $name; done
cp Sleepy/build/libSleepy.so Faulty/build/libFaulty.so .

python3 "$root/Tests/Slurm/check_sweep.py" "$zoo" "$folder" || {
    status=$?
    tail -n 100 "$cluster"/slurmctld.log "$cluster"/slurmd.log sweeps/s/logs/*_0.log >&2
    exit $status
}
