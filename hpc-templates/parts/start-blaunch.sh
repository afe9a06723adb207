{{#if several}}
# blaunch starts the program in a new environment.
exec blaunch -z "$(echo "$LSB_HOSTS" | tr ' ' '\n' | sort -u | tr '\n' ' ')" env HPCGRID_PILOT={{tag}} sh -c "$node" sh "$@"
{{else}}
exec sh -c "$node" sh "$@"
{{/if}}
