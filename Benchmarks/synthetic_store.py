"""Makes a result store of synthetic results, to see how the commands that read stores take many.

usage: synthetic_store.py TEMPLATE OUTPUT --entries N --sets N --seeds N [--tasks N] [--small]

TEMPLATE is a store with an error measured of one entry: `zoo evaluate cnn --dataset strokes-rotated --store TEMPLATE`. Every synthetic
result is a copy of that, tables, losses and all, with an entry, a data set, a seed and random answers per image of its own. Beside
OUTPUT lies a manifest that describes the entries, zoo.json. With --tasks the results lie in a sweep instead, OUTPUT being its folder:
as many tasks' stores, each with its share, and what status reads. With --small a result has its figures and answers and nothing else,
where millions would not fit on a disk.
"""

import argparse
import hashlib
import json
import random
import shutil
import sqlite3
import uuid
import zlib
from pathlib import Path


def data_set(number):
    return f"strokes-rotated?limit={1000 - number}"


def packed(answers):
    """As SeriesPacking.swift keeps them."""
    return b"\1" + len(answers).to_bytes(4, "little") + zlib.compress(answers)


class Answers:
    """Which images an entry names rightly."""

    def __init__(self, right):
        self.error = 1 - sum(right) / len(right)
        self.packed = packed(right)


class Template:
    def __init__(self, path, small):
        db = sqlite3.connect(path)
        db.row_factory = sqlite3.Row
        self.row = dict(db.execute("SELECT * FROM result WHERE probe = 'error' AND status = 'measured' ORDER BY id").fetchone())
        self.figures = [tuple(r)[1:] for r in db.execute("SELECT result, position, name, value, unit, is_timing FROM figure WHERE result = ?", (self.row["id"],))]
        self.columns = [r["name"] for r in db.execute("PRAGMA table_info(series)") if r["name"] not in ("id", "result")]
        names = ", ".join(f'"{c}"' for c in self.columns)
        self.series = [dict(r) for r in db.execute(f"SELECT {names} FROM series WHERE result = ? ORDER BY id", (self.row["id"],))]
        self.tables = db.execute("SELECT bytes FROM tables WHERE result = ?", (self.row["id"],)).fetchone()
        if small:
            self.tables = None
            self.series = [s for s in self.series if s["name"] == "transformed.correct"]
        self.path = path
        db.close()


def empty(template, path):
    """A store without results, of the template's version."""
    if path.exists():
        path.unlink()
    source = sqlite3.connect(template.path)
    db = sqlite3.connect(path)
    source.backup(db)
    source.close()
    db.executescript("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; DELETE FROM series; DELETE FROM tables; DELETE FROM figure; DELETE FROM result;")
    db.commit()
    db.execute("VACUUM")
    db.close()


def open_copy(empty, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(empty, path)
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")
    return db


def add(db, template, random, entry, number, seed, answers):
    row = dict(template.row)
    del row["id"]
    name = f"{entry}/{number}/{seed}"
    digest = hashlib.sha256(name.encode()).hexdigest()
    row |= {
        "uuid": str(uuid.UUID(digest[:32])), "job": digest, "plan": digest, "entry": entry, "seed": seed, "dataset": data_set(number),
        "trained_on": data_set(number), "weights": f"runs/{name}/weights.safetensors",
        "images_seen": f"{row['images_seen']}-{number}" if number else row["images_seen"],
    }
    correct = answers[random.randrange(len(answers))]
    columns = ", ".join(row)
    id = db.execute(f"INSERT INTO result ({columns}) VALUES ({', '.join('?' * len(row))})", tuple(row.values())).lastrowid
    db.executemany(
        "INSERT INTO figure (result, position, name, value, unit, is_timing) VALUES (?, ?, ?, ?, ?, ?)",
        [(id, f[0], f[1], correct.error if f[1] == "error.transformed" else f[2], *f[3:]) for f in template.figures])
    if template.tables:
        db.execute("INSERT INTO tables (result, bytes) VALUES (?, ?)", (id, *template.tables))
    for series in template.series:
        values = dict(series)
        if values["name"] == "transformed.correct":
            values |= {"packing": 1, "bytes": correct.packed}
        names = ", ".join(f'"{c}"' for c in values)
        db.execute(f"INSERT INTO series (result, {names}) VALUES (?, {', '.join('?' * len(values))})", (id, *values.values()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("template", type=Path)
    parser.add_argument("output", type=Path)
    for name in ("entries", "sets", "seeds"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--tasks", type=int)
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    template = Template(options.template, options.small)
    generator = random.Random(0)
    images = next(int(f[2]) for f in template.figures if f[1] == "images")
    entries = [f"e{n:05}" for n in range(options.entries)]
    jobs = [(entry, number, seed) for number in range(options.sets) for entry in entries for seed in range(options.seeds)]
    # Ten sets of answers for each entry, whose errors lie between 1 and 10 %.
    answers = {}
    for entry in entries:
        rate = generator.uniform(0.01, 0.1)
        answers[entry] = [
            Answers(bytes(generator.random() >= rate for _ in range(images))) for _ in range(min(10, options.seeds))]

    options.output.parent.mkdir(parents=True, exist_ok=True)
    blank = options.output.parent / "empty.sqlite"
    empty(template, blank)

    def store(path, part):
        db = open_copy(blank, path)
        for entry, number, seed in part:
            add(db, template, generator, entry, number, seed, answers[entry])
        db.commit()
        db.close()

    extractor = {"id": "mnist-cnn", "config": {"width": 2}}
    manifest = {"version": 1, "entries": [{"id": e, "architecture": "cnn", "parts": {"extractor": extractor}} for e in entries]}
    if options.tasks is None:
        store(options.output, jobs)
        (options.output.parent / "zoo.json").write_text(json.dumps(manifest))
        return
    folder = options.output
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "state").mkdir(parents=True)
    size = -(-len(jobs) // options.tasks)
    parts = [jobs[start:start + size] for start in range(0, len(jobs), size)]
    with open(folder / "tasks-0.jsonl", "w") as lines:
        for task, part in enumerate(parts):
            asked = [
                {"entry": e, "dataset": data_set(n), "probe": "error", "seed": s, "key": hashlib.sha256(f"{e}{n}{s}".encode()).hexdigest()[:16]}
                for e, n, s in part]
            lines.write(json.dumps({"number": task, "submission": 0, "jobs": asked}) + "\n")
            state = {
                "task": task, "phase": "done", "attempt": 1, "machine": "node1", "process": 1, "slurm": f"1_{task}", "started": 0.0,
                "updated": 10.0, "total": len(part), "ended": len(part), "failed": 0, "seconds": 10.0, "running": [], "failures": []}
            (folder / "state" / f"{task}.json").write_text(json.dumps(state))
            store(folder / "stores" / f"{task}.sqlite", part)
    submission = {
        "date": "2026-01-01T00:00:00Z", "program": "zoo", "command": ["evaluate", "--all"], "folder": "/", "environment": {}, "first": 0,
        "count": len(parts)}
    (folder / "sweep.json").write_text(json.dumps({
        "version": 1, "id": folder.name, "store": str(folder.absolute().parent / "collected.sqlite"),
        "slurm": {"cpus": 1, "warning": 120, "others": []}, "submissions": [submission], "submitted": []}))


if __name__ == "__main__":
    main()
