#!/usr/bin/env bash
# Trains entries with the zoo's own kernels, in float32 and in bfloat16, and with ATen's operators (ZOO_KERNELS=off), over the same
# seeds, and prints all errors: they must agree within the spread over seeds.
#
# usage: Benchmarks/kernels_on_off.sh [EPOCHS [SEEDS [DATASET [ENTRY...]]]]     default: 2 0..2 strokes-rotated cnn stn-c0
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
epochs=${1:-2} seeds=${2:-0..2} dataset=${3:-strokes-rotated}
shift $(( $# < 3 ? $# : 3 ))
entries=("${@:-cnn}")
(( $# )) || entries=(cnn stn-c0)
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
run() {
  echo "kernels $1, precision $2"
  ZOO_KERNELS=$1 .build/release/zoo train "${entries[@]}" --dataset "$dataset" --epochs "$epochs" --seed "$seeds" --precision "$2" \
    --runs "$kept/$1-$2" --store "$kept/$1-$2.sqlite" --quiet
}
run on fp32
run on bf16
run off fp32
