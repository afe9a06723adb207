#!/bin/sh
# Stands in front of a real scheduler's commands, under their names: runs them, with the accidents that lie in the folder `faults` beside it, a file each:
# "COMMAND ACCIDENT AMOUNT TIMES-LEFT", 0 times for always. `scheduler` there says where the real commands are and how their answers look.
here=$(cd "$(dirname "$0")/.." && pwd)
name=${0##*/}
. "$here/scheduler"
[ ! -e "$here/away" ] || away
after=cat extra=: warning= cut= lost=
for fault in "$here"/faults/*; do
    [ -f "$fault" ] || continue
    read -r command accident amount left < "$fault"
    [ "$command" = "$name" ] || [ "$command" = '*' ] || continue
    case $left in
    0) ;;
    1) rm "$fault" ;;
    *) echo "$command $accident $amount $((left - 1))" > "$fault" ;;
    esac
    case $accident in
    fail) echo "$name: the server does not answer" >&2; exit 1 ;;
    hang) exec sleep 3600 ;;
    hang-after) lost=hang ;;
    lost-answer) lost=gone ;;
    delay) sleep "$amount" ;;
    unknown-id | forget) nothing; exit ;;
    foreign) after=foreign ;;
    strange-name) extra='strange' ;;
    crowd) extra="crowd $amount" ;;
    warn) warning='warning: the server is busy, please be patient' ;;
    truncate) cut=$amount ;;
    *) echo "shim: no accident '$accident'" >&2; exit 2 ;;
    esac
done

strange() { printf "$job" 90 "$(printf 'it'\''s "a | job" \377\300')"; }
crowd() { awk -v most="$1" -v job="$job" 'BEGIN { for (i = 1; i <= most; i++) printf job, 1000000 + i, "other" i }'; }

# The real one itself, where nothing happens to its answer: signals and input reach it.
[ "$after$extra$warning$cut$lost" != cat: ] || exec "$name" "$@"

out=$here/answer.$$
"$name" "$@" > "$out"
code=$?
case $lost in
hang) exec sleep 3600 ;;
gone) rm "$out"; echo "$name: the server does not answer" >&2; exit 1 ;;
esac
{
    [ -z "$warning" ] || printf '%s\n\n' "$warning"
    if [ -n "$behind" ]; then sed "/$behind/,\$d" "$out"; else cat "$out"; fi
    $extra
    [ -z "$behind" ] || sed -n "/$behind/,\$p" "$out"
} | $after > "$out.new"
[ "$cut" != 0 ] || cut=$(($(wc -c < "$out.new") / 2))
head -c "${cut:-1000000000}" "$out.new"
rm "$out" "$out.new"
exit "$code"
