#!/usr/bin/env bash
# Runs `make demo` in a bare Debian 12, with nothing but make, git and a Swift toolchain without its system libraries,
# and checks that the set-up says what is missing before it installs it.
#
#   Scripts/test_bare_debian.sh [TARGET]    the make target to run there; default: demo
#
# Needs root, for debootstrap and chroot. The toolchain is the one on PATH. What this machine's apt, pip and git know of mirrors
# and certificates is taken over, as a machine behind the same network would have it. Everything happens in a temporary folder and in a
# mount namespace that ends with this script. KEEP=1 leaves the folder for a second look.
set -euo pipefail
if [[ ${1:-} != --inside ]]; then
  if ((EUID != 0)); then
    echo "test-bare: skipped: it needs root, for debootstrap and chroot" >&2
    exit 0
  fi
  command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap >&2; }
  exec unshare --mount --propagation private "$0" --inside "$@"
fi
target=${2:-demo}
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
root=$(mktemp -d)
chmod 755 "$root"
log=$root.log
clean() {
  umount -R "$root" 2>/dev/null || true
  [[ ${KEEP:-} == 1 ]] && echo "test-bare: kept in $root, log in $log" >&2 || rm -rf --one-file-system "$root" "$log"
}
trap clean EXIT
fail() {
  tail -n 30 "$log" >&2
  echo "test-bare: FAILED: $*" >&2
  exit 1
}

mirror=$(apt-cache policy | sed -n 's/^ *[0-9]* \(http[^ ]*debian\) bookworm\/main .*/\1/p' | head -n 1)
echo "test-bare: a bare Debian 12 with make and git"
debootstrap --variant=minbase --include=make,git,ca-certificates bookworm "$root" "${mirror:-http://deb.debian.org/debian}" >"$log" 2>&1 ||
  fail "debootstrap"
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
for device in null zero random urandom; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -p "$root/dev/shm" && mount -t tmpfs tmpfs "$root/dev/shm"

# share PATH: the same file or folder, read-only, at the same place.
share() {
  [[ -e $1 ]] || return 0
  if [[ -d $1 ]]; then mkdir -p "$root$1"; else mkdir -p "$root$(dirname "$1")" && touch "$root$1"; fi
  mount --bind "$1" "$root$1" && mount -o remount,bind,ro "$root$1"
}
share "$toolchain"
for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs /usr/share/ca-certificates /usr/local/share/ca-certificates /etc/pip.conf \
  ~/.config/pip/pip.conf ~/.pip/pip.conf /etc/gitconfig ~/.gitconfig; do
  share "$file"
done
# Folders of this machine that git or pip is told to look into.
{
  git config --get-regexp '^url\..*\.insteadof$' | sed -n 's/^url\.\(\/.*\)\.insteadof .*/\1/p'
  printf '%s\n' ${PIP_FIND_LINKS:-}
} | sort -u | while read -r folder; do [[ $folder != /* ]] || share "${folder%/}"; done

git clone --quiet --no-hardlinks "$source" "$root/zoo"
inside() {
  env -i HOME="$HOME" LANG=C.UTF-8 PATH="$toolchain/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    $(env | grep -E '^(https?_proxy|no_proxy|PIP_[A-Z_]*|GIT_SSL_CAINFO|SSL_CERT_FILE)=' || true) \
    chroot "$root" /bin/bash -c "$1"
}
inside 'swift --version' >"$log" 2>&1 && fail "Swift starts in a bare Debian, so this test shows nothing"
start=$SECONDS
inside "cd /zoo && make $target" >"$log" 2>&1 || fail "make $target"
grep -q '^setup: Swift cannot start: it lacks ' "$log" || fail "the set-up did not say which libraries Swift lacks"
grep '^setup: ' "$log"
tail -n 35 "$log"
echo "test-bare: make $target passed in $((SECONDS - start)) s"
start=$SECONDS
inside "cd /zoo && make $target" >"$log" 2>&1 || fail "make $target, the second time"
! grep -q '^setup: ' "$log" || fail "the second set-up installs again"
echo "test-bare: the second make $target passed in $((SECONDS - start)) s"
