#!/usr/bin/env python3
"""Takes the weights of finished training runs into weights/, and their checksums into zoo.json.

    Scripts/ship_weights.py RUNS [--dataset strokes-rotated ...] [--entry cnn ...]

RUNS is the directory that `zoo train --runs` wrote. For every entry the newest finished run of seed 0 is taken.
"""

import argparse
import hashlib
import json
import pathlib
import re
import shutil

root = pathlib.Path(__file__).resolve().parents[1]


def finished(runs: pathlib.Path):
    """The newest finished runs of seed 0, by entry and data set."""
    newest = {}
    for path in runs.glob("*/*/seed-0-*/result.json"):
        result = json.loads(path.read_text())
        key = (result["entry"], result["dataset"])
        newest[key] = max(newest.get(key, ("",)), (result["date"], path.parent))
    return {key: folder for key, (_, folder) in newest.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=pathlib.Path)
    parser.add_argument("--dataset", nargs="+", default=["strokes-rotated", "strokes"])
    parser.add_argument("--entry", nargs="+", help="of these entries alone")
    chosen = parser.parse_args()
    runs = finished(chosen.runs)
    path = root / "zoo.json"
    manifest = json.loads(path.read_text())
    total = 0
    for entry in manifest["entries"]:
        for dataset in chosen.dataset:
            run = runs.get((entry["id"], dataset))
            if run is None or chosen.entry and entry["id"] not in chosen.entry:
                continue
            target = root / "weights" / re.sub(r"[?&=]+", "-", dataset) / f"{entry['id']}.safetensors"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(run / "weights.safetensors", target)
            reference = {
                "dataset": dataset,
                "seed": 0,
                "file": str(target.relative_to(root)),
                "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
            }
            kept = [w for w in entry.get("weights", []) if (w["dataset"], w["seed"]) != (dataset, 0)]
            entry["weights"] = kept + [reference]
            total += target.stat().st_size
            print(f"{dataset:16} {entry['id']:20} {target.stat().st_size:>9} bytes")
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    print(f"{total} bytes in all")


if __name__ == "__main__":
    main()
