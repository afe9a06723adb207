# The script runs on each node of the job, or its only one.
exec sh -c "$node" sh "$@"
