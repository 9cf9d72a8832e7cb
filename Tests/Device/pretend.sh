#!/usr/bin/env bash
# Makes a libtorch with pretended CUDA devices: libraries of LIBTORCH as links, and beside them those of this folder.
#
#   Tests/Device/pretend.sh FOLDER    then, with LD_LIBRARY_PATH=FOLDER, the zoo finds two GPUs
#
# What is there already is kept, so that many tests can ask for it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
torch=$(readlink -f "${LIBTORCH:-$here/../../.venv/torch}")
out=$1
mkdir -p "$out"
exec 9>"$out/.lock"
flock 9
for library in "$torch"/lib/*.so*; do
  name=$(basename "$library")
  [[ $name == libtorch_cuda.so || -e $out/$name ]] || ln -sfn "$library" "$out/$name"
done
if [[ ! $out/libcuda.so.1 -nt $here/pretend_driver.c ]]; then
  cc -std=c11 -O1 -Wall -shared -fPIC "$here/pretend_driver.c" -o "$out/driver.new"
  mv "$out/driver.new" "$out/libcuda.so.1"
fi
if [[ ! $out/libtorch_cuda.so -nt $here/pretend_cuda.cpp ]]; then
  clang++ -std=c++20 -O1 -Wall -shared -fPIC -fvisibility=hidden -isystem "$torch/include" -isystem "$torch/include/torch/csrc/api/include" \
    "$here/pretend_cuda.cpp" -L "$torch/lib" -ltorch_cpu -lc10 -o "$out/cuda.new"
  mv "$out/cuda.new" "$out/libtorch_cuda.so"
fi
