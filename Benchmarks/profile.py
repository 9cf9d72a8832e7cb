"""Says where the time of a training step goes, by `perf`: one line of a table for each entry, in percent of all samples on one thread.

usage: python Benchmarks/profile.py [--zoo .build/release/zoo] [--seconds N] ENTRY...

Steps and evaluations of `zoo benchmark` alternate for some seconds, so that starting counts for little; it is in the last column.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

root = pathlib.Path(__file__).resolve().parents[1]
# The first whose names occur in the symbol, or else in the library, has the sample.
KINDS = [
    ("sums", ("forward_block", "finish")),
    ("Winograd", ("multiply<", "multiply_rows", "multiply_terms", "spread_", "forward_shifts", "forward_tiles", "evaluate_tiles", "gradient_tiles", "pack_tiles", "finish_pooled_tile")),
    ("sparse gradients", ("accumulate", "input_gradient", "weight_gradient", "list_terms", "add_pooled_patches", "sort_terms", "bias_gradient", "activation_gradient")),
    ("packing", ("transpose", "pack_", "order_", "in_blocks", "laid_out")),
    ("norm", ("normalisation",)),
    ("warp", ("ctorch::warp",)),
    ("optimizer", ("adam", "sgd")),
    ("libtorch", ("libtorch", "libc10", "libgomp", "libiomp")),
    ("rest", ("",)),
]

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--zoo", type=pathlib.Path, default=root / ".build/release/zoo")
parser.add_argument("--seconds", type=float, default=6)
parser.add_argument("entries", nargs="+", metavar="ENTRY")
options = parser.parse_args()
environment = os.environ | {"OMP_NUM_THREADS": "1"}
benchmark = [str(options.zoo.resolve()), "benchmark", "--json", "--threads", "1", "--manifest", str(root / "zoo.json")]

names = [name for name, _ in KINDS]
print(f"| entry | step, ms | {' | '.join(names)} |")
print("|---|" + "--:|" * (len(names) + 1))
for entry in options.entries:
    once = json.loads(subprocess.run([*benchmark, entry, "--rounds", "3"], check=True, capture_output=True, text=True, env=environment).stdout)[0]
    step = sorted(once["train_step_ms"])[1]
    rounds = max(3, round(1e3 * options.seconds / (step + sorted(once["evaluate_ms"])[1])))
    with tempfile.TemporaryDirectory() as folder:
        record = ["perf", "record", "--quiet", "-o", f"{folder}/perf.data", *benchmark, entry, "--rounds", str(rounds)]
        subprocess.run(record, check=True, capture_output=True, env=environment)
        report = ["perf", "report", "-i", f"{folder}/perf.data", "--no-children", "--sort", "dso,symbol", "--field-separator", "\t"]
        text = subprocess.run(report, check=True, capture_output=True, text=True).stdout
    shares = dict.fromkeys(names, 0.0)
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        share, library, symbol = (part.strip() for part in line.split("\t", 2))
        where = symbol if "CTorch" in library else f"{symbol if 'adam' in symbol or 'sgd' in symbol else ''} {library}"
        shares[next(name for name, words in KINDS if any(word in where for word in words))] += float(share.rstrip("%"))
    print(f"| {entry} | {step:.1f} | {' | '.join(f'{shares[name]:.0f}' for name in names)} |", flush=True)
