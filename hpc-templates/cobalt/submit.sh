#!/bin/sh
#COBALT -n {{{nodes}}}
#COBALT -t {{{walltimeMinutes}}}
#COBALT --jobname {{{tag}}}
#COBALT -o {{{log}}}
#COBALT -e {{{log}}}
{{#if queue}}
#COBALT -q {{{queue}}}
{{/if}}
{{#if account}}
#COBALT -A {{{account}}}
{{/if}}
{{#if attrs}}
#COBALT --attrs {{{attrs}}}
{{/if}}
{{#each directives}}
{{{this}}}
{{/each}}
{{> setup}}
id=$COBALT_JOBID
# Cobalt tells when the job ends.
deadline=${COBALT_ENDTIME:-$(($(date +%s) + {{{walltimeSeconds}}}))}
{{> agent}}
