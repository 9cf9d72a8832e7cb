#!/usr/bin/env bash
# Goes through everything that a release needs, and stops at the first step that is not done. Nothing is published:
# the last lines say how.
#
#   Scripts/release.sh VERSION [--skip-ci]    as in 0.1.0
#
# --skip-ci: `.ci/run` has passed on this very commit. It is asked for the commit that it last passed on, and skipped
# only if that is this one.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
version=${1:-} skip=${2:-}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ && ( -z $skip || $skip == --skip-ci ) ]] || {
    echo "usage: Scripts/release.sh VERSION [--skip-ci], VERSION as in 0.1.0" >&2
    exit 64
}
tag=v$version
step() { echo "release: $*" >&2; }
fail() {
    echo "release: NOT READY: $*" >&2
    exit 65
}

step "the tree is clean"
[[ -z $(git status --porcelain) ]] || fail "files differ from the last commit: $(git status --porcelain | head -n 3 | tr '\n' ' ')"

step "the code says $version"
code=$(sed -n 's/.*static let current = "\(.*\)".*/\1/p' Sources/ZooCore/ZooVersion.swift)
[[ $code == "$version" ]] || fail "Sources/ZooCore/ZooVersion.swift says $code"

step "CHANGELOG.md says $version and a date"
grep -qE "^## $version, [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md || fail "CHANGELOG.md has no line '## $version, YYYY-MM-DD'"

step "no earlier tag has the header of the contract changed within a version"
minor=$(sed -n 's/^#define ZOO_ABI_MINOR \([0-9]*\).*/\1/p' Sources/CZooPlugin/include/zoo_plugin.h)
if last=$(git describe --tags --match 'v[0-9]*' --abbrev=0 HEAD 2>/dev/null) && [[ $last != "$tag" ]]; then
    before=$(git show "$last:Sources/CZooPlugin/include/zoo_plugin.h" | sed -n 's/^#define ZOO_ABI_MINOR \([0-9]*\).*/\1/p')
    git diff --quiet "$last" HEAD -- Sources/CZooPlugin/include/zoo_plugin.h || ((minor > before)) ||
        fail "zoo_plugin.h differs from that of $last, and ZOO_ABI_MINOR is still $minor"
fi

step "CI passes"
passed=.build/ci-passed
if [[ $skip == --skip-ci ]]; then
    [[ $(cat "$passed" 2>/dev/null) == "$(git rev-parse HEAD)" ]] || fail ".ci/run has not passed on $(git rev-parse --short HEAD)"
else
    .ci/run
    git rev-parse HEAD >"$passed"
fi

step "the commit has the tag $tag"
[[ $(git rev-parse -q --verify "$tag^{commit}" || true) == "$(git rev-parse HEAD)" ]] ||
    fail "the tag is missing, or is another commit's: git tag -a $tag -m 'STN Zoo $version'"
[[ $(Scripts/version.sh) == "$version" ]] || fail "Scripts/version.sh says $(Scripts/version.sh)"

step "the tarball is the same twice"
make dist
cp .build/dist/SHA256SUMS .build/dist/SHA256SUMS.first
make dist
cmp .build/dist/SHA256SUMS .build/dist/SHA256SUMS.first || fail "two runs of 'make dist' differ"
rm .build/dist/SHA256SUMS.first

step "the tarball works in a bare Debian"
make test-dist

step "ready: git push origin $tag, and publish these"
ls .build/dist/*"$version"* .build/dist/SHA256SUMS
