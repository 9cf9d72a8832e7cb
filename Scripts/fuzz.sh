#!/usr/bin/env bash
# Runs the fuzzer PROGRAM on every reader, SECONDS each: first what was found before, then random bytes from the corpora that earlier runs left.
set -euo pipefail
program=$1 seconds=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Swift's own runtime keeps what it allocates once.
export ASAN_OPTIONS=detect_leaks=0
for target in manifest safetensors model-file idx boxes archive picture cache descriptor descriptor-text lock places; do
  corpus=$(dirname "$program")/corpus/$target found=$(dirname "$program")/found/$target
  kept=$root/Tests/Fixtures/fuzz/$target
  mkdir -p "$corpus" "$found"
  echo "== $target: $seconds s"
  ZOO_FUZZ_TARGET=$target "$program" "$corpus" $([[ -d $kept ]] && echo "$kept") -max_total_time="$seconds" -max_len=65536 \
    -timeout=60 -rss_limit_mb=4096 -print_final_stats=1 -verbosity=1 -artifact_prefix="$found/" 2>&1 |
    grep -E '^(#[0-9]+.*DONE|stat::(number_of_executed|new_units)|==|SUMMARY|.*(Fatal error|ERROR|Test unit))' || true
  if compgen -G "$found/*" > /dev/null; then
    echo "$target: findings in $found; once corrected, keep the input in $kept" >&2
    exit 1
  fi
done
echo "fuzz: nothing found"
