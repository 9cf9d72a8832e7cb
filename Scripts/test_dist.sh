#!/usr/bin/env bash
# Makes the tarball twice, compares the two, and uses it in a bare Debian as an ordinary user: no network, no Swift,
# no Python; a C compiler and make are there, which is what the author of a plugin in C has.
#
#   Scripts/test_dist.sh PRODUCTS [SUITE]    SUITE: a release of Debian, bookworm (12) by default, or of Ubuntu
#   Scripts/test_dist.sh TARBALL [SUITE]     use one that is there
#
# Needs root, for debootstrap and chroot. The bare system is kept for a month as an archive in ~/.cache/stn-zoo-bare,
# as making it takes longer than the test. Everything else is in a temporary folder, and in namespaces that end with
# this script. KEEP=1 leaves the folder.
set -euo pipefail
if [[ ${1:-} != --inside ]]; then
  if ((EUID != 0)); then
    echo "test-dist: skipped: it needs root, for debootstrap and chroot" >&2
    exit 0
  fi
  command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap >&2; }
  exec unshare --mount --propagation private "$0" --inside "$@"
fi
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
products=$2 suite=${3:-bookworm}
work=$(mktemp -d)
root=$work/root
log=$work/log
clean() {
  umount -R "$root" 2>/dev/null || true
  [[ ${KEEP:-} == 1 ]] && echo "test-dist: kept in $work" >&2 || rm -rf --one-file-system "$work"
}
trap clean EXIT
fail() {
  tail -n 30 "$log" >&2
  echo "test-dist: FAILED: $*" >&2
  exit 1
}
seconds() { date +%s.%N; }
# timed WHAT COMMAND…: says how long it took; its output goes to the log.
timed() {
  local start status
  start=$(seconds)
  # Not behind "||", where a failure within a function would not end it.
  set +e
  (set -e && "${@:2}") >"$log" 2>&1
  status=$?
  set -e
  ((status == 0)) || fail "$1"
  awk -v start="$start" -v end="$(seconds)" -v what="$1" 'BEGIN { printf "test-dist: %6.1f s  %s\n", end - start, what }'
}

# The second time it is not compressed, which would take longest and always gives the same.
twice() {
  "$source/Scripts/dist.sh" "$products" "$work/one"
  (cd "$work/one" && sha256sum --check SHA256SUMS)
  "$source/Scripts/dist.sh" "$products" - | cmp - <(gzip -dc "$work"/one/*.tar.gz)
}
if [[ -f $products ]]; then
  tarball=$products
else
  timed "the tarball, twice, with the same bytes" twice
  tarball=$(echo "$work"/one/*.tar.gz)
fi
echo "test-dist: $(basename "$tarball"), $(($(stat -c %s "$tarball") >> 20)) MB"

bare() {
  local kept=${XDG_CACHE_HOME:-$HOME/.cache}/stn-zoo-bare/$suite.tar mirror script options=()
  local keys=/usr/share/keyrings/ubuntu-archive-keyring.gpg
  mkdir -p "$(dirname "$kept")" "$root"
  if [[ ! $(find "$kept" -mtime -30 2>/dev/null) ]]; then
    if [[ $distribution == Ubuntu ]]; then
      mirror=http://archive.ubuntu.com/ubuntu script=gutsy
      # Debian does not have the keys of Ubuntu's archive.
      [[ -f $keys ]] && options=(--keyring "$keys") || options=(--no-check-gpg)
    else
      mirror=$(apt-cache policy | sed -n 's/^ *[0-9]* \(http[^ ]*debian\) [a-z]*\/main .*/\1/p' | head -n 1)
    fi
    debootstrap --variant=minbase --include=gcc,libc6-dev,make "${options[@]}" "$suite" "$work/made" "${mirror:-http://deb.debian.org/debian}" ${script:-}
    tar --create --one-file-system --directory "$work/made" --exclude ./var/cache/apt/archives/* --file "$kept.new" .
    mv "$kept.new" "$kept"
    rm -rf "$work/made"
  fi
  tar --extract --numeric-owner --file "$kept" --directory "$root"
}
# Debian's releases are all made by one script of debootstrap's, Ubuntu's by another.
distribution=Ubuntu
[[ $(readlink -f "/usr/share/debootstrap/scripts/$suite") != */sid ]] || distribution=Debian
timed "a bare $distribution ($suite) with gcc and make" bare
chmod 755 "$work" "$root"
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
for device in null zero random urandom; do
  [[ -c $root/dev/$device ]] || { touch "$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"; }
done
mkdir -p "$root/dev/shm" && mount -t tmpfs tmpfs "$root/dev/shm"
mkdir -p "$root/home/author"
grep -q '^author:' "$root/etc/passwd" || echo 'author:x:1000:1000:A. Author:/home/author:/bin/sh' >>"$root/etc/passwd"
grep -q '^author:' "$root/etc/group" || echo 'author:x:1000:' >>"$root/etc/group"
cp "$tarball" "$root/home/author/zoo.tar.gz"
chown -R 1000:1000 "$root/home/author"

# as_user ID HOME COMMAND: in a shell with nothing of this machine's environment, and no network. Threads that spin while they wait take the
# processors from those that they wait for, where other programs run too.
as_user() {
  unshare --net chroot --userspec="$1:$1" "$root" /usr/bin/env -i HOME="$2" LANG=C.UTF-8 PATH=/home/author/zoo/bin:/usr/bin:/bin \
    OMP_WAIT_POLICY=passive /bin/bash -euo pipefail -c "cd ~; $3"
}
as_author() { as_user 1000 /home/author "$1"; }
timed "there is neither Swift nor Python" as_author '! command -v swift python3 zoo'
timed "unpack" as_author 'mkdir zoo && tar -xzf zoo.tar.gz --strip-components=1 -C zoo && rm zoo.tar.gz'
timed "every library is in the tarball, or of the C library and GCC" as_author '
  ldd zoo/lib/zoo zoo/lib/libCTorch.so >ldd.txt
  outside=$(grep -E "=> (/|not found)" ldd.txt | grep -v "=> /home/author/zoo/" |
    grep -vE "/lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s)\.so" || true)
  if [[ $outside ]]; then echo "$outside"; exit 1; fi'
timed "zoo --version --json" as_author 'zoo --version --json | tee version.json && grep -q "\"engine\"" version.json'
timed "zoo list, nothing known yet" as_author 'cd / && zoo list && zoo list plugins'
timed "zoo list, once plugins are known" as_author 'cd / && zoo list'
timed "zoo evaluate --all, 500 drawn digits" as_author '
  zoo evaluate --all --images 500 --trained-on strokes-rotated && zoo results'
timed "zoo plugin new --language c" as_author 'zoo plugin new SqueezeLoc --kind localization --language c'
timed "make" as_author 'cd SqueezeLoc && make'
timed "make test" as_author 'cd SqueezeLoc && make test'
timed "make install" as_author 'cd SqueezeLoc && make install && zoo show localization/squeeze-loc'
timed "zoo train, one epoch of 2,000 digits" as_author '
  cd SqueezeLoc && zoo train stn-squeeze-loc --manifest zoo.json --epochs 1 --dataset "strokes-rotated?limit=2000"'
timed "zoo init, and an entry of the zoo in the new folder" as_author '
  zoo init mine && cd mine && zoo list entries && zoo evaluate cnn --images 100 --trained-on strokes-rotated && zoo reproduce'
timed "zoo serve" as_author '
  zoo serve --port 0 >served 2>&1 & for _ in $(seq 300); do [[ ! -s ~/served ]] || break; sleep 0.1; done; kill -INT $!; wait $! || true
  cat served; grep -q http://127.0.0.1 served'
timed "zoo data get finds libcurl, and no network" as_author '
  zoo data get kmnist --from http://127.0.0.1:9/ >got 2>&1 && exit 1; cat got; grep -qi "connect" got'
timed "the folder is moved" as_author 'mv zoo moved && chmod go-w . && moved/bin/zoo list entries && cd / && ~/moved/bin/zoo show cnn'
mkdir "$root/home/other" && chown 1001:1001 "$root/home/other" && chmod a+rx "$root/home/author"
timed "another user uses it" as_user 1001 /home/other '
  /home/author/moved/bin/zoo evaluate cnn --images 100 --trained-on strokes-rotated'
echo "test-dist: passed"
