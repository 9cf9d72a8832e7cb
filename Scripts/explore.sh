#!/usr/bin/env bash
# Tries seeds that the tests do not try by themselves: those of all property tests, which are named …OverSeeds.
# usage: Scripts/explore.sh MINUTES "" [SEED]   for that number of minutes in all, from the clock's seed or SEED
#        Scripts/explore.sh "" CASES [SEED]     that number of seeds of each test, from 0 or SEED
# SWIFT_TEST is the command that runs the tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive} # as in test.sh
read -ra run <<<"${SWIFT_TEST:-swift test -c release --disable-testable-imports --no-parallel}"
if [[ -n $2 ]]; then
  export ZOO_TEST_CASES=$2 ZOO_TEST_SEED=${3:-0}
else
  tests=$(grep -rhE 'func [A-Za-z0-9]*OverSeeds\(' --include='*.swift' Tests | wc -l)
  export ZOO_TEST_SECONDS=$(( $1 * 60 / tests )) ZOO_TEST_SEED=${3:-$(date +%s%N)}
fi
"${run[@]}" --filter OverSeeds
