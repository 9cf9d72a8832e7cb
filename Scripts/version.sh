#!/usr/bin/env bash
# Prints the version of this checkout: what `git describe` says from the last tag v… on, without the v; before the
# first tag the version of the code, "~dev", which is lower, the number of commits and the last one; "+changed" behind it where files differ
# from that commit. Without git it is what `git archive` wrote into the file VERSION, or the version of the code.
#
#   Scripts/version.sh [FILE]    FILE: write it there, unless it says so already
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
code=$(sed -n 's/.*static let current = "\(.*\)".*/\1/p' "$root/Sources/ZooCore/ZooVersion.swift")

if [[ $(git -C "$root" rev-parse --show-toplevel 2>/dev/null) == "$root" ]] && head=$(git -C "$root" rev-parse --short=10 HEAD 2>/dev/null); then
    if version=$(git -C "$root" describe --tags --match 'v[0-9]*' --abbrev=10 2>/dev/null); then
        version=${version#v}
    else
        version=$code~dev.$(git -C "$root" rev-list --count HEAD).g$head
    fi
    git -C "$root" diff --quiet HEAD -- || version+=+changed
else
    version=$(head -n 1 "$root/VERSION" 2>/dev/null || true)
    version=${version#v}
    [[ $version =~ ^[0-9A-Za-z.+~-]+$ ]] || version=$code
fi

if (($#)); then
    [[ $(cat "$1" 2>/dev/null) == "$version" ]] || echo "$version" >"$1"
else
    echo "$version"
fi
