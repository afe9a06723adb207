{{#if several}}
{{#if nativeLauncher}}
# Not by an ssh for each node: so many are reached by the batch system, or by nobody.
export HYDRA_LAUNCHER={{nativeLauncher}}
{{/if}}
exec mpiexec -n {{{nodes}}} -ppn 1 sh -c "$node" sh "$@"
{{else}}
exec sh -c "$node" sh "$@"
{{/if}}
