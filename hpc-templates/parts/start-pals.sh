{{#if several}}
exec mpiexec -n {{{nodes}}} --ppn 1 --cpu-bind none sh -c "$node" sh "$@"
{{else}}
exec sh -c "$node" sh "$@"
{{/if}}
