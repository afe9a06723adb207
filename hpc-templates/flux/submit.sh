#!/bin/sh
#flux: --job-name={{{tag}}}
#flux: --nodes={{{nodes}}}
#flux: --exclusive
#flux: --time-limit={{{walltimeSeconds}}}s
#flux: --output={{{log}}}
{{#if warning}}
#flux: --signal=USR1@{{{warning}}}s
{{/if}}
{{#if queue}}
#flux: --queue={{{queue}}}
{{/if}}
{{#if account}}
#flux: --bank={{{account}}}
{{/if}}
{{#if constraint}}
#flux: --requires={{{constraint}}}
{{/if}}
{{#each directives}}
{{{this}}}
{{/each}}
{{> setup}}
id=$(flux getattr jobid 2>/dev/null || echo "${FLUX_JOB_ID:-none}")
# Flux tells how many seconds are left.
left=$(flux job timeleft 2>/dev/null)
case $left in '' | *[!0-9]*) left={{{walltimeSeconds}}} ;; esac
deadline=$(($(date +%s) + left))
{{> agent}}
