#!/bin/sh
# Plays the launcher that it is called as: starts the program as often as its options say, each process on a node of its own name and with that
# launcher's variables. Each call is a line of $FAKE/calls. With FAKE_TWICE=1 it starts two on each node, whatever it is told.
launcher=$(basename "$0")
case $launcher in hostname) echo "${FAKE_NODE:-service}"; exit ;; esac
case "$launcher $1" in 'flux getattr') echo 4711; exit ;; 'flux job') echo 600; exit ;; esac
echo "$launcher" >> "$FAKE/calls"
nodes=1 per=1 local=LOCAL
case $launcher in
aprun)
    while :; do case $1 in -n) all=$2; shift 2 ;; -N) per=$2; shift 2 ;; -d) shift 2 ;; -b) shift ;; *) break ;; esac; done
    nodes=$((all / per)) ;;
srun)
    local=SLURM_LOCALID
    while :; do case $1 in --nodes=*) nodes=${1#*=} ;; --ntasks-per-node=*) per=${1#*=} ;; --*) ;; *) break ;; esac; shift; done ;;
jsrun)
    local=JSM_NAMESPACE_LOCAL_RANK
    while :; do case $1 in --nrs) nodes=$2 ;; --rs_per_host | --tasks_per_rs) per=$((per * $2)) ;; --*) ;; *) break ;; esac; shift 2; done ;;
mpiexec)
    local=${FAKE_LOCAL:-MPI_LOCALRANKID}
    while :; do case $1 in -n) all=$2 ;; -ppn | --ppn) per=$2 ;; --map-by) per=$(echo "$2" | cut -d: -f2) ;; --*) ;; *) break ;; esac; shift 2; done
    nodes=$((all / per)) ;;
flux)
    local=FLUX_TASK_LOCAL_ID
    shift
    while :; do case $1 in --nodes=*) nodes=${1#*=} ;; --ntasks=*) all=${1#*=} ;; --*) ;; *) break ;; esac; shift; done
    per=$((all / nodes)) ;;
blaunch) nodes=$(echo "$2" | wc -w); shift 2 ;;
pbsdsh) nodes=$FAKE_NODES; shift ;;
qrsh) export FAKE_NODE="$3"; shift 3; exec "$@" ;;
esac
[ "${FAKE_TWICE:-0}" = 1 ] && per=2
node=1
while [ $node -le "$nodes" ]; do
    rank=0
    while [ $rank -lt "$per" ]; do
        env "$local=$rank" "FAKE_NODE=n$node" "$@" &
        rank=$((rank + 1))
    done
    node=$((node + 1))
done
wait
