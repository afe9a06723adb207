#!/bin/sh
# Starts a job over several nodes. Called by the agent of the first node as:
#   launch.sh HOSTFILE NODES TASKS-PER-NODE PROGRAM [ARGUMENT...]
# Simulated nodes are processes of one machine, so all tasks are started here, each with its number in HPCGRID_RANK, its node in HPCGRID_NODE and the
# number of all in HPCGRID_TASKS. The first one that fails ends the job with its exit code; the agent kills what is left.
# On a real machine this is one line: exec srun --nodes="$2" --ntasks-per-node="$3" …, exec mpiexec --hostfile "$1" …, exec aprun -n … -N "$3" …
hosts=$1 per_node=$3 tasks=$(($2 * $3)) rank=0
shift 3
trap 'exit 143' TERM INT
trap 'status=1; read -r status < "$hosts.failed"; exit "${status:-1}"' USR1

task() {
    "$@"
    status=$?
    [ "$status" -eq 0 ] || { echo "$status" > "$hosts.failed"; kill -USR1 $$; }
}

while read -r host; do
    local_rank=0
    while [ "$local_rank" -lt "$per_node" ]; do
        HPCGRID_RANK=$rank HPCGRID_LOCAL_RANK=$local_rank HPCGRID_TASKS=$tasks HPCGRID_NODE=$host task "$@" &
        rank=$((rank + 1)) local_rank=$((local_rank + 1))
    done
done < "$hosts"
wait
