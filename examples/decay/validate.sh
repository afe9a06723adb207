#!/bin/sh
# A histogram is valid when it holds every event that was to be simulated.
set -eu
events=$(awk '$1 == "events" { print $2 }' physics.txt)
counted=$(awk -F, 'FNR > 1 { n += $3 } END { print n + 0 }' hist_*.csv)
[ "$events" = "$counted" ] || { echo "the histogram holds $counted of $events events" >&2; exit 1; }
