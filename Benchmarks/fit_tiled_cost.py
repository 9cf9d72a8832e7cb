"""Fits the constants of `tiled_cost` in Sources/CTorch/convolution/processor_*.h to this machine's times, and prints them.

usage: python Benchmarks/fit_tiled_cost.py [--instructions avx2] [--rounds N] [--times FILE]

It compiles convolution_ways.cpp with the kernels, times 216 shapes by sums, by tiles and, for few channels, by shifts on one thread, and
takes as its unit the time that sums need for a product of a number with a vector. --times keeps the times, or reads them again. It
needs clang++ and NumPy.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import numpy as np

root = pathlib.Path(__file__).resolve().parents[1]
NEAR = 1 << 21  # floats of filters that a cache holds, as in tiled_cost
NAMES = ("cost_of_point_channel", "loop_of_point", "cost_of_input_vector", "cost_of_output_vector", "cost_of_filter", "cost_of_far_filter")


def measured(instructions, rounds):
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "convolution_ways"
        sources = [root / "Benchmarks/convolution_ways.cpp", root / "Sources/CTorch/common/scratch.cpp"]
        sources += sorted((root / "Sources/CTorch/convolution").glob("convolution_[ap][vo]*.cpp"))
        folders = [f"-I{root}/Sources/CTorch/{name}" for name in ("common", "convolution")]
        subprocess.run([os.environ.get("CXX", "clang++"), "-std=c++20", "-O2", *folders, *map(str, sources), "-o", program], check=True)
        return subprocess.run([program, instructions, str(rounds)], check=True, capture_output=True, text=True).stdout


def terms_of_shifts(shape):
    """What shifted_cost multiplies its constants with, in their order."""
    reached = (3 * shape["side"] + shape["kernel"]) ** 2
    across = shape["tiles"] // shape["strips"]
    row = shape["side"] * -(-(4 * across + shape["kernel"] - 4) * shape["channels"] // shape["lanes"])
    tiles, outputs = shape["tiles"], shape["vectors"]
    return [
        tiles * reached * shape["channels"] * outputs, tiles * 36 * outputs, shape["strips"] * row, tiles * outputs,
        shape["pieces"] * shape["channels"] * outputs, 0,
    ]


def terms(shape):
    """What tiled_cost multiplies its constants with, in their order."""
    reached = (3 * shape["side"] + shape["kernel"]) ** 2
    inputs = -(-shape["channels"] // shape["lanes"])
    tiles, outputs, pieces = shape["tiles"], shape["vectors"], shape["pieces"]
    return [
        tiles * reached * shape["channels"] * outputs, tiles * reached * outputs, tiles * pieces * inputs, tiles * outputs,
        pieces * shape["channels"] * outputs, max(0, shape["filters"] - NEAR),
    ]


def non_negative(a, b):
    """Least squares without negative solutions: the worst of them is left out until there are none."""
    kept = list(range(a.shape[1]))
    while True:
        x = np.zeros(a.shape[1])
        x[kept] = np.linalg.lstsq(a[:, kept], b, rcond=None)[0]
        if (x >= 0).all():
            return x
        kept.remove(int(x.argmin()))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--instructions", default="avx2", choices=["portable", "avx2", "avx512"])
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--times", type=pathlib.Path)
options = parser.parse_args()

if options.times and options.times.exists():
    text = options.times.read_text()
else:
    text = measured(options.instructions, options.rounds)
    if options.times:
        options.times.write_text(text)
shapes = [json.loads(line) for line in text.splitlines()]

products = np.array([s["positions"] * s["kernel"] ** 2 * s["channels"] * s["vectors"] for s in shapes], dtype=float)
sums = np.array([s["sums_ns"] for s in shapes])
tiles = np.array([s["tiles_ns"] for s in shapes])
backward = np.array([s["backward_ns"] for s in shapes])
# Vectors of a gradient lie over a row of the kernel and its channels.
dense = np.array([s["positions"] * s["kernel"] ** 2 * s["channels"] * s["outputs"] / s["lanes"] for s in shapes])
unit = float(np.median(sums / products))
a = np.array([terms(s) for s in shapes], dtype=float)
few = np.array([s["shifts_ns"] > 0 for s in shapes])
shifts = np.array([s["shifts_ns"] or np.inf for s in shapes])
b = np.array([terms_of_shifts(s) for s in shapes], dtype=float)
# Whole vectors of channels are transformed by tiles, so that these are not fitted where they are never taken.
times = np.concatenate([tiles[~few], shifts[few]]) / unit
rows = np.concatenate([a[~few], b[few]])
found = non_negative(rows / times[:, None], np.ones(len(times)))
errors = rows @ found / times

print(f"{len(shapes)} shapes, {options.instructions}; a product of sums takes {unit:.3f} ns")
found_by_name = dict(zip(NAMES, found))
# The code writes the second as channels that are added to those of the first.
found_by_name["loop_of_point"] /= found_by_name["cost_of_point_channel"] or 1
for name, value in found_by_name.items():
    print(f"{name:24s} {value:10.3f}")
print(f"cost_of_gradient_by_sums {float(np.median(backward / dense)) / unit:10.3f}")
print(f"predicted / measured time of tiles: median {np.median(errors):.2f}, {np.quantile(errors, 0.1):.2f} to {np.quantile(errors, 0.9):.2f}")
ways = np.array([sums, tiles, shifts])
names = np.array(["sums", "tiles", "shifts"])
costs = np.array([products, a @ found, np.where(few, b @ found, np.inf)])
for label, chosen in (("fitted", names[costs.argmin(axis=0)]), ("as built", np.array([s["chosen"] for s in shapes]))):
    taken = ways[[list(names).index(name) for name in chosen], range(len(shapes))]
    lost = taken.sum() / ways.min(axis=0).sum() - 1
    wrong = int((taken > ways.min(axis=0)).sum())
    print(f"{label}: the slower way for {wrong} of {len(shapes)} shapes, {100 * lost:.1f} % of the time lost")
