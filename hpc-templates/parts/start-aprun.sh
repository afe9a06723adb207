# The script runs on a service node; aprun alone reaches compute nodes. One for all of them: service nodes allow few processes.
exec aprun -n {{{nodes}}} -N 1 -d {{{cores}}} -b sh -c "$node" sh "$@"
