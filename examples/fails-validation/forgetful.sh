#!/bin/sh
# Writes nine of ten lines.
for line in 1 2 3 4 5 6 7 8 9; do echo "line $line"; done > result.txt
