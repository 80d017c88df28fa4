#!/usr/bin/env bash
# scripts/sweep.sbatch on a Slurm of its own, one controller and two nodes on this machine: slurm.sh PROGRAM SOURCES.
# 77: there is no Slurm, or nobody who may start one (root).
set -euo pipefail
program=$1 sources=$2
export PATH=$PATH:/usr/sbin
for needed in munged slurmctld slurmd sbatch; do
    command -v $needed >/dev/null || { echo "no $needed (Debian: slurmctld slurmd slurm-client munge)"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "only root starts slurmd"; exit 77; }

# Short, as sockets' paths are; and nobody else's to write in, as munged asks of every directory above its own.
s=$(mktemp -d /run/manygpcm.XXXX)
fail() {
    echo "slurm.sh: $*" >&2
    tail -n 30 "$s"/*.log "$s"/out/*.log >&2 2>/dev/null || true
    exit 1
}
finish() {
    scancel --full --user=root 2>/dev/null || true
    for file in "$s"/*.pid; do
        [ -s "$file" ] && kill "$(cat "$file")" 2>/dev/null || true
    done
    sleep 1
    rm -rf "$s"
}
trap finish EXIT

mkdir -m 755 "$s/munge" "$s/state" "$s/n1" "$s/n2" "$s/out"
(umask 077 && head -c 1024 /dev/urandom >"$s/munge/key" && chmod 400 "$s/munge/key")
munged --key-file="$s/munge/key" --socket="$s/munge/socket" --pid-file="$s/munged.pid" --log-file="$s/munge/log" \
    --seed-file="$s/munge/seed" --force
port=$((20000 + RANDOM % 10000))
cat >"$s/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$s/munge/socket,cred_expire=5
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
JobRequeue=1
KillWait=5
SlurmdParameters=config_overrides
StateSaveLocation=$s/state
SlurmctldPidFile=$s/slurmctld.pid
SlurmctldLogFile=$s/slurmctld.log
SlurmctldPort=$port
SlurmdSpoolDir=$s/%n
SlurmdPidFile=$s/%n.pid
SlurmdLogFile=$s/%n.log
NodeName=n1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=2 RealMemory=2000
NodeName=n2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=2 RealMemory=2000
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$s/slurm.conf
slurmctld -c
slurmd -N n1
slurmd -N n2
for _ in $(seq 100); do
    [ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && break
    sleep 0.2
done
[ "$(sinfo -h -o %T)" = idle ] || fail "Slurm doesn't start: $(sinfo 2>&1)"

# Waits until `squeue` has none of the job; at most two minutes.
wait_for() {
    for _ in $(seq 600); do
        [ -z "$(squeue -h -j "$1" 2>/dev/null)" ] && return
        sleep 0.2
    done
    fail "job $1 doesn't end: $(squeue)"
}

export MANYGPCM=$program
"$program" simulate --learners 60 --questions 10 --categories 3 --length 12:12 --out "$s/data" --seed 1 >/dev/null
submit() {
    sbatch --parsable --array=0-2 --cpus-per-task=1 --output="$s/out/%A_%a.log" "$sources/scripts/sweep.sbatch" \
        --data "$s/data" --model deep_gpcm --folds 2 --patience 0 "$@"
}

# Three workers of one study.
job=$(submit --trials 6 --epochs 3 --out "$s/study")
wait_for "$job"
[ -s "$s/study/deep_gpcm_data_hyperopt_report.md" ] || fail "no report"
grep -h '^best trial: [0-9]* of 6,' "$s"/out/"$job"_*.log >"$s/winners" || fail "no winner"
[ "$(sort -u "$s/winners" | wc -l)" = 1 ] || fail "winners differ: $(cat "$s/winners")"

# Four tasks of one step, two on each node: one speaks.
srun --ntasks=4 "$program" sweep --data "$s/data" --model deep_gpcm --folds 2 --trials 6 --epochs 3 --patience 0 \
    --out "$s/step" >"$s/out/step.log" 2>&1 || fail "srun"
[ "$(grep -c '^best trial: [0-9]* of 6,' "$s/out/step.log")" = 1 ] || fail "expected one report"

# What the time limit sends comes in the middle: every task ends in order, is put back and finishes.
job=$(submit --trials 40 --epochs 200 --scheduler fixed --out "$s/long")
for _ in $(seq 300); do
    [ -s "$s/long/study.journal" ] && break
    sleep 0.1
done
sleep 1
scancel --batch --signal=USR1 "$job"
for _ in $(seq 300); do
    grep -qs 'has all so far, and the same command goes on with it' "$s"/out/"$job"_*.log && break
    sleep 0.2
done
grep -qs 'has all so far, and the same command goes on with it' "$s"/out/"$job"_*.log || fail "it didn't end in order"
for _ in $(seq 300); do
    scontrol show job "$job" | grep -q 'Restarts=1' && break
    sleep 0.2
done
scontrol show job "$job" | grep -q 'Restarts=1' || fail "it wasn't put back"
# A job that was put back begins when its old credential has expired.
for _ in $(seq 600); do
    grep -qs 'going on with its' "$s"/out/"$job"_*.log && break
    sleep 0.2
done
grep -qs 'going on with its' "$s"/out/"$job"_*.log || fail "it didn't go on"
scancel "$job"
wait_for "$job"
