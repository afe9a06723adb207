#!/bin/sh
# One job of the production: decay times of particles with an exponential law, counted into a histogram.
# Usage: decay.sh COUNTER (the counter is the seed, so that a job gives the same histogram wherever it runs)
set -eu
export LC_ALL=C
counter=$1
awk -v counter="$counter" '
    $1 !~ /^#/ && NF == 2 { physics[$1] = $2 }
    END {
        srand(counter * 7919 + 104729)
        # Neighbouring seeds give neighbouring first numbers in some awks.
        for (i = 0; i < 100; i++) rand()
        width = physics["window"] / physics["bins"]
        for (i = 0; i < physics["events"]; i++) {
            do time = -physics["lifetime"] * log(1 - rand()); while (time >= physics["window"])
            histogram[int(time / width)]++
        }
        print "from_us,to_us,decays"
        for (bin = 0; bin < physics["bins"]; bin++) printf "%.4f,%.4f,%d\n", bin * width, (bin + 1) * width, histogram[bin]
    }' physics.txt > "hist_$counter.csv"
{
    echo "job $counter on ${HPCGRID_NODE:-$(uname -n)}"
    echo "decays: $(awk -F, 'NR > 1 { n += $3 } END { print n }' "hist_$counter.csv")"
    echo "network interfaces that are up: $(awk -F: '/:/ && $1 !~ /lo/ { n++ } END { print n + 0 }' /proc/net/dev)"
} | tee "log_$counter.txt"
