#!/usr/bin/env bash
# Trains a network on a few drawn digits with events for TensorBoard, and reads these with TensorBoard's own reader.
#
# usage: Scripts/test_tensorboard.sh ZOO
#
# The reader comes from PyPI into .venv-tensorboard, once. Skipped, with a line that says why, where it cannot be had.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
zoo=$(realpath -- "$1")
reader=.venv-tensorboard
skip() {
    echo "make test-tensorboard: skipped, as $*"
    exit 0
}

if ! "$reader/bin/python" -c 'import tensorboard' 2>/dev/null; then
    python=$(command -v "$PWD/.venv/bin/python" python3 | head -n 1) || skip "there is no Python"
    "$python" -m venv "$reader" || skip "no environment for Python can be made"
    "$reader/bin/pip" install --quiet --disable-pip-version-check tensorboard==2.21.0 || skip "TensorBoard cannot be installed from PyPI"
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && "$zoo" train stn-c0 --manifest "$OLDPWD/zoo.json" --dataset 'strokes-rotated?limit=1000' --epochs 3 --tensorboard board --quiet)
"$reader/bin/python" - "$folder/board" <<'CHECK'
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

(file,) = pathlib.Path(sys.argv[1]).rglob("*tfevents*")
board = EventAccumulator(str(file.parent), size_guidance={"images": 0})
board.Reload()
tags = board.Tags()
assert set(tags["scalars"]) == {"loss/train", "learning rate", "seconds", "pose/rotation slope", "error/upright", "error/transformed"}, tags
assert [event.step for event in board.Scalars("loss/train")] == [1, 2, 3]
losses = [event.value for event in board.Scalars("loss/train")]
assert losses[2] < losses[0] < 3, losses
assert 0 < board.Scalars("error/upright")[0].value < 1
(tag,) = tags["images"]
pictures = board.Images(tag)
assert [picture.step for picture in pictures] == [1, 2, 3]
assert all((picture.width, picture.height) == (8 * 28, 2 * 28) and picture.encoded_image_string[:4] == b"\x89PNG" for picture in pictures)
print("make test-tensorboard: passed")
CHECK
