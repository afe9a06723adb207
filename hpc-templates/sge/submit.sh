#!/bin/sh
#$ -N {{{tag}}}
#$ -S /bin/sh
#$ -l h_rt={{{walltimeSeconds}}}
#$ -notify
#$ -j y
#$ -o {{{log}}}
#$ -r n
{{#if pe}}
#$ -pe {{{pe}}} {{{slots}}}
{{/if}}
{{#if memoryPerCore}}
#$ -l h_vmem={{{memoryPerCore}}}M
{{/if}}
{{#if gpus}}
#$ -l gpu={{{gpus}}}
{{/if}}
{{#if queue}}
#$ -q {{{queue}}}
{{/if}}
{{#if account}}
#$ -A {{{account}}}
{{/if}}
{{#if project}}
#$ -P {{{project}}}
{{/if}}
{{#if reservation}}
#$ -ar {{{reservation}}}
{{/if}}
{{#if exclusive}}
#$ -l exclusive=true
{{/if}}
{{#each directives}}
{{{this}}}
{{/each}}
{{> setup}}
id=$JOB_ID
# h_rt counts from the job's start, which is now.
deadline=$(($(date +%s) + {{{walltimeSeconds}}}))
{{> agent}}
