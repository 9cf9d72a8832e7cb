#!/usr/bin/env bash
# Puts the JavaScript that draws the plots of `zoo report` (Vega, Vega-Lite and Vega-Embed in one file, 0.9 MB) where the zoo looks for it.
#
#   Scripts/get_plots.sh [--if-possible]
#
# It comes from the wheel that Scripts/plots.txt pins by its hashes, 33 MB, of which nothing else is kept. Where the file is there already,
# nothing is downloaded.
#
# --if-possible: what keeps the file from being made is said in one sentence, and the exit status is 0; the next such call does not try again.
# Exit codes are those of sysexits(3): 64 wrong usage, 69 the wheel could not be had, 73 the folder cannot be written.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
. "$root/Scripts/wheel.sh"
folder=$venv/share
file=$folder/vega-lite.js
tried=$folder/.vega-lite-tried
optional=0

say() { echo "plots: $*" >&2; }
fail() {
    local code=$1
    shift
    if ((optional)); then
        say "zoo report will show tables instead of plots: $*"
        mkdir -p "$folder" 2>/dev/null && touch "$tried" 2>/dev/null || true
        exit 0
    fi
    say "error: $*"
    exit "$code"
}

case ${1:-} in
"") ;;
--if-possible) optional=1 ;;
*) fail 64 "unknown argument '$1': say nothing or --if-possible" ;;
esac

[[ ! -f $file ]] || exit 0
if ((optional)) && [[ -e $tried ]]; then exit 0; fi

find_python

mkdir -p "$folder" 2>/dev/null || fail 73 "$folder cannot be made"
# On the same file system, so that the file takes its name at once and whole.
work=$(mktemp -d "$folder/.making.XXXXXX" 2>/dev/null) || fail 73 "$folder cannot be written"
trap 'rm -rf "$work"' EXIT

say "getting the library that draws plots: 33 MB to be downloaded (the wheel of Scripts/plots.txt), 0.9 MB in $file"
download_wheel plots "$work"
"$python" -m zipfile -e "$work"/*.whl "$work/site" && PYTHONPATH=$work/site "$python" -c '
import sys, vl_convert
open(sys.argv[1], "w", encoding="utf-8").write(vl_convert.javascript_bundle())' "$work/vega-lite.js" 2>"$work/said" ||
    fail 69 "the wheel of Scripts/plots.txt does not give its JavaScript ($(tail -n 1 "$work/said"))"
grep -q 'window.vegaEmbed=' "$work/vega-lite.js" || fail 69 "the JavaScript of the wheel of Scripts/plots.txt does not hold Vega-Embed"
mv "$work/vega-lite.js" "$file" || fail 73 "$file cannot be written"
rm -f "$tried"
say "zoo report draws plots with $file"
