#!/usr/bin/env bash
# Builds the reference of ZooKit as a site in .build/docs, from the compiled module and with the toolchain's own docc:
# no package, no network. A warning is an error, and so is a public declaration without a comment.
# usage: Scripts/docs.sh CONFIGURATION, in which ZooKit has been built
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=$(dirname "$(readlink -f "$(command -v "${SWIFT:-swift}")")")
symbols=.build/docs-symbols
mkdir -p "$symbols"
target=$("$tools/swiftc" -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)".*/\1/p')
"$tools/swift-symbolgraph-extract" -module-name ZooKit -I ".build/$1/Modules" -I Sources/CZooPlugin/include -target "$target" \
  -minimum-access-level public -output-dir "$symbols"
rm -rf .build/docs
"$tools/docc" convert Sources/ZooKit/ZooKit.docc --additional-symbol-graph-dir "$symbols" --fallback-display-name ZooKit \
  --fallback-bundle-identifier stn-zoo.ZooKit --warnings-as-errors --output-path .build/docs
python3 - "$symbols/ZooKit.symbols.json" <<'CHECK'
import json, sys
symbols = json.load(open(sys.argv[1]))["symbols"]
# What the compiler writes, `hash(into:)` for example, stands nowhere in the sources.
missing = [s for s in symbols if "docComment" not in s and "location" in s]
for s in missing:
    print("docs:", ".".join(s["pathComponents"]), "has no comment:", s["location"]["uri"], file=sys.stderr)
if missing or len(symbols) < 100:
    sys.exit("docs: FAILED: %d public declarations, %d of them without a comment" % (len(symbols), len(missing)))
CHECK
echo "make docs: passed"
