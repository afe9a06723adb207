#!/bin/sh
#PBS -N {{{tag}}}
#PBS -l select={{{nodes}}}:ncpus={{{cores}}}{{#if memory}}:mem={{{memory}}}mb{{/if}}
#PBS -l walltime={{{walltime}}}
#PBS -j oe
#PBS -o {{{log}}}
#PBS -r n
{{#if queue}}
#PBS -q {{{queue}}}
{{/if}}
{{#if account}}
#PBS -A {{{account}}}
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
set -- {{#each agent}}{{this}} {{/each}}--cores {{{cores}}} --pilot {{tag}} --batch-id "$PBS_JOBID" --deadline "$deadline" --work "$work"
{{#if several}}
exec pbsdsh -- /bin/sh -c 'export HPCGRID_PILOT="$1"; shift; exec "$@" --node "$(hostname -s)"' sh "$HPCGRID_PILOT" "$@"
{{else}}
exec "$@" --node "$(hostname -s)"
{{/if}}
