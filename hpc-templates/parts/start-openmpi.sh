{{#if several}}
{{#if nativeLauncher}}
# Not by an ssh for each node: so many are reached by the batch system, or by nobody. Open MPI 4 reads the first one, 5 the second.
export OMPI_MCA_plm={{nativeLauncher}} PRTE_MCA_plm={{nativeLauncher}}
{{/if}}
exec mpiexec -n {{{nodes}}} --map-by ppr:1:node --bind-to none sh -c "$node" sh "$@"
{{else}}
exec sh -c "$node" sh "$@"
{{/if}}
