#!/bin/sh
#PBS -N {{{tag}}}
#PBS -l select={{{nodes}}}:ncpus={{{cores}}}{{#if memory}}:mem={{{memory}}}mb{{/if}}{{#if gpus}}:ngpus={{{gpus}}}{{/if}}{{#if constraint}}:{{{constraint}}}{{/if}}
#PBS -l place=scatter{{#if exclusive}}:exclhost{{/if}}
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
{{#if project}}
#PBS -P {{{project}}}
{{/if}}
{{#each directives}}
{{{this}}}
{{/each}}
{{> setup}}
id=$PBS_JOBID
# The server may have given less than was asked for; otherwise the job has just begun.
left=$(timeout 20 qstat -f "$PBS_JOBID" 2>/dev/null | awk -F ' = |:' '/Resource_List.walltime/ { print $2 * 3600 + $3 * 60 + $4 }')
[ -n "$left" ] || left={{{walltimeSeconds}}}
deadline=$(($(date +%s) + left))
{{> agent}}
