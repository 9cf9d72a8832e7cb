#!/usr/bin/env bash
# Trains entries with the zoo's own kernels and with ATen's operators (ZOO_KERNELS=off), over the same seeds, and prints both errors:
# they must agree within the spread over seeds.
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
for kernels in on off; do
  echo "ZOO_KERNELS=$kernels"
  ZOO_KERNELS=$kernels .build/release/zoo train "${entries[@]}" --dataset "$dataset" --epochs "$epochs" --seed "$seeds" \
    --runs "$kept/$kernels" --store "$kept/$kernels.sqlite" --quiet
done
