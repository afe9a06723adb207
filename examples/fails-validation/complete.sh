#!/bin/sh
# A result has ten lines.
lines=$(wc -l < result.txt)
[ "$lines" -eq 10 ] || { echo "result.txt has $lines lines instead of 10" >&2; exit 1; }
