#!/bin/sh
{{> setup}}
id=${1:-none}
# The schedd removes the job when its time is over; it counts from here.
deadline=$(($(date +%s) + {{{walltimeSeconds}}}))
work=${_CONDOR_SCRATCH_DIR:-}
{{> agent}}
