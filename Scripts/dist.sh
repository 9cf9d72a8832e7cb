#!/usr/bin/env bash
# Makes the tarball of what was built, which runs where it is unpacked on Debian 12 and later and Ubuntu 23.04 and later.
#
#   Scripts/dist.sh PRODUCTS FOLDER    into FOLDER: stn-zoo-VERSION-linux-ARCH.tar.gz, its list of contents (SPDX), SHA256SUMS
#   Scripts/dist.sh PRODUCTS -         the same tarball, not compressed, on standard output
#
# From the same products the same bytes are made: times are those of the last commit, or SOURCE_DATE_EPOCH, owners are root, and names are
# in order.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
products=$1
version=$(cat "$products/VERSION" 2>/dev/null || "$root/Scripts/version.sh")
name=stn-zoo-$version-linux-$(uname -m)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || stat -c %Y "$root/VERSION")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/Scripts/stage.sh" "$work/$name" "$products" "$version" --bundle >&2
tarball() {
    tar --create --directory "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=gnu "$name"
}
if [[ $2 == - ]]; then
    tarball
    exit
fi
mkdir -p "$2"
out=$(cd "$2" && pwd)
cp "$work/$name/sbom.spdx.json" "$out/$name.spdx.json"
tarball | gzip --no-name -6 >"$work/tarball"
mv "$work/tarball" "$out/$name.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz" "$name.spdx.json" >SHA256SUMS)
echo "$out/$name.tar.gz"
