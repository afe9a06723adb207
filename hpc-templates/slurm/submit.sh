#!/bin/sh
#SBATCH --job-name={{{tag}}}
#SBATCH --nodes={{{nodes}}}
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task={{{cores}}}
#SBATCH --time={{{walltimeMinutes}}}
#SBATCH --output={{{log}}}
#SBATCH --open-mode=append
{{#if warning}}
{{#if several}}
#SBATCH --signal=USR1@{{{warning}}}
{{else}}
#SBATCH --signal=B:USR1@{{{warning}}}
{{/if}}
{{/if}}
{{#if memory}}
#SBATCH --mem={{{memory}}}M
{{/if}}
{{#if queue}}
#SBATCH --partition={{{queue}}}
{{/if}}
{{#if account}}
#SBATCH --account={{{account}}}
{{/if}}
{{#if qos}}
#SBATCH --qos={{{qos}}}
{{/if}}
{{#each directives}}
{{{this}}}
{{/each}}
{{#each setup}}
{{{this}}}
{{/each}}
export HPCGRID_PILOT={{tag}}
# Newer releases tell when the job ends; otherwise it has just begun.
deadline=${SLURM_JOB_END_TIME:-$(($(date +%s) + {{{walltimeSeconds}}}))}
work={{#if work}}{{work}}{{else}}${TMPDIR:-/tmp}/hpcgrid-$(id -u){{/if}}
set -- {{#each agent}}{{this}} {{/each}}--cores {{{cores}}} --pilot {{tag}} --batch-id "$SLURM_JOB_ID" --deadline "$deadline" --work "$work"
{{#if several}}
exec srun --ntasks="$SLURM_JOB_NUM_NODES" --ntasks-per-node=1 --kill-on-bad-exit=0 sh -c 'exec "$@" --node "$(hostname -s)"' sh "$@"
{{else}}
exec "$@" --node "$(hostname -s)"
{{/if}}
