"""Times the zoo and PyTorch in turns, in one run, on one machine, with one number of threads.

Every round runs every contestant once, in another order each time, so that a machine that slows down slows all of them. A
contestant's time is the median of all its steps; a ratio is the median over rounds of (PyTorch's median / the zoo's median in
that round), with the smallest and the largest round beside it. Above 1 the zoo is faster.

Writes Benchmarks/results/mnist.json (everything measured) and the table between the markers in docs/benchmarks.md.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[1]
PHASES = {"train_step_ms": "training step", "evaluate_ms": "evaluation"}
BEGIN, END = "<!-- mnist: begin, written by `make benchmark` -->", "<!-- mnist: end -->"
FLAGS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "asimd", "sve")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zoo", type=pathlib.Path, default=root / ".build/release/zoo", help="the zoo's executable")
    parser.add_argument("--without-zoo", action="store_true", help="PyTorch alone; prints, writes nothing")
    parser.add_argument("--entries", nargs="+", default=["cnn", "stn-c0"])
    parser.add_argument("--configurations", nargs="+", default=["eager", "channels-last"], help="also: bf16, compile")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10, help="PyTorch's timed steps in a round")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    chosen = parser.parse_args()
    if chosen.rounds < 1 or chosen.steps < 1 or chosen.threads < 1:
        parser.error("--rounds, --steps and --threads must be at least 1")
    return chosen


def answers(command, threads):
    """The JSON objects that a command prints: one a line, or one list."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    try:
        done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        sys.exit(f"benchmark: {command[0]} does not start: {error.strerror}")
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        sys.exit(f"benchmark: '{' '.join(map(str, command))}' ended with {done.returncode}: {last}")
    try:
        try:
            found = json.loads(done.stdout)
        except json.JSONDecodeError:
            found = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        found = found if isinstance(found, list) else [found]
        for answer in found:
            if answer["threads"] != threads:
                sys.exit(f"benchmark: {command[0]} ran on {answer['threads']} threads, not on {threads}")
            if not answer["entry"] or not all(answer[phase] for phase in PHASES):
                raise ValueError
    except (ValueError, KeyError, TypeError):
        wanted = "JSON with entry, threads, train_step_ms and evaluate_ms"
        sys.exit(f"benchmark: '{' '.join(map(str, command))}' did not print {wanted}")
    return found


def contestants(chosen):
    peer = [sys.executable, root / "Benchmarks/peers/time_mnist.py"]
    tail = ["--steps", chosen.steps, "--threads", chosen.threads]
    made = [] if chosen.without_zoo else [("zoo", lambda entry: [chosen.zoo, "benchmark", "--json", entry])]
    for configuration in chosen.configurations:
        made.append((configuration, lambda entry, c=configuration: [*peer, entry, "--configuration", c, *tail]))
    return made


def measure(chosen):
    """entry → contestant → phase → one list of milliseconds per round; and the versions seen."""
    times, versions = {}, {}
    field = contestants(chosen)
    for entry in chosen.entries:
        for turn in range(chosen.rounds):
            shift = turn % len(field)
            for name, command in field[shift:] + field[:shift]:
                print(f"round {turn + 1}/{chosen.rounds}: {entry}, {name}", file=sys.stderr)
                found = [answer for answer in answers(command(entry), chosen.threads) if answer["entry"] == entry]
                if len(found) != 1:
                    sys.exit(f"benchmark: {name} gave {len(found)} results for {entry}, not one")
                for phase in PHASES:
                    times.setdefault(entry, {}).setdefault(name, {}).setdefault(phase, []).append(found[0][phase])
                versions["zoo" if name == "zoo" else "PyTorch"] = found[0].get("version")
    return times, versions


def summary(times):
    """entry → contestant → phase → median milliseconds and, beside the zoo, the ratio to it."""
    found = {}
    for entry, field in times.items():
        for name, phases in field.items():
            for phase, rounds in phases.items():
                cell = {"median_ms": statistics.median([value for turn in rounds for value in turn])}
                if name != "zoo" and "zoo" in field:
                    ratios = [statistics.median(a) / statistics.median(b) for a, b in zip(rounds, field["zoo"][phase])]
                    cell |= {"ratio": statistics.median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios)}
                found.setdefault(entry, {}).setdefault(name, {})[phase] = cell
    return found


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


def table(found, rounds, about):
    title = {"zoo": "zoo"}
    lines = ["| entry | | training step, ms | zoo is faster by | evaluation, ms | zoo is faster by |", "|---|---|--:|--:|--:|--:|"]
    for entry, field in found.items():
        for name, phases in field.items():
            cells = []
            for phase in PHASES:
                cell = phases[phase]
                cells.append(f"{cell['median_ms']:.1f}")
                faster = f"{cell['ratio']:.2f}× ({cell['ratio_min']:.2f} to {cell['ratio_max']:.2f})" if "ratio" in cell else ""
                cells.append(faster)
            lines.append(f"| {entry} | {title.get(name, f'PyTorch, {name}')} | {' | '.join(cells)} |")
    commit = f"{about['commit']}{' with changes' if about['changed'] else ''}"
    lines += [
        "",
        f"Measured {about['date']} on {about['processor']} ({', '.join(about['flags'])}), {about['cores']} cores, {about['threads']} threads, "
        f"{about['memory_gib']} GiB; {about['system']}; {about['swift']}; PyTorch {about['pytorch']}, "
        f"Python {about['python']}; zoo at commit {commit}. Medians of {rounds} rounds; in brackets the smallest and the largest round."]
    return "\n".join(lines)


def write(chosen, times, found, about):
    results = root / "Benchmarks/results/mnist.json"
    results.parent.mkdir(exist_ok=True)
    results.write_text(json.dumps({"machine": about, "rounds": chosen.rounds, "summary": found, "milliseconds": times}, indent=1) + "\n")
    page = root / "docs/benchmarks.md"
    text = page.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f"benchmark: {page} has lost its markers '{BEGIN}' and '{END}'; the figures are in {results}")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{table(found, chosen.rounds, about)}\n\n{END}{after}")


def main():
    chosen = arguments()
    times, versions = measure(chosen)
    found, about = summary(times), machine(chosen.threads, versions)
    print(table(found, chosen.rounds, about))
    if not chosen.without_zoo:
        write(chosen, times, found, about)


if __name__ == "__main__":
    main()
