export HPCGRID_PILOT={{tag}}
work={{#if work}}{{work}}{{else}}${work:-${TMPDIR:-/tmp}/hpcgrid-$(id -u)}{{/if}}
set -- {{#each agent}}{{this}} {{/each}}--cores {{{cores}}} --pilot {{tag}} --batch-id "$id" --deadline "$deadline" --work "$work"
# On each node: one agent, named after the node. A launcher that starts several there gives them numbers, and the first one is it. Slurm's stands last,
# because it may be set although another launcher started them.
node='for rank in "$HPCGRID_LOCAL_RANK" "$OMPI_COMM_WORLD_LOCAL_RANK" "$PALS_LOCAL_RANKID" "$MPI_LOCALRANKID" "$JSM_NAMESPACE_LOCAL_RANK" "$FLUX_TASK_LOCAL_ID" "$SLURM_LOCALID"; do
    [ -n "$rank" ] || continue
    [ "$rank" = 0 ] || exit 0
    break
done
exec "$@" --node "$(hostname -s)"'
{{> start}}
