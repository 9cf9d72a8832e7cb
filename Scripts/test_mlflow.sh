#!/usr/bin/env bash
# Trains and evaluates on a few drawn digits, pushes the results to an MLflow server, and reads them with MLflow's own client.
#
# usage: Scripts/test_mlflow.sh ZOO
#
# MLflow comes from PyPI into .venv-mlflow, once. Skipped, with a line that says why, where it cannot be had; in CI (ZOO_STRICT=1) that
# is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
zoo=$(realpath -- "$1")
tracker=.venv-mlflow
skip() {
    if [[ ${ZOO_STRICT:-} == 1 ]]; then
        echo "make test-mlflow: FAILED, as $*" >&2
        exit 1
    fi
    echo "make test-mlflow: skipped, as $*"
    exit 0
}

if ! "$tracker/bin/python" -c 'import mlflow, safetensors' 2>/dev/null; then
    python=$(command -v "$PWD/.venv/bin/python" python3 | head -n 1) || skip "there is no Python"
    "$python" -m venv "$tracker" || skip "no environment for Python can be made"
    "$tracker/bin/pip" install --quiet --disable-pip-version-check mlflow==3.17.2 safetensors==0.8.0 ||
        skip "MLflow cannot be installed from PyPI"
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
common=(--manifest "$PWD/zoo.json" --dataset 'strokes-rotated?limit=600' --store zoo.sqlite --quiet)
(
    cd "$folder"
    "$zoo" train cnn stn-c0 --epochs 2 "${common[@]}"
    "$zoo" train cnn --epochs 2 --seed 1 "${common[@]}"
    "$zoo" evaluate cnn stn-c0 "${common[@]}"
    "$zoo" evaluate cnn --seed 1 "${common[@]}"
) > /dev/null
export MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true
"$tracker/bin/python" Tests/MLflow/check_push.py "$zoo" "$folder" "$PWD/docs/trackers.md"
