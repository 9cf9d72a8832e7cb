"""Times the zoo and PyTorch in turns, in one run, on one machine, with one number of threads.

Every case runs in rounds; every round runs every contestant once, each in a process of its own, in another order each time, so that
a machine that slows down slows all of them. A time is the median of all steps; a ratio is the median over rounds of (PyTorch's
median / the zoo's median in that round), with the smallest and the largest round beside it. Above 1 the zoo is faster. Operators
are timed in turns within one process, by operators.py, and the least of their times counts.

The slow configurations of PyTorch (bf16, compile) run in one round, on two entries, unless asked for by name; where the processor has
bfloat16, PyTorch's and the zoo's are no slow ones and run everywhere.

Writes Benchmarks/results/latest.json (everything measured) after every case, and the tables between the markers in docs/benchmarks.md:
what is interrupted keeps what it has. A contestant that fails, or takes too long, is named in the end, and its cells stay empty.
"""

import argparse
import dataclasses
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "peers"))

root = pathlib.Path(__file__).resolve().parents[1]
PHASES = {"train_step_ms": "training step", "evaluate_ms": "evaluation"}
BEGIN, END = "<!-- figures: begin, written by `make benchmark` -->", "<!-- figures: end -->"
FAST_BF16 = any(flag in pathlib.Path("/proc/cpuinfo").read_text() for flag in ("avx512_bf16", "amx_bf16"))
DEFAULT = ("eager", "channels-last", *(["bf16"] if FAST_BF16 else []))
SLOW = ("compile",) if FAST_BF16 else ("bf16", "compile")  # on these entries of the first suite, where nothing else is asked for
ZOO_LOW = "zoo bf16"  # compared with the zoo in float32, as PyTorch is
ZOO_AVX2 = "zoo avx2"  # the kernels of AVX2 on a processor that has more
SLOW_ENTRIES = ("cnn", "cnn-bn", "stn-c0", "stn-c1", "stn-sl1", "ic-stn-affine", "p4-cnn", "c8-cnn", "cw-p4cnn", "polar")  # one or two of each family
PATIENCE = 120  # seconds that one process may take; bfloat16 is emulated where the processor has none of it
FLAGS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "asimd", "sve")


@dataclasses.dataclass
class Case:
    """One network on one shape of noise; `entry` is the same in the manifest and in peers/entries.py."""

    suite: str
    entry: str
    shape: str = "1x28x28"
    batch: int = 256
    classes: int = 10
    heads: int = 1
    manifest: str = "zoo.json"
    steps: int | None = None
    warmup: int = 2

    @property
    def name(self):
        return {"sides": f"{self.entry}, {self.shape.replace('x', '×')}, batch {self.batch}", "batches": f"{self.entry}, batch {self.batch}"}.get(
            self.suite, self.entry)


SUITES = {
    "28x28": "Every entry with a peer, 28×28, batch 256",
    "sides": "Larger images",
    "batches": "Scaling with the batch; latency is batch 1",
    "start": "From the start of the process to the end of one training step and one evaluation, batch 1",
}


def cases(quick):
    from entries import ENTRIES

    own = "Benchmarks/entries.json"
    found = [Case("28x28", entry) for entry in ENTRIES if entry != "svhn"]
    found += [Case("sides", entry, f"1x{side}x{side}", 64, manifest=own) for entry in ("cnn", "stn-c0") for side in (60, 112)]
    found.append(Case("sides", "svhn", "3x64x64", 32, 11, 5, manifest=own))
    found += [Case("batches", "stn-c0", batch=batch) for batch in (1, 16, 64, 1024)]
    found.append(Case("start", "stn-c0", batch=1, steps=1, warmup=0))
    if quick:
        kept = {"cnn", "stn-c0", "stn-multi", "p4-cnn", "polar"}
        found = [c for c in found if (c.suite == "28x28" and c.entry in kept) or c.suite == "start" or c.name == "stn-c0, batch 1"]
    return found


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zoo", type=pathlib.Path, default=root / ".build/release/zoo", help="the zoo's executable")
    parser.add_argument("--quick", action="store_true", help="few entries, two rounds")
    parser.add_argument("--suites", nargs="+", choices=[*SUITES, "operators"], default=[*SUITES, "operators"])
    parser.add_argument("--entries", nargs="+", help="only these")
    parser.add_argument("--configurations", nargs="+", choices=[*DEFAULT, *SLOW], help=f"PyTorch's; default: {', '.join(DEFAULT)}, and in one round {', '.join(SLOW)} on {', '.join(SLOW_ENTRIES)}")
    parser.add_argument("--rounds", type=int, help="default: 3, quick 2")
    parser.add_argument("--steps", type=int, help="timed steps in a round; default: 4")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--note", help="a sentence for the page, on the state of the machine")
    chosen = parser.parse_args()
    chosen.rounds = chosen.rounds or (2 if chosen.quick else 3)
    chosen.steps = chosen.steps or 4
    if chosen.rounds < 1 or chosen.steps < 1 or chosen.threads < 1:
        parser.error("--rounds, --steps and --threads must be at least 1")
    return chosen


class Failed(Exception):
    """A contestant that gave no time; the text says which and why."""


def run(command, threads):
    """What a command prints, its seconds from start to end, and the most memory that it held, in MiB."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    command = [str(part) for part in command]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=errors, cwd=root)
        except OSError as error:
            raise Failed(f"{command[0]} does not start: {error.strerror}") from error
        patience = threading.Timer(PATIENCE, process.kill)
        patience.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        patience.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0), errors.seek(0)
        if process.returncode == -signal.SIGKILL and seconds >= PATIENCE:
            raise Failed(f"'{' '.join(command)}' did not end within {PATIENCE} s")
        if process.returncode != 0:
            last = (errors.read().strip().splitlines() or ["it said nothing"])[-1]
            raise Failed(f"'{' '.join(command)}' ended with {process.returncode}: {last}")
        return output.read(), seconds, usage.ru_maxrss / 1024


def timing(command, case, threads):
    """The one timing that a contestant prints: phase → milliseconds, with "seconds", "peak_mib" and "version"."""
    text, seconds, peak = run(command, threads)
    try:
        found = json.loads(text)
        found = found[0] if isinstance(found, list) else found
        if found["threads"] != threads:
            raise Failed(f"{command[0]} ran on {found['threads']} threads, not on {threads}")
        if found["entry"] != case.entry or not all(found[phase] for phase in PHASES):
            raise ValueError
    except (ValueError, KeyError, TypeError, IndexError) as error:
        wanted = f"JSON with entry {case.entry}, threads, train_step_ms and evaluate_ms"
        raise Failed(f"'{' '.join(map(str, command))}' did not print {wanted}") from error
    return {phase: found[phase] for phase in PHASES} | {"seconds": seconds, "peak_mib": peak, "version": found.get("version")}


def contestants(chosen, case):
    steps = case.steps or chosen.steps
    shape = ["--shape", case.shape, "--classes", case.classes, "--heads", case.heads, "--batch", case.batch, "--warmup", case.warmup]
    zoo = [chosen.zoo.resolve(), "benchmark", "--json", case.entry, "--manifest", root / case.manifest, "--rounds", steps, "--threads", chosen.threads, *shape]
    field = [("zoo", zoo)] + ([(ZOO_LOW, [*zoo, "--precision", "bf16"])] if FAST_BF16 else [])
    if case.suite == "28x28" and case.entry == "stn-c0" and "avx512f" in pathlib.Path("/proc/cpuinfo").read_text():
        field.append((ZOO_AVX2, ["env", "ZOO_CPU=avx2", *zoo]))
    peer = [sys.executable, root / "Benchmarks/peers/time_entry.py", case.entry, "--steps", steps, "--threads", chosen.threads, *shape]
    slow = SLOW if case.suite == "28x28" and case.entry in SLOW_ENTRIES and not chosen.quick else ()
    configurations = chosen.configurations or (*DEFAULT, *slow)
    return field + [(configuration, [*peer, "--configuration", configuration]) for configuration in configurations]


def measure(case, chosen, failures):
    """Contestant → one timing per round, of those that gave any; adds to `failures`."""
    field, found = contestants(chosen, case), {}
    for turn in range(chosen.rounds):
        shift = turn % len(field)
        for name, command in field[shift:] + field[:shift]:
            if turn > 0 and name in SLOW and not chosen.configurations:
                continue
            print(f"{case.suite}: {case.name}: round {turn + 1}/{chosen.rounds}, {name}", file=sys.stderr)
            try:
                found.setdefault(name, []).append(timing(command, case, chosen.threads))
            except Failed as failure:
                failures.append(f"{case.suite}: {case.name}: {name}: {failure}")
                print(f"benchmark: {failures[-1]}", file=sys.stderr)
                if name == "zoo":
                    return {}
                found.pop(name, None)
                field = [other for other in field if other[0] != name]
    return {name: found[name] for name, _ in field}


def compared(theirs, ours):
    """Medians of both, and the ratio of the rounds' medians."""
    ratios = [statistics.median(a) / statistics.median(b) for a, b in zip(theirs, ours)]
    return {"ratio": statistics.median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios)}


def summary(rounds):
    """Contestant → figure → median and, beside the zoo, the ratio to it."""
    found = {}
    for name, turns in rounds.items():
        for figure in (*PHASES, "seconds", "peak_mib"):
            values, ours = ([turn[figure] if figure in PHASES else [turn[figure]] for turn in who] for who in (turns, rounds["zoo"]))
            cell = {"median": statistics.median([value for turn in values for value in turn])}
            found.setdefault(name, {})[figure] = cell | (compared(values, ours) if name != "zoo" else {})
    return found


def measure_operators(chosen):
    command = [sys.executable, root / "Benchmarks/operators.py", "--engine", chosen.zoo.resolve().parent / "libCTorch.so"]
    print("operators", file=sys.stderr)
    text, _, _ = run([*command, "--threads", chosen.threads, "--rounds", 5 if chosen.quick else 9], chosen.threads)
    first, *rows = (json.loads(line) for line in text.splitlines())
    return first["peaks"], rows


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    except OSError:
        return None
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else None


def machine(threads, versions):
    processor = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        processor.setdefault(key.strip(), value.strip())
    flags = (processor.get("flags") or processor.get("Features") or "").split()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return {
        "processor": processor.get("model name", platform.machine()), "flags": [flag for flag in FLAGS if flag in flags],
        "cores": os.cpu_count(), "threads": threads, "memory_gib": round(pages / 2**30, 1), "system": system,
        "swift": first_line("swift", "--version"), "python": platform.python_version(),
        "pytorch": versions.get("PyTorch"), "zoo": versions.get("zoo"), "commit": first_line("git", "rev-parse", "--short", "HEAD"),
        "changed": first_line("git", "status", "--porcelain", "--untracked-files=no", "--", "Sources", "Plugins") is not None,
        "date": datetime.date.today().isoformat()}


def times(cell):
    return f"{cell['ratio']:.2f}× ({cell['ratio_min']:.2f}–{cell['ratio_max']:.2f})"


def table(suite, entries):
    """entries: name → summary."""
    found = {name for field in entries.values() for name in field}
    configurations = [name for name in (ZOO_LOW, ZOO_AVX2, *DEFAULT, *SLOW) if name in found]
    columns = [name if name in (ZOO_LOW, ZOO_AVX2) else f"PyTorch {name}" for name in configurations]
    if suite == "start":
        figures, titles, scale = ["seconds"], ["zoo, ms"], 1000
    else:
        figures, titles, scale = list(PHASES), [f"{title}, ms" for title in PHASES.values()], 1
    head = ["entry"]
    for title in titles:
        head += [title, *columns]
    head += ["peak MiB", *columns]
    lines = [f"| {' | '.join(head)} |", "|---|" + "--:|" * (len(head) - 1)]
    for entry, field in entries.items():
        cells = [entry]
        for figure in figures:
            cells.append(f"{scale * field['zoo'][figure]['median']:.1f}")
            cells += [times(field[name][figure]) if name in field else "" for name in configurations]
        cells += [f"{field[who]['peak_mib']['median']:.0f}" if who in field else "" for who in ("zoo", *configurations)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def operator_table(operators, peaks):
    """The least of all runs: an operator takes milliseconds, and what else the machine does takes some of most of them."""
    lines = ["| operator | | PyTorch, ms | zoo, ms | zoo is faster by | of the roofline | zoo |", "|---|---|--:|--:|--:|--:|--:|"]
    for row in operators:
        theirs, ours = min(row["torch_ms"]), min(row["zoo_ms"])
        most = peaks["bf16_gflops"] if "bf16" in row["name"] else peaks["fp32_gflops"]
        limit = max((row["operations"] if row["phase"] != "images" else 0) / most, row["bytes"] / peaks["read_gbytes"]) / 1e6
        speed = ""
        if row["phase"] == "forward" and row["operations"]:
            speed = f"{row['operations'] / ours / 1e6:.0f} GFLOP/s"
        elif row["phase"] == "images":
            speed = f"{row['operations'] / ours / 1e3:.2f} million images/s"
        lines.append(f"| {row['name']} | {row['phase']} | {theirs:.2f} | {ours:.2f} | {theirs / ours:.2f}× | {100 * limit / ours:.0f} % | {speed} |")
    return lines


def goals(record):
    """(goal, least ratio wanted, ratios by name), of those whose cases were measured. A ratio above 1 says that the zoo is faster."""
    found = {(row["suite"], row["name"]): row["summary"] for row in record["cases"]}
    float32, both = ("eager", "channels-last", "compile"), ("eager", "channels-last", "bf16", "compile")

    def ratios(summary, phase, names, ours="zoo"):
        """Of each configuration of PyTorch to the zoo in `ours`."""
        base = summary[ours][phase]["median"]
        return [summary[name][phase]["median"] / base for name in names if name in summary]

    def best(summary, phase, names, ours=("zoo",)):
        """Of PyTorch's fastest to the zoo's fastest."""
        return max((min(ratios(summary, phase, names, who), default=None) for who in ours if who in summary), default=None)

    rows, stn = [], found.get(("28x28", "stn-c0"))
    entries = {name: summary for (suite, name), summary in found.items() if suite == "28x28"}
    train, evaluate = "train_step_ms", "evaluate_ms"
    if stn:
        rows += [
            ("stn-c0, training, against eager", 9, {"stn-c0": best(stn, train, ["eager"])}),
            ("stn-c0, training, against PyTorch's best", 7, {"stn-c0": best(stn, train, both, ("zoo", ZOO_LOW))}),
            ("stn-c0, evaluation, against eager", 10, {"stn-c0": best(stn, evaluate, ["eager"])}),
            ("stn-c0, evaluation, against PyTorch's best", 5, {"stn-c0": best(stn, evaluate, both, ("zoo", ZOO_LOW))}),
        ]
        if ZOO_AVX2 in stn:
            rows.append(("stn-c0, training with the kernels of AVX2, against eager", 5.5, {"stn-c0": best(stn, train, ["eager"], (ZOO_AVX2,))}))
    rows.append(("every entry, training, against PyTorch's best in float32", 2, {name: best(s, train, float32) for name, s in entries.items()}))
    rows.append(("three quarters of the entries, likewise", 4, {name: best(s, train, float32) for name, s in entries.items()}))
    low = {name: s for name, s in entries.items() if ZOO_LOW in s}
    rows.append(("every entry, training, bf16 on both sides", 1.5, {name: best(s, train, ["bf16"], (ZOO_LOW,)) for name, s in low.items()}))
    rows.append(("the zoo's bf16 against its float32, training", 0.97, {name: s["zoo"][train]["median"] / s[ZOO_LOW][train]["median"] for name, s in low.items()}))
    for (suite, name), summary in found.items():
        if suite == "sides" and name.startswith("svhn"):
            rows += [(f"the SVHN net, {PHASES[phase]}, against PyTorch's best", goal, {name: best(summary, phase, both, ("zoo", ZOO_LOW))}) for phase, goal in ((train, 1.6), (evaluate, 1.5))]
        if suite == "batches" and name == "stn-c0, batch 1":
            rows += [(f"batch 1, {PHASES[phase]}, against PyTorch's best in float32", 3, {name: best(summary, phase, float32)}) for phase in (evaluate, train)]
    rows.append(("every operator", 1.2, {f"{row['name']}, {row['phase']}": min(row["torch_ms"]) / min(row["zoo_ms"]) for row in record["operators"]}))
    return [(title, goal, {name: value for name, value in values.items() if value is not None}) for title, goal, values in rows]


def goal_table(record):
    lines = ["| goal | | least | reached by |", "|---|--:|--:|---|"]
    for title, goal, values in goals(record):
        if not values:
            continue
        reached = sum(value >= goal for value in values.values())
        behind = sorted((value, name) for name, value in values.items() if value < goal)
        names = ", ".join(f"{name} {value:.2f}×" for value, name in behind[:4]) + (f" and {len(behind) - 4} more" if len(behind) > 4 else "")
        lines.append(f"| {title} | ≥ {goal}× | {min(values.values()):.2f}× | {reached} of {len(values)}{'; not ' + names if behind else ''} |")
    return lines


def page(record):
    about, lines = record["machine"], ["### Goals", "", *goal_table(record), ""]
    for suite, title in SUITES.items():
        entries = {row["name"]: row["summary"] for row in record["cases"] if row["suite"] == suite}
        if entries:
            lines += [f"### {title}", "", *table(suite, entries), ""]
    if record["operators"]:
        runs = len(record["operators"][0]["zoo_ms"])
        clock = "processor time, " if about["threads"] == 1 else ""
        lines += [f"### Operators alone, {clock}least of {runs} runs", "", *operator_table(record["operators"], record["peaks"]), ""]
        lines += [
            f"The roofline is what the result needs at least, each tensor once and no product that carries nothing, at the peaks measured at the start: "
            f"{record['peaks']['fp32_gflops']:.0f} GFLOP/s in float32, {record['peaks']['bf16_gflops']:.0f} in bfloat16, {record['peaks']['read_gbytes']:.0f} GB/s of memory. "
            "Winograd's way needs fewer products than counted here, so a share can be above 100 %; so can what the caches hold.", ""]
    commit = f"{about['commit']}{' with changes' if about['changed'] else ''}"
    rounds = f" {record['rounds']} rounds of {record['steps']} steps." if record["cases"] else ""
    lines.append(
        f"Measured {about['date']} on {about['processor']} ({', '.join(about['flags'])}), {about['cores']} cores, {about['threads']} thread{'s' * (about['threads'] > 1)}, "
        f"{about['memory_gib']} GiB; {about['system']}; {about['swift']}; PyTorch {about['pytorch']}, Python {about['python']}; zoo at commit "
        f"{commit}.{rounds} Load before and after: {about['load_before']} and {about['load_after']}. {record['note'] or ''}".strip())
    return "\n".join(lines)


def main():
    chosen = arguments()
    load = f"{os.getloadavg()[0]:.1f}"
    record = {"machine": None, "rounds": chosen.rounds, "steps": chosen.steps, "note": chosen.note, "failures": [], "peaks": None, "cases": [], "operators": []}
    results = root / "Benchmarks/results/latest.json"
    results.parent.mkdir(exist_ok=True)

    def write():
        seen = {name: turns[0]["version"] for row in record["cases"] for name, turns in row["rounds"].items()}
        versions = {"zoo": seen.get("zoo"), "PyTorch": importlib.metadata.version("torch")}
        record["machine"] = machine(chosen.threads, versions) | {"load_before": load, "load_after": f"{os.getloadavg()[0]:.1f}"}
        results.write_text(json.dumps(record, indent=1) + "\n")
        path = root / "docs/benchmarks.md"
        text = path.read_text()
        if text.count(BEGIN) != 1 or text.count(END) != 1:
            sys.exit(f"benchmark: {path} has lost its markers '{BEGIN}' and '{END}'; the figures are in {results}")
        before, rest = text.split(BEGIN)
        path.write_text(f"{before}{BEGIN}\n\n{page(record)}\n\n{END}{rest.split(END)[1]}")

    try:
        if "operators" in chosen.suites:
            record["peaks"], record["operators"] = measure_operators(chosen)
            write()
        for case in cases(chosen.quick):
            if case.suite not in chosen.suites or (chosen.entries and case.entry not in chosen.entries):
                continue
            rounds = measure(case, chosen, record["failures"])
            if not rounds:
                continue
            record["cases"].append({"suite": case.suite, "name": case.name, "case": dataclasses.asdict(case), "summary": summary(rounds), "rounds": rounds})
            write()
    except KeyboardInterrupt:
        sys.exit(f"benchmark: interrupted; what was measured is in {results}")
    except Failed as failure:
        sys.exit(f"benchmark: {failure}")
    write()
    print(page(record))
    if record["failures"]:
        sys.exit("\n".join(["benchmark: these gave no time:", *record["failures"]]))


if __name__ == "__main__":
    main()
