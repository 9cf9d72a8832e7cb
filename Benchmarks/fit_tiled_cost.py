"""Fits the costs by which Sources/CTorch/convolution chooses between ways to convolve to this machine's times, and prints them.

usage: python Benchmarks/fit_tiled_cost.py [--instructions avx2] [--rounds N] [--times FILE]

It compiles convolution_ways.cpp with the kernels, times 216 shapes by sums, by tiles and, for few channels, by shifts on one thread, with
--instructions amx also in bfloat16 by tile registers, and takes as its unit the time that sums need for a product of a number with a
vector. The constants are in processor_*.h, bfloat16's in bfloat16_kernel.h. The input's gradient is timed with and without the terms that
ReLU leaves out, for kernels that Winograd's way does not take. --times keeps the times, or reads them again. It needs clang++ and NumPy.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
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
        sources.append(root / "Sources/CTorch/convolution/bfloat16_amx.cpp")
        folders = [f"-I{root}/Sources/CTorch/{name}" for name in ("common", "convolution")]
        subprocess.run([os.environ.get("CXX", "clang++"), "-std=c++20", "-O2", *folders, *map(str, sources), "-o", program], check=True)
        done = subprocess.run([program, instructions, str(rounds)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"fit_tiled_cost: {instructions} could not be timed here: {done.stderr.strip() or f'status {done.returncode}'}")
        return done.stdout


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


def terms_of_blocks(shape):
    """What bfloat16's gain multiplies its constants with, in their order."""
    rows = -(-shape["positions"] // 32) * 32
    run = -(-shape["kernel"] * shape["channels"] // shape["lanes"])
    return [
        rows * shape["width"] // 32 * shape["depth"] // 1024, shape["positions"] * shape["kernel"] * run, rows * shape["width"] // shape["lanes"],
        shape["width"] * shape["depth"] // shape["lanes"],
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
parser.add_argument("--instructions", default="avx2", choices=["portable", "avx2", "avx512", "amx"])
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--times", type=pathlib.Path)
options = parser.parse_args()

if options.times and options.times.exists():
    text = options.times.read_text()
else:
    text = measured(options.instructions, options.rounds)
    if options.times:
        options.times.write_text(text)
lines = [json.loads(line) for line in text.splitlines()]
shapes, gradients = ([line for line in lines if (name in line)] for name in ("sums_ns", "sorted_ns"))

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

# Up to how many floats of an output's kernel no terms are sorted out: the limit that loses least.
floats, both = np.array([g["floats"] for g in gradients]), np.array([[g["sorted_ns"], g["all_ns"]] for g in gradients])


def lost_with(limit):
    return np.where(floats <= limit, both[:, 1], both[:, 0]).sum() / both.min(axis=1).sum() - 1


limits = [0, *sorted(set(floats.tolist()))]
best = min(limits, key=lost_with)
print(f"most_floats_unsorted {best}, up to {min((limit for limit in limits if limit > best), default=best) - 1} the same: {100 * lost_with(best):.1f} % of the time lost in {len(floats)} gradients; "
      f"nothing sorted {100 * lost_with(limits[-1]):.1f} %, everything {100 * lost_with(0):.1f} %")

if options.instructions == "amx":
    blocks = np.array([s["blocks_ns"] for s in shapes])
    c = np.array([terms_of_blocks(s) for s in shapes], dtype=float)
    found = non_negative(c / (blocks / unit)[:, None], np.ones(len(blocks)))
    for name, value in zip(("cost_of_block", "cost_of_copy", "cost_of_output", "cost_of_weight"), found):
        print(f"{name:24s} {value:10.3f}")
    errors = c @ found / blocks * unit
    print(f"predicted / measured time of blocks: median {np.median(errors):.2f}, {np.quantile(errors, 0.1):.2f} to {np.quantile(errors, 0.9):.2f}")
    float32 = ways.min(axis=0)
    print(f"blocks: faster for {int((blocks < float32).sum())} of {len(shapes)} shapes")
    as_built = products / np.array([s["blocks_gain"] for s in shapes])
    for label, cost in (("fitted", c @ found), ("as built", as_built)):
        taken = np.where(cost < costs.min(axis=0), blocks, ways[costs.argmin(axis=0), range(len(shapes))])
        lost = taken.sum() / np.minimum(blocks, float32).sum() - 1
        print(f"{label}: {100 * lost:.1f} % of the time lost, {float32.sum() / taken.sum():.2f} times as fast as float32 alone")
