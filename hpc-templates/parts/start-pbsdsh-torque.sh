{{#if several}}
# -u: once on each node, and not on each of its cores. The environment is a new one.
exec pbsdsh -u /usr/bin/env HPCGRID_PILOT={{tag}} /bin/sh -c "$node" sh "$@"
{{else}}
exec sh -c "$node" sh "$@"
{{/if}}
