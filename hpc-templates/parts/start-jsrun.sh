# The script runs on a launch node; jsrun reaches the compute nodes. Clusters of plain hosts have none.
if command -v jsrun >/dev/null; then
    exec jsrun --nrs {{{nodes}}} --rs_per_host 1 --tasks_per_rs 1 --cpu_per_rs ALL_CPUS --gpu_per_rs ALL_GPUS sh -c "$node" sh "$@"
fi
{{> start-blaunch}}
