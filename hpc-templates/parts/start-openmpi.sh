{{#if several}}
exec mpiexec -n {{{nodes}}} --map-by ppr:1:node --bind-to none sh -c "$node" sh "$@"
{{else}}
exec sh -c "$node" sh "$@"
{{/if}}
