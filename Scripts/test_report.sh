#!/usr/bin/env bash
# Makes results with small budgets, writes their page with `zoo report`, and looks at it in headless Chromium: Tests/Browser/check_report.py.
# Screenshots and the printed page are left beside the store.
#
# usage: Scripts/test_report.sh ZOO [FOLDER]     FOLDER: for the results, default .build/report
#
# Skipped, with a line that says why, where there is no browser: see Scripts/browser.sh.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
zoo=$(realpath -- "$1")
folder=${2:-$root/.build/report}
mkdir -p "$folder"
cd "$folder"

title="make test-report"
source "$root/Scripts/browser.sh"
"$root/Scripts/get_plots.sh" --if-possible
plots=$root/.venv/share/vega-lite.js
[[ -f $plots ]] || skip "the library that draws plots is not here"

# Few images: the page is looked at, not the figures.
data='strokes-rotated?limit=120'
entries=(cnn stn-c0 stn-c1 stn-sl1 stn-c0-x2 p4-cnn)
export ZOO_MANIFEST=$root/zoo.json
"$zoo" evaluate "${entries[@]}" --dataset "$data" --trained-on strokes-rotated --store results.sqlite --quiet \
    --probe error --probe 'invariance?images=40' --probe 'pose?images=120' --probe 'equivariance?images=4&restarts=1' >evaluate.log
"$zoo" train cnn stn-c0 --dataset 'strokes-rotated?limit=120&train=256' --epochs 3 --seeds 0..1 --store results.sqlite --runs runs --quiet >train.log
"$zoo" report --store results.sqlite --runs runs --plots "$plots" -o report.html --quiet
"$zoo" report --store results.sqlite --json >report.json
"$python" "$root/Tests/Browser/check_report.py" report.html report.json axe.min.js "$folder"
ls -l report.html | awk '{ print "the page has " $5 " bytes" }'
