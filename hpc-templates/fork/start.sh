#!/bin/sh
# Becomes an agent. Called by the bridge as: setsid sh start.sh DIRECTORY COMMAND [ARGUMENT...]
# Its first act is the record "start": this process's line of /proc, with its number and start time. Neither changes when it
# becomes the agent, so the bridge finds it again after any crash. A second process for the same pilot fails here (noclobber).
# A site may put its own words in front of "$@" (taskset, systemd-run --scope, numactl).
set -C
umask 077
cd "$1" || exit 75
shift
read -r line < "/proc/$$/stat"
printf '%s\n' "$line" > start.new.$$ && ln start.new.$$ start && rm start.new.$$ || exit 75
exec "$@" < /dev/null >> log 2>&1
