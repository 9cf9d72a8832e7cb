#!/usr/bin/env bash
# Opens the dashboard and the playground of `zoo serve` in headless Chromium, and holds its answers against its OpenAPI file:
# Tests/Browser/check_serve.py. Screenshots are left beside the store.
#
# usage: Scripts/test_serve.sh ZOO [FOLDER]     FOLDER: for the results, default .build/serve
#
# Skipped, with a line that says why, where there is no browser: see Scripts/browser.sh.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
zoo=$(realpath -- "$1")
folder=${2:-$root/.build/serve}
mkdir -p "$folder"
cd "$folder"

title="make test-serve"
source "$root/Scripts/browser.sh"
[[ -d schemas ]] || wheels schemas.txt schemas

export ZOO_MANIFEST=$root/zoo.json
rm -rf results.sqlite* runs address
"$zoo" evaluate stn-c1 stn-sl1 --probe error --probe 'pose?images=200' --store results.sqlite --quiet --json >results.json
"$zoo" serve --port 0 --store results.sqlite --runs runs >address 2>serve.log &
server=$!
trap 'kill $server 2>/dev/null' EXIT
for _ in $(seq 200); do [[ -s address ]] && break; sleep 0.1; done
[[ -s address ]] || { cat serve.log >&2; exit 1; }
PYTHONPATH=schemas "$python" "$root/Tests/Browser/check_serve.py" "$(<address)" "$zoo" results.json axe.min.js "$folder"
