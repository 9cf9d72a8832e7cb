#!/usr/bin/env bash
# Prepares this machine to build the zoo: system packages, the Swift toolchain's version, and the engine (libtorch).
#
#   Scripts/setup.sh          everything a build needs
#   Scripts/setup.sh peers    also the Python packages behind Benchmarks/peers and Tests/Fixtures/*.py
#
# LIBTORCH=/path/to/torch   use that libtorch; nothing is installed for the engine
# CUDA=1                    install the build of torch for NVIDIA's GPUs with all of CUDA (gigabytes) instead of the CPU's share
# PYTHON=python3.12         the Python that makes .venv
#
# A second run finds everything in place and returns at once, without the network.
# Exit codes are those of sysexits(3): 69 something could not be had, 78 wrong configuration.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
torch_version=2.13.0
packages=(libltdl-dev zlib1g-dev libssl-dev libarchive-dev libpng-dev libjpeg-dev libtiff-dev libwebp-dev libgif-dev libsqlite3-dev libcurl4-openssl-dev libmicrohttpd-dev ca-certificates g++ libc6-dev binutils clang-format git python3-venv make)
cuda=${CUDA:-0}

say() { echo "setup: $*" >&2; }
fail() {
    local code=$1
    shift
    echo "setup: error: $*" >&2
    exit "$code"
}

# sudo in front of apt-get where it takes that; fails where it cannot be had.
as_root=()
find_root() {
    ((EUID != 0)) || return 0
    command -v sudo >/dev/null || fail 69 "system packages are missing and there is no sudo: run as root 'apt-get install $*'"
    as_root=(sudo)
}

is_debian() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

# apt_install PACKAGE...
apt_install() {
    find_root "$@"
    say "installing system packages: $*"
    { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >&2; } ||
        fail 69 "apt-get could not install $*: see its message above"
}

install_packages() {
    if ! is_debian; then
        say "not a Debian system: make sure that a C++ compiler's headers and those of libltdl, zlib, libarchive, OpenSSL, libpng, libjpeg, libtiff, libwebp, giflib, SQLite, libcurl and libmicrohttpd, clang-format and Python's venv are installed"
        return
    fi
    local missing=() name
    for name in "${packages[@]}"; do
        [[ $(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
    done
    ((${#missing[@]})) || return 0
    apt_install "${missing[@]}"
}

# swift_lacks: the shared libraries that the toolchain's programs need and the loader does not find, one name a line.
swift_lacks() {
    local folder name
    folder=$(dirname "$(readlink -f "$(command -v swift)")")
    for name in swift-driver swift-frontend swift-build swift-package swift-test swift-format clang lld; do
        [[ ! -x $folder/$name ]] || ldd "$folder/$name" 2>/dev/null | awk '/not found/ { print $1 }'
    done | sort -u
}

# debian_package SONAME: the package that carries a library of Swift's on Debian and Ubuntu.
debian_package() {
    case $1 in
    libcurl.so.4) echo libcurl4 ;;
    libmicrohttpd.so.12) echo libmicrohttpd12 ;;
    libedit.so.2) echo libedit2 ;;
    libgcc_s.so.1) echo libgcc-s1 ;;
    libncurses.so.6 | libncursesw.so.6 | libform.so.6 | libpanel.so.6) echo libncurses6 ;;
    libsqlite3.so.0) echo libsqlite3-0 ;;
    libstdc++.so.6) echo libstdc++6 ;;
    libtinfo.so.6) echo libtinfo6 ;;
    libuuid.so.1) echo libuuid1 ;;
    libxml2.so.2) echo libxml2 ;;
    libz.so.1) echo zlib1g ;;
    libz3.so.4) echo libz3-4 ;;
    *) return 1 ;;
    esac
}

# Swift's own archive brings no system libraries. A program that lacks one ends with 127, and some only when a build is under way.
install_swift_libraries() {
    local lacking=() wanted=() unknown=() name package
    mapfile -t lacking < <(swift_lacks)
    ((${#lacking[@]})) || return 0
    for name in "${lacking[@]}"; do
        if package=$(debian_package "$name"); then wanted+=("$package"); else unknown+=("$name"); fi
    done
    mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | sort -u)
    is_debian || fail 69 "Swift cannot start: it lacks ${lacking[*]}; install them with your system's package manager (on Debian: apt-get install ${wanted[*]})"
    ((${#unknown[@]} == 0)) || fail 69 "Swift cannot start: it lacks ${unknown[*]}, and no package known here carries them: see https://www.swift.org/install/linux for what your system needs"
    say "Swift cannot start: it lacks ${lacking[*]}"
    apt_install "${wanted[@]}"
    mapfile -t lacking < <(swift_lacks)
    ((${#lacking[@]} == 0)) || fail 69 "Swift still lacks ${lacking[*]} after 'apt-get install ${wanted[*]}': see https://www.swift.org/install/linux for what your system needs"
}

check_swift() {
    local where="get Swift 6.2 or later for your system at https://www.swift.org/install/linux and put its usr/bin on PATH"
    command -v swift >/dev/null || fail 69 "no swift on PATH: $where"
    local said found
    said=$(swift --version 2>&1) || {
        install_swift_libraries
        said=$(swift --version 2>&1) || fail 69 "'swift --version' ends with status $?: $(head -n 1 <<<"$said"): $where"
    }
    found=$(sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' <<<"$said" | head -n 1)
    [[ $found =~ ^[0-9]+\.[0-9]+$ ]] || fail 69 "'swift --version' does not name a version but says '$(head -n 1 <<<"$said")': $where"
    ((${found%.*} > 6 || (${found%.*} == 6 && ${found#*.} >= 2))) || fail 69 "Swift $found is too old: $where"
    # The first program may start while those that it starts cannot.
    install_swift_libraries
}

# engine_fault DIR: prints what is wrong with the libtorch in DIR; prints nothing when it fits.
engine_fault() {
    local dir=$1 header version major minor
    [[ -d $dir ]] || { echo "there is no such folder"; return; }
    for header in include/torch/headeronly/version.h include/torch/csrc/api/include/torch/version.h include/torch/version.h; do
        [[ -f $dir/$header ]] || continue
        major=$(sed -n 's/^#define TORCH_VERSION_MAJOR \([0-9]*\).*/\1/p' "$dir/$header")
        minor=$(sed -n 's/^#define TORCH_VERSION_MINOR \([0-9]*\).*/\1/p' "$dir/$header")
        version=$major.$minor
        [[ $version =~ ^[0-9]+\.[0-9]+$ ]] && break
    done
    [[ ${version:-} =~ ^[0-9]+\.[0-9]+$ ]] || { echo "it has no torch/version.h"; return; }
    ((major == 2 && minor >= 11)) || { echo "it is version $version"; return; }
    local library
    for library in libtorch_cpu.so libc10.so; do
        [[ -f $dir/lib/$library ]] || { echo "it has no lib/$library"; return; }
    done
}

# lacking DIR: the shared libraries that the engine in DIR needs and the loader does not find, one name a line.
lacking() {
    ldd "$1/lib/libtorch_cpu.so" "$1/lib/libc10.so" | awk '/not found/ { print $1 }' | sort -u
}

# package_of SONAME: the Python package that carries it, at that library's major version.
package_of() {
    local major=${1##*.so.}
    major=${major%%.*}
    local suffix="==$major.*"
    # Up to CUDA 12 the packages carry the version in their names.
    [[ $1 == libcu* && $major == 12 ]] && suffix="-cu12==12.*"
    case $1 in
    libcudart.so.*) echo "nvidia-cuda-runtime$suffix" ;;
    libcupti.so.*) echo "nvidia-cuda-cupti$suffix" ;;
    libnvrtc.so.*) echo "nvidia-cuda-nvrtc$suffix" ;;
    libgomp.so.1) echo apt:libgomp1 ;;
    *) return 1 ;;
    esac
}

install_lacking() {
    local dir=$1 site=$2 soname package wanted=() names=()
    while read -r soname; do
        package=$(package_of "$soname") ||
            fail 69 "torch $torch_version needs $soname, which no package known here carries: install it, or set LIBTORCH to a complete libtorch"
        [[ $package == apt:* ]] && fail 69 "torch needs $soname: install the system package ${package#apt:}"
        wanted+=("$package")
        names+=("$soname")
    done < <(lacking "$dir")
    if ((${#wanted[@]} == 0)); then
        say "this wheel is complete: libtorch_cpu.so and libc10.so find every library they need"
        return
    fi
    say "this wheel is a CUDA build: its CPU part still lacks ${names[*]}; installing ${wanted[*]} and nothing else of CUDA"
    pip_install --no-deps "${wanted[@]}"
    # Where the wheel's own search path does not lead to them, a link beside the engine does.
    local path
    while read -r soname; do
        path=$(find "$site/nvidia" -name "$soname" -print -quit)
        [[ -n $path ]] || fail 69 "$soname is not in the packages that should carry it: ${wanted[*]}"
        ln -sfn "$(realpath --relative-to="$dir/lib" "$path")" "$dir/lib/$soname"
    done < <(lacking "$dir")
    [[ -z $(lacking "$dir") ]] || fail 69 "the engine in $dir still lacks: $(lacking "$dir" | tr '\n' ' ')"
}

pip_install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@" ||
        fail 69 "pip could not install $*: see its message above; with a libtorch of your own, set LIBTORCH"
}

make_venv() {
    [[ -x $venv/bin/python ]] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 && return
    say "making $venv"
    "${PYTHON:-python3}" -m venv "$venv" || fail 69 "${PYTHON:-python3} -m venv failed: see its message above"
}

install_engine() {
    local stamp=$venv/.engine fault
    if [[ -n ${LIBTORCH:-} && $(realpath -ms -- "$LIBTORCH") != "$venv/torch" ]]; then
        fault=$(engine_fault "$LIBTORCH")
        [[ -z $fault ]] ||
            fail 78 "LIBTORCH=$LIBTORCH is no libtorch 2.11 or later of version 2 ($fault): point it at the folder that holds include/ and lib/, or unset it"
        [[ -z $(lacking "$LIBTORCH") ]] ||
            fail 78 "LIBTORCH=$LIBTORCH lacks $(lacking "$LIBTORCH" | tr '\n' ' '): install these libraries or put links to them into its lib/, or unset LIBTORCH"
        return
    fi
    local found=
    [[ -f $stamp ]] && found=$(<"$stamp")
    if [[ $found == "torch $torch_version all" || ($found == "torch $torch_version cpu" && $cuda != 1) ]]; then
        [[ -n $(engine_fault "$venv/torch") ]] || return 0
    fi
    make_venv
    local kind=cpu
    if [[ $cuda == 1 ]]; then
        kind=all
        say "installing torch $torch_version for GPUs with all of CUDA: some gigabytes to download, and about twice as many on the disk"
        # A build for the CPU has a longer version, and would be taken for the newer one.
        pip_install "torch==$torch_version,!=$torch_version+cpu"
    else
        say "installing torch $torch_version, the wheel alone"
        pip_install --no-deps "torch==$torch_version"
    fi
    local site
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
    ln -sfn "$(realpath --relative-to="$venv" "$site")/torch" "$venv/torch"
    fault=$(engine_fault "$venv/torch")
    [[ -z $fault ]] || fail 69 "the torch just installed in $venv does not fit ($fault): remove .venv and run 'make setup' again"
    [[ $kind == cpu || -f $venv/torch/lib/libtorch_cuda.so ]] ||
        fail 69 "pip's index gave a torch $torch_version without CUDA: name one that has it, as PIP_INDEX_URL=https://download.pytorch.org/whl/cu130, and run 'make setup CUDA=1' again"
    install_lacking "$(realpath "$venv/torch")" "$site"
    echo "torch $torch_version $kind" >"$stamp"
    say "engine ready: $(readlink -f "$venv/torch")"
}

install_peers() {
    local requirements=$root/Scripts/peers.txt stamp=$venv/.peers
    if [[ ! -f $venv/.engine ]]; then
        fail 78 "the peers run on the torch in .venv, which LIBTORCH has replaced: unset LIBTORCH and run 'make setup-peers'"
    fi
    cmp -s "$requirements" "$stamp" && return
    # Python loads the CUDA half of a CUDA build too, and fails without all of it.
    if [[ -f $venv/torch/lib/libtorch_cuda.so && $(<"$venv/.engine") != *all ]]; then
        fail 78 "Python cannot import this CUDA build of torch without all of CUDA (gigabytes): run 'make setup-peers CUDA=1', or install a CPU wheel of torch $torch_version into .venv"
    fi
    say "installing the Python packages of Scripts/peers.txt"
    pip_install -r "$requirements"
    "$venv/bin/python" -c 'import torch, numpy, safetensors, scipy' || fail 69 "the Python packages in .venv do not import: see the message above"
    cp "$requirements" "$stamp"
}

case ${1:-} in
"" | peers) ;;
*) fail 64 "unknown argument '$1': say nothing or 'peers'" ;;
esac
[[ $cuda == 0 || $cuda == 1 ]] || fail 64 "CUDA=$cuda: say CUDA=1 or leave it out"
check_swift
install_packages
install_engine
"$root/Scripts/get_plots.sh" --if-possible
[[ ${1:-} != peers ]] || install_peers
