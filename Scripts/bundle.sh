#!/usr/bin/env bash
# Puts into a folder that Scripts/stage.sh has made every library that the zoo needs and a bare system lacks, their licences, and a list
# of all that is inside (SPDX).
#
#   Scripts/bundle.sh FOLDER VERSION
#
# lib/torch/   libtorch, from LIBTORCH
# lib/system/  the Swift runtime, and what the program links or loads of this system: not the C library, nor the run-time libraries of GCC,
#              which every Debian and Ubuntu has, and which plugins in C++ of a newer system need in its own version
#
# The program finds lib/system by a run path that holds for the libraries inside as well, so these stay the very files of their packages.
# Needs patchelf, which is installed if need be.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(cd "$1" && pwd) version=$2
torch=$(readlink -f "${LIBTORCH:-$root/.venv/torch}")
fail() {
    echo "bundle: error: $*" >&2
    exit 69
}
if ! command -v patchelf >/dev/null; then
    as_root=()
    ((EUID == 0)) || as_root=(sudo)
    { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" apt-get install -y -qq --no-install-recommends patchelf; } >&2 ||
        fail "patchelf is missing, and apt-get could not install it"
fi

# What the program loads only when it needs it: Sources/CTransfer and Sources/CServer.
loaded=()
for name in libcurl.so.4 libmicrohttpd.so.12; do
    path=$(ldconfig -p | sed -n "s|^\s*$name .*=> ||p" | head -n 1)
    [[ $path ]] || fail "$name is missing: run 'make setup'"
    loaded+=("$path")
done

stays='^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|anl|nsl)\.so\.[0-9]+|libstdc\+\+\.so\.6|libgcc_s\.so\.1)$'
mkdir -p "$folder/lib/torch" "$folder/lib/system" "$folder/LICENSES"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
{
    printf '%s\n' "${loaded[@]}" | sed 's|.*/\(.*\)|\1 => &|'
    ldd "$folder"/lib/*.so "$folder/lib/zoo" "${loaded[@]}"
} | sed -n 's/^\s*\([^ ]*\) => \(not found\|\/[^ ]*\).*/\1 \2/p' | sort -u | while read -r name path; do
    [[ ! $name =~ $stays ]] || continue
    [[ $path != not ]] || fail "$name is missing"
    place=system
    [[ $(readlink -f "$path") != "$torch"/lib/* ]] || place=torch
    install -m 644 "$path" "$folder/lib/$place/$name"
    echo "$place/$name $(readlink -f "$path")"
done >"$list"
[[ -f $folder/lib/torch/libtorch_cpu.so ]] || fail "libtorch_cpu.so is not from $torch; LIBTORCH must be what 'make build' was given"

# Symbols for debuggers, which are two thirds of the program, stay in the build.
for file in "$folder"/lib/zoo "$folder"/lib/*.so; do strip --strip-unneeded "$file"; done
patchelf --force-rpath --set-rpath '$ORIGIN/system' "$folder/lib/zoo"
patchelf --set-rpath '$ORIGIN/torch:$ORIGIN/system' "$folder/lib/libCTorch.so"
# Their libraries are those of the program, which has loaded them.
for plugin in "$root"/Plugins/*/; do patchelf --remove-rpath "$folder/lib/lib$(basename "$plugin").so"; done

"${PYTHON:-python3}" "$root/Scripts/sbom.py" "$folder" "$version" "$torch" "$list"
chmod -R u=rwX,go=rX "$folder"
