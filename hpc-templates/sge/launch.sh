#!/bin/sh
# Starts a job over several nodes: launch.sh HOSTFILE NODES TASKS-PER-NODE PROGRAM [ARGUMENT...]. Any mpiexec that knows PBS; change the options to yours.
hosts=$1 nodes=$2 tasks=$3
shift 3
exec mpiexec -f "$hosts" -ppn "$tasks" -n $((nodes * tasks)) "$@"
