#!/usr/bin/env bash
# What `make demo` shows after the build: every entry that has weights, measured on MNIST-R where MNIST is there and on drawn digits
# otherwise, and what the published campaign says of the papers' claims.
# usage: Scripts/demo.sh ZOO
set -euo pipefail
zoo=$1
"$zoo" evaluate --all --probe error --probe 'pose?images=2000' --probe 'consistency?images=200' \
  --figure error.upright --figure error.transformed \
  --figure pose.rotation.slope --figure pose.rotation.spread --figure consistency.mean

published=Published/results.sqlite
echo
echo "The same with several seeds, trained beforehand, and what that says of the claims of the papers ($published, docs/results.md):"
"$zoo" reproduce finnveden2020-mnist-r --stored --store "$published"
echo
"$zoo" report --store results/zoo.sqlite --store "$published"
