#!/usr/bin/env bash
# Holds a GPU against the CPU: every entry's results, two trainings, and times beside PyTorch's. Ten minutes at most.
#
# usage: Scripts/check_device.sh ZOO [OPTIONS of Tests/Device/check_device.py]
#
# DEVICE=cuda:0          another device
# PYTHON=.venv/bin/python   the Python whose PyTorch is timed, if it sees the device
#
# Skipped, with a line that says why, where the zoo finds no device.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
zoo=$(realpath -- "$1")
shift
device=${DEVICE:-cuda:0}
python=${PYTHON:-$root/.venv/bin/python}
[[ -x $python ]] || python=$(command -v python3) || { echo "make test-device: skipped, as there is no Python"; exit 0; }

# One step of the smallest network finds out.
status=0
said=$("$zoo" benchmark small-cnn --manifest "$root/zoo.json" --shape 1x28x28 --batch 2 --rounds 1 --warmup 0 --device "$device" --quiet 2>&1) || status=$?
if ((status == 69)); then
    echo "make test-device: skipped: ${said#zoo: }"
    exit 0
fi
((status == 0)) || { echo "make test-device: FAILED: $said" >&2; exit 1; }

times=()
if "$python" -c 'import sys, torch; torch.zeros(1, device=sys.argv[1])' "$device" 2>/dev/null; then
    times=(--times)
else
    echo "make test-device: PyTorch of $python has no $device, so nothing is timed"
fi
exec "$python" "$root/Tests/Device/check_device.py" --zoo "$zoo" --device "$device" "${times[@]}" "$@"
