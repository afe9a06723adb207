#!/bin/sh
# Starts a job over several nodes: launch.sh HOSTFILE NODES TASKS-PER-NODE PROGRAM [ARGUMENT...]. A step of the pilot's own batch job.
hosts=$(paste -sd, "$1") nodes=$2 tasks=$3
shift 3
exec srun --overlap --nodelist="$hosts" --nodes="$nodes" --ntasks-per-node="$tasks" --ntasks=$((nodes * tasks)) "$@"
