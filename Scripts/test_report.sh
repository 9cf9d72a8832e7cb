#!/usr/bin/env bash
# Makes results with small budgets, writes their page with `zoo report`, and looks at it in headless Chromium: Tests/Browser/check_report.py.
# Screenshots and the printed page are left beside the store.
#
# usage: Scripts/test_report.sh ZOO [FOLDER]     FOLDER: for the results, default .build/report
#
# Chromium comes from Debian, axe-core from the wheel that Tests/Browser/axe.txt pins. Where one of them cannot be had, that is said in a
# line that begins with "make test-report: skipped", and the exit status is 0.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
zoo=$(realpath -- "$1")
folder=${2:-$root/.build/report}
mkdir -p "$folder"
cd "$folder"

skip() {
    echo "make test-report: skipped, as $*"
    exit 0
}

find_chromium() { command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome; }

if ! find_chromium >/dev/null; then
    command -v apt-get >/dev/null || skip "there is no Chromium, and no apt-get to install it"
    as_root=()
    ((EUID == 0)) || as_root=(sudo -n)
    { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends chromium-headless-shell; } >apt.log 2>&1 ||
        skip "Chromium cannot be installed ($(tail -n 1 apt.log))"
fi

python=$root/.venv/bin/python
[[ -x $python ]] && "$python" -m pip --version >/dev/null 2>&1 || python=python3
if [[ ! -f axe.min.js ]]; then
    "$python" -m pip download --quiet --disable-pip-version-check --no-input --retries 1 --timeout 15 --no-deps --only-binary :all: \
        --require-hashes --requirement "$root/Tests/Browser/axe.txt" --dest . 2>pip.log || skip "axe-core cannot be downloaded ($(tail -n 1 pip.log))"
    "$python" -m zipfile -e axe_playwright_python-*.whl wheel
    mv wheel/axe_playwright_python/axe.min.js axe.min.js
    rm -rf wheel axe_playwright_python-*.whl
fi
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
