#!/usr/bin/env bash
# Runs the built tests in two processes side by side: in one those that start the program `zoo` and wait for it, in the other all that use
# the engine themselves, and some suites of the former, so that both take as long. In each one test runs at a time, as the engine has one
# random generator.
# usage: Scripts/test.sh PRODUCTS     the folder that was built into
set -uo pipefail
products=$1
tests=$(compgen -G "$products/*PackageTests.xctest") || { echo "$products: there are no tests" >&2; exit 1; }
logs=$products/test-logs
mkdir -p "$logs"
# What the one takes the other leaves, so that no test is in neither.
starting='^zooTests\.(?!CheckTests|DocumentationTests|IdentityTests)'

# Where other programs run too, threads that spin while they wait take the processors from those that they wait for.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}

run() { # NAME ARGUMENTS…
  NO_COLOR=1 "$tests" --testing-library swift-testing --no-parallel "${@:2}" 2>&1 | tee "$logs/$1.log" | sed -u "s/^/$1: /"
}

# How many tests a log tells of: passed, failed, or skipped with a reason.
count() { sed -nE 's/.*Test run with ([0-9]+) tests? in .*/\1/p' "$logs/$1.log"; }

trap 'trap - TERM; kill 0' TERM
run program --filter "$starting" & program=$!
run engine --skip "$starting" & engine=$!
failed=0
wait "$program" || failed=1
wait "$engine" || failed=1

cd "$logs"
# A test with arguments that finds none is skipped by Swift Testing; here that is a failure.
grep -H 'No test cases found' program.log engine.log && failed=1
all=$("$tests" --testing-library swift-testing --list-tests 2>/dev/null | wc -l)
told=$(($(count program) + $(count engine)))
if [[ $told -ne $all ]]; then
  echo "there are $all tests, and the logs tell of $told" >&2
  failed=1
fi
if [[ $failed -ne 0 ]]; then
  echo "what failed, from $logs:"
  grep -hE -A 4 '^(✘|error:|Fatal error)' program.log engine.log | grep -vE '^(◇|✔|--)' | tail -n 200
fi
exit "$failed"
