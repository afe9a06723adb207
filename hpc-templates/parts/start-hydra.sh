{{#if several}}
exec mpiexec -n {{{nodes}}} -ppn 1 sh -c "$node" sh "$@"
{{else}}
exec sh -c "$node" sh "$@"
{{/if}}
