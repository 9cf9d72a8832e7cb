#!/usr/bin/env python3
"""Says what a build spends its processor time on: runs a command and adds up that of every compiler, by module or file.

    Benchmarks/build_time.py make build        in a clean clone, for a clean build

Compilers are looked at three times a second, so what runs shorter than that may be missing. Processor time depends less
than the clock's on what else the machine does; on cores that share their units with busy ones it still grows.
"""

import collections
import os
import pathlib
import subprocess
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")


def label(arguments):
    """What a compiler or linker works on; None for other programs."""
    program = os.path.basename(arguments[0])
    if "-module-name" in arguments:
        return "Swift " + arguments[arguments.index("-module-name") + 1]
    sources = [a for a in arguments if a.endswith((".cpp", ".c"))]
    if program.startswith("clang") and sources:
        folder = pathlib.Path(sources[-1]).parts
        return "C++ CTorch" if "CTorch" in folder else "C and C++, other"
    return "linking" if program.startswith(("ld", "lld")) else None


def processes(session):
    """Of every process of a session: its number and start, arguments, and seconds so far."""
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = pathlib.Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[3]) == session:
                arguments = pathlib.Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace").split("\0")
                yield (number, fields[19]), arguments, (int(fields[11]) + int(fields[12])) / TICKS
        except (FileNotFoundError, ProcessLookupError):
            pass


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.strip())
    start = time.time()
    command = subprocess.Popen(sys.argv[1:], start_new_session=True)
    seconds, labels = {}, {}
    while command.poll() is None:
        for key, arguments, spent in processes(command.pid):
            if name := label(arguments):
                seconds[key], labels[key] = spent, name
        time.sleep(0.3)
    total = collections.Counter()
    for key, spent in seconds.items():
        total[labels[key]] += spent
    print(f"{time.time() - start:8.1f} s  by the clock\n{sum(total.values()):8.1f} s  of processor time, all compilers")
    for name, spent in total.most_common(20):
        print(f"{spent:8.1f} s  {name}")
    sys.exit(command.returncode)


if __name__ == "__main__":
    main()
