#!/bin/sh
#BSUB -J {{{tag}}}
#BSUB -nnodes {{{nodes}}}
#BSUB -W {{{walltimeMinutes}}}
#BSUB -o {{{log}}}
#BSUB -rn
{{#if queue}}
#BSUB -q {{{queue}}}
{{/if}}
{{#if account}}
#BSUB -P {{{account}}}
{{/if}}
{{#each directives}}
{{{this}}}
{{/each}}
{{#each setup}}
{{{this}}}
{{/each}}
export HPCGRID_PILOT={{tag}}
deadline=$(($(date +%s) + {{{walltimeSeconds}}}))
work={{#if work}}{{work}}{{else}}${TMPDIR:-/tmp}/hpcgrid-$(id -u){{/if}}
set -- {{#each agent}}{{this}} {{/each}}--cores {{{cores}}} --pilot {{tag}} --batch-id "$LSB_JOBID" --deadline "$deadline" --work "$work"
# The batch script runs on a launch node of these machines; jsrun reaches the compute nodes, one agent on each.
if command -v jsrun >/dev/null; then
    exec jsrun --nrs {{{nodes}}} --rs_per_host 1 --tasks_per_rs 1 --cpu_per_rs ALL_CPUS sh -c 'exec "$@" --node "$(hostname -s)"' sh "$@"
fi
{{#if several}}
exec blaunch -z "$(echo "$LSB_HOSTS" | tr ' ' '\n' | sort -u | tr '\n' ' ')" sh -c 'exec "$@" --node "$(hostname -s)"' sh "$@"
{{else}}
exec "$@" --node "$(hostname -s)"
{{/if}}
