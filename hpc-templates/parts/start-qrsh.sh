{{#if several}}
# One qrsh for each host that Grid Engine gave; the job is over when all of them are.
for host in $(awk '{ print $1 }' "$PE_HOSTFILE" | sort -u); do
    qrsh -inherit -nostdin "$host" /usr/bin/env HPCGRID_PILOT={{tag}} /bin/sh -c "$node" sh "$@" &
done
trap 'kill -USR1 $(jobs -p) 2>/dev/null' USR1
trap 'kill $(jobs -p) 2>/dev/null' TERM USR2
wait
wait
{{else}}
exec sh -c "$node" sh "$@"
{{/if}}
