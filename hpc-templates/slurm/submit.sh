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
{{#if constraint}}
#SBATCH --constraint={{{constraint}}}
{{/if}}
{{#if reservation}}
#SBATCH --reservation={{{reservation}}}
{{/if}}
{{#if gpus}}
#SBATCH --gpus-per-node={{{gpus}}}
{{/if}}
{{#if licences}}
#SBATCH --licenses={{{licences}}}
{{/if}}
{{#if exclusive}}
#SBATCH --exclusive
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
{{> setup}}
id=$SLURM_JOB_ID
# Newer releases tell when the job ends, older ones are asked; otherwise it has just begun.
deadline=${SLURM_JOB_END_TIME:-$(date -d "$(timeout 20 squeue -h -j "$SLURM_JOB_ID" -o %e 2>/dev/null)" +%s 2>/dev/null)}
case $deadline in '' | *[!0-9]*) deadline=$(($(date +%s) + {{{walltimeSeconds}}})) ;; esac
{{> agent}}
