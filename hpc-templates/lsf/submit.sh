#!/bin/sh
#BSUB -J {{{tag}}}
{{#if plain}}
#BSUB -n {{{slots}}}
#BSUB -R "span[ptile={{{cores}}}]"
{{else}}
#BSUB -nnodes {{{nodes}}}
{{/if}}
#BSUB -W {{{walltimeMinutes}}}
#BSUB -o {{{log}}}
#BSUB -rn
{{#if queue}}
#BSUB -q {{{queue}}}
{{/if}}
{{#if account}}
#BSUB -P {{{account}}}
{{/if}}
{{#if warningMinutes}}
#BSUB -wa USR1 -wt {{{warningMinutes}}}
{{/if}}
{{#if reservation}}
#BSUB -U {{{reservation}}}
{{/if}}
{{#if exclusive}}
#BSUB -x
{{/if}}
{{#each directives}}
{{{this}}}
{{/each}}
{{> setup}}
id=$LSB_JOBID
# LSF tells the hours and minutes that are left ("1:30 L"); the limit may be scaled by the host's speed.
left=$(timeout 20 bjobs -noheader -o time_left "$LSB_JOBID" 2>/dev/null | sed -n 's/^ *\([0-9]*\):\([0-9]*\) .*/\1 \2/p' | awk '{ print $1 * 3600 + $2 * 60 }')
[ -n "$left" ] || left={{{walltimeSeconds}}}
deadline=$(($(date +%s) + left))
{{> agent}}
