{{#if several}}
# pbsdsh starts the program once for each chunk, in a new environment; chunks are scattered, one on each node.
exec pbsdsh -- /usr/bin/env HPCGRID_PILOT={{tag}} /bin/sh -c "$node" sh "$@"
{{else}}
exec sh -c "$node" sh "$@"
{{/if}}
