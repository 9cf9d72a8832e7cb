#!/usr/bin/env bash
# Puts together what an installed zoo consists of, in a folder that works wherever it is moved.
#
#   Scripts/stage.sh FOLDER PRODUCTS VERSION [--bundle]
#
# FOLDER    is made and must not be there
# PRODUCTS  what was built into, .build/release
# --bundle  with libtorch, the Swift runtime and the system's libraries inside (Scripts/bundle.sh), which otherwise stay where they are
#
#   bin/zoo                  a link to lib/zoo
#   lib/                     the program, and beside it the engine, the plugins and VERSION
#   include/stn-zoo/         the headers that plugins in C and C++ are built with; lib/pkgconfig/zoo-plugin.pc tells where
#   zoo.json, Protocols/, weights/, Templates/, …    as in the repository
#   share/                   manual pages, completions, licence; without --bundle the library that draws plots
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$1 products=$2 version=$3 bundle=${4:-}
fail() {
    echo "stage: error: $*" >&2
    exit 66
}
umask 022
for file in zoo libCTorch.so; do [[ -f $products/$file ]] || fail "$products/$file is not there: run 'make build' first"; done
mkdir -p "$(dirname "$folder")"
mkdir "$folder"

mkdir -p "$folder"/{bin,lib/pkgconfig,include/stn-zoo,docs,share/stn-zoo}
install -m 755 "$products/zoo" "$products/libCTorch.so" "$folder/lib/"
for plugin in "$root"/Plugins/*/; do
    library=$products/lib$(basename "$plugin").so
    [[ -f $library ]] || fail "$library is not there: run 'make build' again"
    install -m 755 "$library" "$folder/lib/"
done
echo "$version" >"$folder/lib/VERSION"
ln -s ../lib/zoo "$folder/bin/zoo"

install -m 644 "$root"/Sources/CZooPlugin/include/*.h "$root"/Sources/CZooPlugin/include/*.hpp "$folder/include/stn-zoo/"
major=$(sed -n 's/^#define ZOO_ABI_MAJOR \([0-9]*\).*/\1/p' "$root/Sources/CZooPlugin/include/zoo_plugin.h")
minor=$(sed -n 's/^#define ZOO_ABI_MINOR \([0-9]*\).*/\1/p' "$root/Sources/CZooPlugin/include/zoo_plugin.h")
[[ $major && $minor ]] || fail "zoo_plugin.h does not say ZOO_ABI_MAJOR and ZOO_ABI_MINOR"
cat >"$folder/lib/pkgconfig/zoo-plugin.pc" <<PC
prefix=\${pcfiledir}/../..
includedir=\${prefix}/include/stn-zoo

Name: zoo-plugin
Description: The contract between the STN Zoo and its plugins
Version: $major.$minor
Cflags: -I\${includedir}
PC

for path in zoo.json large.json places.json Protocols Templates weights; do cp -R "$root/$path" "$folder/$path"; done
install -m 644 "$root"/docs/*.schema.json "$folder/docs/"
install -m 644 "$root/LICENSE" "$root/CHANGELOG.md" "$folder/share/stn-zoo/"
# The file does not say the licences of all that is in it, so it is not passed on.
[[ $bundle == --bundle || ! -f $root/.venv/share/vega-lite.js ]] || install -m 644 "$root/.venv/share/vega-lite.js" "$folder/share/stn-zoo/"
chmod -R u=rwX,go=rX "$folder"

# What the program says of itself: it runs here as it was built.
mkdir -p "$folder/share/bash-completion/completions" "$folder/share/zsh/site-functions" "$folder/share/fish/vendor_completions.d"
"$products/zoo" --generate-completion-script bash >"$folder/share/bash-completion/completions/zoo"
"$products/zoo" --generate-completion-script zsh >"$folder/share/zsh/site-functions/_zoo"
"$products/zoo" --generate-completion-script fish >"$folder/share/fish/vendor_completions.d/zoo.fish"
"$products/zoo" --experimental-dump-help | "${PYTHON:-python3}" "$root/Scripts/manual.py" "$folder/share/man/man1" "$version"

[[ $bundle != --bundle ]] || "$root/Scripts/bundle.sh" "$folder" "$version"
