{{#if several}}
exec srun --nodes={{{nodes}}} --ntasks={{{nodes}}} --ntasks-per-node=1 --cpus-per-task={{{cores}}} --kill-on-bad-exit=0 sh -c "$node" sh "$@"
{{else}}
exec sh -c "$node" sh "$@"
{{/if}}
