#!/bin/sh
#PBS -N {{{tag}}}
#PBS -l nodes={{{nodes}}}:ppn={{{cores}}}{{#if constraint}}:{{{constraint}}}{{/if}}
#PBS -l walltime={{{walltime}}}
{{#if memoryTotal}}
#PBS -l mem={{{memoryTotal}}}mb
{{/if}}
{{#if gpus}}
#PBS -l gres=gpus:{{{gpus}}}
{{/if}}
#PBS -j oe
#PBS -o {{{log}}}
#PBS -r n
{{#if queue}}
#PBS -q {{{queue}}}
{{/if}}
{{#if account}}
#PBS -A {{{account}}}
{{/if}}
{{#if qos}}
#PBS -l qos={{{qos}}}
{{/if}}
{{#if reservation}}
#PBS -l advres={{{reservation}}}
{{/if}}
{{#each directives}}
{{{this}}}
{{/each}}
{{> setup}}
id=$PBS_JOBID
# Torque tells how long the job may take; it has just begun.
left=$PBS_WALLTIME
[ -n "$left" ] || left={{{walltimeSeconds}}}
deadline=$(($(date +%s) + left))
{{> agent}}
