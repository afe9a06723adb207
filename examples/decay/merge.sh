#!/bin/sh
# Adds up all histograms, fits an exponential law to the sum and draws both with a logarithmic axis.
set -eu
export LC_ALL=C

awk -F, 'FNR > 1 { if (!($1 in decays)) { order[++bins] = $1; to[$1] = $2 } decays[$1] += $3 }
    END { print "from_us,to_us,decays"; for (i = 1; i <= bins; i++) printf "%s,%s,%d\n", order[i], to[order[i]], decays[order[i]] }' hist_*.csv > decay.csv

# A straight line through log(decays): its slope is -1/lifetime. The weight of a bin is its number of decays.
awk -F, 'NR > 1 && $3 > 0 {
        t = ($1 + $2) / 2; y = log($3); w = $3; total += $3
        s += w; st += w * t; sy += w * y; stt += w * t * t; sty += w * t * y
    }
    END {
        d = s * stt - st * st; slope = (s * sty - st * sy) / d
        printf "lifetime_us %.4f\nerror_us %.4f\nlog_height %.6f\ndecays %d\n", -1 / slope, sqrt(s / d) / (slope * slope), (sy - slope * st) / s, total
    }' decay.csv > lifetime.txt

histograms=$(ls hist_*.csv | wc -l)
generated=$(awk '$1 == "lifetime" { print $2 }' physics.txt)
awk -F, -v histograms="$histograms" -v generated="$generated" '
    function grouped(n) { return n < 1000 ? n : grouped(int(n / 1000)) sprintf(",%03d", n % 1000) }
    function px(t) { return left + (right - left) * t / window }
    function py(n) { return bottom - (bottom - top) * log(n / lowest) / log(highest / lowest) }
    FILENAME == "lifetime.txt" { split($0, pair, " "); fit[pair[1]] = pair[2]; next }
    FNR > 1 { from[++bins] = $1; upto[bins] = $2; n[bins] = $3; window = $2 }
    END {
        left = 90; right = 770; top = 70; bottom = 440; lowest = 1e30; highest = 1
        for (i = 1; i <= bins; i++) { if (n[i] > highest) highest = n[i]; if (n[i] > 0 && n[i] < lowest) lowest = n[i] }
        for (p = 1; p <= lowest; p *= 10); lowest = p / 10
        for (p = lowest * 10; p < highest; p *= 10); highest = p
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"820\" height=\"520\" viewBox=\"0 0 820 520\" font-family=\"sans-serif\" font-size=\"14\">"
        print "<rect width=\"820\" height=\"520\" fill=\"white\"/>"
        printf "<text x=\"430\" y=\"30\" text-anchor=\"middle\" font-size=\"18\">%s decays simulated in %d jobs</text>\n", grouped(fit["decays"]), histograms
        printf "<text x=\"430\" y=\"52\" text-anchor=\"middle\" fill=\"#555\">fitted lifetime %.4f &#177; %.4f &#181;s, generated with %s &#181;s</text>\n", fit["lifetime_us"], fit["error_us"], generated
        for (p = lowest; p <= highest * 1.001; p *= 10) {
            printf "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", left, py(p), right, py(p)
            exponent = int(log(p) / log(10) + 0.5)
            printf "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">10<tspan dy=\"-6\" font-size=\"10\">%d</tspan></text>\n", left - 8, py(p) + 5, exponent
        }
        for (t = 0; t <= window; t += 2) {
            printf "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"black\"/>\n", px(t), bottom, px(t), bottom + 6
            printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n", px(t), bottom + 24, t
        }
        for (i = 1; i <= bins; i++) if (n[i] > 0)
            printf "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"#9ecae1\" stroke=\"#4292c6\" stroke-width=\"0.7\"/>\n", px(from[i]), py(n[i]), px(upto[i]) - px(from[i]), bottom - py(n[i])
        printf "<polyline fill=\"none\" stroke=\"#cb181d\" stroke-width=\"2\" points=\""
        for (i = 0; i <= 100; i++) {
            t = window * i / 100; y = exp(fit["log_height"] - t / fit["lifetime_us"])
            if (y >= lowest) printf "%.1f,%.1f ", px(t), py(y)
        }
        print "\"/>"
        printf "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"black\"/>\n", left, top, bottom, right
        printf "<text x=\"430\" y=\"492\" text-anchor=\"middle\">decay time t [&#181;s]</text>\n"
        printf "<text transform=\"translate(28 255) rotate(-90)\" text-anchor=\"middle\">decays per %.2f &#181;s</text>\n", upto[1] - from[1]
        printf "<rect x=\"560\" y=\"92\" width=\"16\" height=\"12\" fill=\"#9ecae1\" stroke=\"#4292c6\"/><text x=\"584\" y=\"103\">simulated</text>\n"
        printf "<line x1=\"560\" y1=\"122\" x2=\"576\" y2=\"122\" stroke=\"#cb181d\" stroke-width=\"2\"/><text x=\"584\" y=\"127\">fit: exp(&#8722;t/&#964;)</text>\n"
        print "</svg>"
    }' lifetime.txt decay.csv > decay.svg
cat lifetime.txt
