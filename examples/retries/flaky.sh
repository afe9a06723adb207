#!/bin/sh
# Fails as long as it is not the second attempt.
test "${HPCGRID_ATTEMPT##*.}" -ge 2
