#!/usr/bin/env bash
# Builds the operators and Tests/Sanitizers/operators.cpp with AddressSanitizer and UndefinedBehaviorSanitizer, and runs them.
# usage: Scripts/sanitize.sh [CASES [SEED]]; LIBTORCH names the engine. Objects are kept in .build/sanitize.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
torch=${LIBTORCH:-$PWD/.venv/torch}
out=.build/sanitize
mkdir -p "$out"
flags=(-std=c++20 -O1 -g1 -fno-omit-frame-pointer -fvisibility=hidden -Wall -Wno-pass-failed -fsanitize=address,undefined
  -fno-sanitize-recover=all -isystem "$torch/include" -isystem "$torch/include/torch/csrc/api/include")
for folder in Sources/CTorch/*/; do flags+=(-I "$folder"); done

compile() {
  local object=$out/$(basename "$1" .cpp).o
  # Headers are few and shared by all, so any newer one compiles all again.
  if [[ ! -e $object || $1 -nt $object || -n $(find Sources/CTorch -name '*.h' -newer "$object") ]]; then
    echo "compiling $1"
    clang++ "${flags[@]}" -c "$1" -o "$object"
  fi
}

# The operators alone: the rest of CTorch is the plugins' table, and memory.cpp would hide a tensor's end from the sanitizer.
sources=(Sources/CTorch/{common,convolution,normalisation,warp}/*.cpp
  Tests/Sanitizers/operators.cpp)
for source in "${sources[@]}"; do compile "$source" & pids+=($!); (( ${#pids[@]} % $(nproc) )) || wait "${pids[@]}"; done
for pid in "${pids[@]}"; do wait "$pid"; done
objects=()
for source in "${sources[@]}"; do objects+=("$out/$(basename "$source" .cpp).o"); done
clang++ -fsanitize=address,undefined "${objects[@]}" -L"$torch/lib" -ltorch_cpu -ltorch -lc10 -Wl,-rpath,"$torch/lib" -ldl -o "$out/operators"
# libtorch keeps what it allocates once for ever, and its libraries hold classes of the same name.
ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0 UBSAN_OPTIONS=print_stacktrace=1 "$out/operators" "$@"
