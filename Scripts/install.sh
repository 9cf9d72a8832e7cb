#!/usr/bin/env bash
# Installs what was built, or removes what was installed.
#
#   Scripts/install.sh install PRODUCTS    BUNDLE=1: with libtorch, the Swift runtime and the system's libraries inside
#   Scripts/install.sh uninstall
#
# VERSION=x           default: that of what was built; of those that are installed, the one that PREFIX/bin/zoo leads to
# PREFIX=/usr/local   where it is used from
# DESTDIR=            put before PREFIX while packages are made
#
# Each version has a folder of its own, PREFIX/lib/stn-zoo/VERSION. What has to lie elsewhere, so that shells, man and
# pkg-config find it, is a symbolic link into the folder of the version that was installed last. The file `installed`
# in each folder lists what belongs to it: folders that were made, with a slash at the end; behind a '^' how many
# folders from PREFIX on upwards were made; and files. Only that is removed, and of folders only those that are empty.
# Exit codes are those of sysexits(3): 64 wrong usage, 66 nothing to remove, 73 the place cannot be written.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
umask 022

say() { echo "$action: $*" >&2; }
fail() {
    local code=$1
    shift
    say "error: $*"
    exit "$code"
}

action=${1:-}
[[ $action == install && $# == 2 || $action == uninstall && $# == 1 ]] || {
    echo "usage: Scripts/install.sh install PRODUCTS | uninstall" >&2
    exit 64
}
prefix=${PREFIX:-/usr/local}
[[ $prefix == /* ]] || fail 64 "PREFIX is '$prefix', expected an absolute path"
[[ -z ${DESTDIR:-} || $DESTDIR == /* ]] || fail 64 "DESTDIR is '$DESTDIR', expected an absolute path"
place=${DESTDIR:-}${prefix%/}
versions=lib/stn-zoo
finished=
above=0

# links VERSION: the paths below PREFIX that are links into its folder, at the same paths there.
links() {
    (cd "$place/$versions/$1" && find bin include lib/pkgconfig share/man share/bash-completion share/zsh share/fish \
        \( -type f -o -type l \) ! -path 'include/stn-zoo/*' | LC_ALL=C sort && echo include/stn-zoo) | LC_ALL=C sort
}

# target LINK VERSION: what a link contains, relative to where it lies.
target() {
    local up=${1//[^\/]/}
    echo "${up//\//../}$versions/$2/$1"
}

# is_ours LINK: whether it leads into the folder of some version, there or not.
is_ours() { [[ -L $place/$1 && $(readlink "$place/$1") == *"$versions/"*"/$1" ]]; }

# make_folders PATH LIST: makes the folders above a path, and writes those that were missing into a list.
make_folders() {
    local folder parts=()
    folder=$(dirname "$1")
    while [[ $folder != . && ! -d $place/$folder ]]; do
        parts=("$folder" "${parts[@]}")
        folder=$(dirname "$folder")
    done
    for folder in "${parts[@]}"; do
        mkdir "$place/$folder" || fail 73 "$place/$folder cannot be made"
        echo "$folder/" >>"$2"
    done
}

# missing_above: how many folders have to be made so that PREFIX is there.
missing_above() {
    local folder=$place count=0
    while [[ ! -d $folder ]]; do
        count=$((count + 1))
        folder=$(dirname "$folder")
    done
    echo "$count"
}

# remove_above N: removes so many folders from PREFIX on upwards, as far as they are empty.
remove_above() {
    local folder=$place count=$1
    for ((; count > 0; count--)); do
        rmdir "$folder" 2>/dev/null || return 0
        folder=$(dirname "$folder")
    done
}

# Those that are installed, the newest last; a folder without a list is not one of ours.
installed() {
    find "$place/$versions" -mindepth 2 -maxdepth 2 -name installed -printf '%h\n' 2>/dev/null | sed 's|.*/||' | sort -V || true
}

# remove VERSION: what its list names; links then lead to the newest of the other versions.
remove() {
    local version=$1 own=$versions/$1 list heir path left above
    list=$(mktemp)
    cp "$place/$own/installed" "$list"
    if grep -nE '^/|(^|/)\.\.(/|$)' "$list" >&2; then fail 65 "$place/$own/installed: these lines lead out of $place"; fi
    rm -f "$place/$own/installed" || fail 73 "$place/$own cannot be changed"
    heir=$(installed | tail -n 1)
    grep -v -e '/$' -e '^^' "$list" | while IFS= read -r path; do
        if [[ $path == "$own"/* ]]; then
            rm -f "$place/$path"
        elif [[ -L $place/$path && $(readlink "$place/$path") == "$(target "$path" "$version")" ]]; then
            rm "$place/$path"
            [[ -z $heir || ! -e $place/$versions/$heir/$path ]] || ln -s "$(target "$path" "$heir")" "$place/$path"
        fi
    done
    # The deepest first. One that is still needed is the heir's to remove.
    grep '/$' "$list" | LC_ALL=C sort -r | while IFS= read -r path; do
        rmdir "$place/$path" 2>/dev/null && continue
        if [[ $heir && $path != "$own"/* && -d $place/$path ]] && ! grep -qxF -- "$path" "$place/$versions/$heir/installed"; then
            echo "$path" >>"$place/$versions/$heir/installed"
        fi
    done
    above=$(sed -n 's/^^\([0-9]*\)$/\1/p' "$list" | sort -n | tail -n 1)
    if [[ $heir ]]; then
        ((${above:-0} == 0)) || echo "^$above" >>"$place/$versions/$heir/installed"
    else
        remove_above "${above:-0}"
    fi
    rm -f "$list"
    if [[ -d $place/$own ]]; then
        left=$(find "$place/$own" -mindepth 1 ! -type d | head -n 5)
        say "what was not installed stays in $place/$own: ${left//$'\n'/, }"
    fi
    [[ -z $heir ]] || say "$place/bin/zoo is now version $heir"
}

uninstall() {
    local version=${VERSION:-} all
    all=$(installed)
    [[ $all ]] || fail 66 "no version is installed in $place/$versions"
    [[ $version ]] || ! is_ours bin/zoo || version=$(readlink "$place/bin/zoo" | sed "s|.*$versions/\(.*\)/bin/zoo|\1|")
    grep -qxF -- "$version" <<<"$all" ||
        fail 66 "version '$version' is not installed in $place/$versions; say VERSION=x, one of: ${all//$'\n'/, }"
    [[ -w $place/$versions/$version ]] || fail 73 "$place/$versions/$version cannot be written; use sudo"
    remove "$version"
    say "removed $version from $place"
}

# What a failed installation has begun.
undo() {
    rm -rf "$place/$versions/.new"
    if [[ ! $finished ]]; then
        sed -n '/\/$/p' "$list" | LC_ALL=C sort -r | while IFS= read -r path; do rmdir "$place/$path" 2>/dev/null || true; done
        remove_above "$above"
    fi
    rm -rf "$work"
}

install_version() {
    local products=$1 version own path
    version=${VERSION:-$(cat "$products/VERSION" 2>/dev/null || "$root/Scripts/version.sh")}
    [[ $version =~ ^[0-9A-Za-z][0-9A-Za-z.+~-]*$ ]] || fail 64 "the version is '$version', expected letters, digits, and any of .+~-"
    own=$versions/$version
    above=$(missing_above)
    mkdir -p "$place" 2>/dev/null || fail 73 "$place cannot be made; choose another PREFIX, or use sudo"
    [[ -w $place ]] || fail 73 "$place cannot be written; choose another PREFIX, or use sudo"
    [[ ! -e $place/$own || -f $place/$own/installed ]] ||
        fail 73 "$place/$own is there and was not installed by 'make install'; move it away"
    work=$(mktemp -d)
    list=$work/installed
    echo "^$above" >"$list"
    trap undo EXIT
    make_folders "$own" "$list"
    rm -rf "$place/$versions/.new"
    "$root/Scripts/stage.sh" "$place/$versions/.new" "$products" "$version" ${BUNDLE:+--bundle}
    # Nothing is changed before it is known that nothing is in the way.
    while IFS= read -r path; do
        if [[ -e $place/$path || -L $place/$path ]] && ! is_ours "$path"; then
            fail 73 "$place/$path is there and not of the zoo; move it away, or choose another PREFIX"
        fi
    done < <(links .new)

    # The same version again takes the place of the earlier one, and remembers the folders that were made for it.
    if [[ -f $place/$own/installed ]]; then
        grep -e '/$' -e '^^' "$place/$own/installed" | grep -v "^$own/" >>"$list" || true
        remove "$version" 2>/dev/null
        make_folders "$own" "$list"
    fi
    [[ ! -d $place/$own ]] || fail 73 "$place/$own holds files that were not installed; move them away"
    mv -T "$place/$versions/.new" "$place/$own"
    while IFS= read -r path; do
        make_folders "$path" "$list"
        ln -sfn "$(target "$path" "$version")" "$place/$path"
        echo "$path" >>"$list"
    done < <(links "$version")
    (cd "$place" && find "$own" -type d -printf '%p/\n' -o -print) >>"$list"
    echo "$own/installed" >>"$list"
    LC_ALL=C sort -u "$list" >"$work/sorted"
    install -m 644 "$work/sorted" "$place/$own/installed"
    finished=1
    say "version $version is in $place/$own, and $place/bin/zoo leads there"
    case ":$PATH:" in *":$prefix/bin:"*) ;; *) [[ ${DESTDIR:-} ]] || say "$prefix/bin is not on PATH" ;; esac
}

case $action in
install) install_version "$2" ;;
uninstall) uninstall ;;
esac
