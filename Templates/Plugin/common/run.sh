#!/bin/sh
# Tests of {{NAME}}: tests/run.sh ZOO LIBRARY. They use the `zoo` program that will load it, and leave nothing behind.
set -eu
zoo=$1
library=$2
folder=$(dirname "$library")
entry={{ENTRY}}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
run() { "$zoo" "$@" --plugin-path "$folder" --quiet; }

echo "1. It loads, and offers {{KIND}}/{{ID}}"
run show {{KIND}}/{{ID}} > "$scratch/show" || { echo "FAILED: the zoo does not load it; 'zoo plugin info $library' says more" >&2; exit 1; }

echo "2. It keeps the contract (zoo plugin check)"
if "$zoo" plugin --help | grep -q '^  check'; then
  "$zoo" plugin check "$library" > "$scratch/check" 2>&1 || { cat "$scratch/check" >&2; echo "FAILED: zoo plugin check" >&2; exit 1; }
else
  echo "   skipped: this zoo has no such command"
fi

echo "3. Entry '$entry' of zoo.json learns in one epoch"
run train "$entry" --epochs 1 --dataset "strokes-rotated?limit=10000" --manifest zoo.json --runs "$scratch/runs" --store "$scratch/results.sqlite" --json > "$scratch/train"
# Ten classes: guessing is wrong nine times out of ten.
error=$(sed -n 's/.*"error" *: *\([0-9.e-]*\).*/\1/p' "$scratch/train" | sort -g | tail -1)
if ! awk -v e="$error" 'BEGIN { exit !(e != "" && e < 0.7) }'; then
  echo "FAILED: after one epoch the error is '$error', expected less than 0.7" >&2
  exit 1
fi
echo "passed: error $error after one epoch"
