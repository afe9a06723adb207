#!/bin/sh
# Starts a job over several nodes: launch.sh HOSTFILE NODES TASKS-PER-NODE PROGRAM [ARGUMENT...]. A step of the pilot's own batch job.
nodes=$2 tasks=$3
shift 3
exec jsrun --nrs "$nodes" --rs_per_host 1 --tasks_per_rs "$tasks" "$@"
