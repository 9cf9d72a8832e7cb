"""Compares a device with the CPU, and times the zoo on it beside PyTorch; prints tables, ends with 1 where something differs.

    check_device.py --zoo .build/release/zoo --device cuda:0 [--times] [--minutes 8] [--json FILE]

Three parts, each on what the one before has left of the minutes:
1. Every entry, with the weights it has and with initial ones, reads the same drawn digits on the CPU and on the device. The mean losses
   have to agree to a thousandth, and no more than two of the images may be classified otherwise.
2. Two entries are trained on the device, twice, and once on the CPU. The losses of the last epoch have to agree to a twentieth, as after
   some hundred steps rounding has its say; whether both runs end in the same bits is told, not required.
3. With --times: a training step and an evaluation of every entry that has a peer in Benchmarks/peers, the zoo and PyTorch (eager and
   torch.compile) in turns.
"""

import argparse
import hashlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

root = pathlib.Path(__file__).resolve().parents[2]
SET = "strokes-rotated"


def say(text):
    print(text, flush=True)


class Failed(Exception):
    """A command that did not do what it should; the text has its last words."""


def run(command, folder, seconds):
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=folder, timeout=max(1, seconds))
    except subprocess.TimeoutExpired as error:
        raise Failed(f"no end within {seconds:.0f} s: {' '.join(map(str, command))}") from error
    if done.returncode != 0 and not done.stdout.strip():
        raise Failed(f"status {done.returncode}: {' '.join(map(str, command))}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout), done.stderr


class Check:
    def __init__(self, chosen, folder):
        self.chosen, self.folder = chosen, folder
        self.end = time.monotonic() + 60 * chosen.minutes
        self.faults, self.record = [], {}

    def zoo(self, *arguments):
        whole = [self.chosen.zoo, *arguments, "--json", "--quiet", "--manifest", root / "zoo.json"]
        return run(whole, self.folder, self.end - time.monotonic())

    def fault(self, text):
        self.faults.append(text)
        say(f"  WRONG: {text}")

    def evaluations(self):
        say(f"every entry on {self.chosen.images} images of {SET}, the CPU and {self.chosen.device}")
        rows = []
        for weights in ([], ["--weights", "initial"]):
            kind = "initial" if weights else "trained"
            # Initial weights are those of all entries, some of which take seconds for an image.
            images = max(4, self.chosen.images // 8) if weights else self.chosen.images
            found = {}
            for device in ("cpu", self.chosen.device):
                answers, errors = self.zoo(
                    "evaluate", "--all", *weights, "--dataset", SET, "--images", images, "--device", device, "--store", self.folder / "results.sqlite")
                found[device] = {answer["entry"]: answer for answer in answers}
                if errors.strip():
                    say("  " + errors.strip().replace("\n", "\n  "))
            for entry, ours in found["cpu"].items():
                theirs = found[self.chosen.device].get(entry)
                if theirs is None:
                    self.fault(f"{entry}, {kind}: no result on {self.chosen.device}")
                    continue
                for pose in ("upright", "transformed"):
                    if pose not in ours:
                        continue
                    loss, other = ours[pose]["loss"], theirs[pose]["loss"]
                    images_apart = round(abs(ours[pose]["error"] - theirs[pose]["error"]) * images)
                    rows.append({"entry": entry, "weights": kind, "pose": pose, "cpu": loss, "device": other, "otherwise": images_apart})
                    if abs(loss - other) > 1e-3 * max(1, abs(loss)) or images_apart > 2:
                        self.fault(f"{entry}, {kind}, {pose}: loss {loss:.6f} on the CPU, {other:.6f} here; {images_apart} images are classified otherwise")
        if not rows:
            self.fault("no entry was evaluated")
            return
        worst = max(rows, key=lambda row: abs(row["cpu"] - row["device"]))
        say(f"  {len(rows)} comparisons; the losses differ most for {worst['entry']}, {worst['weights']}, {worst['pose']}: {worst['cpu']:.7f} and {worst['device']:.7f}")
        self.record["evaluations"] = rows

    def trainings(self):
        recipe = ["--dataset", f"{SET}?limit={self.chosen.train}", "--epochs", "2"]
        say(f"training on {self.chosen.train} images, two epochs")
        self.record["trainings"] = []
        for entry in ("cnn", "stn-c1"):
            results = []
            for number, device in enumerate(("cpu", self.chosen.device, self.chosen.device)):
                place = ["--runs", self.folder / f"runs{number}", "--store", self.folder / f"{number}.sqlite"]
                (result,), _ = self.zoo("train", entry, *recipe, "--device", device, *place)
                results.append({
                    "loss": result["trainLoss"], "seconds": result["seconds"], "sha256": tensors(self.folder / result["weights"]),
                    "engine": result["conditions"]["engine"]})
            cpu, first, second = results
            same = first["sha256"] == second["sha256"]
            say(
                f"  {entry}: loss {cpu['loss']:.4f} on the CPU in {cpu['seconds']:.1f} s, {first['loss']:.4f} on {self.chosen.device} in "
                f"{first['seconds']:.1f} s ({first['engine']}); a second run ends in {'the same' if same else 'OTHER'} bits")
            if not abs(first["loss"] - cpu["loss"]) <= 0.05 * cpu["loss"] or not abs(second["loss"] - first["loss"]) <= 0.05 * cpu["loss"]:
                self.fault(f"{entry}: losses {[result['loss'] for result in results]}")
            self.record["trainings"].append({"entry": entry, "results": results, "same_bits": same})

    def times(self):
        sys.path.insert(0, str(root / "Benchmarks/peers"))
        from entries import ENTRIES

        names = [name for name in ENTRIES if name != "svhn"]
        say(f"milliseconds of a training step / an evaluation, batch {self.chosen.batch}, medians of {self.chosen.rounds}; {len(names)} entries")
        common = ["--batch", self.chosen.batch, "--threads", self.chosen.threads, "--device", self.chosen.device]
        zoo, _ = self.zoo("benchmark", *names, "--shape", "1x28x28", "--rounds", self.chosen.rounds, "--warmup", 5, *common)
        ours = {row["entry"]: row for row in zoo}
        self.record["times"] = []
        say(f"  {'entry':<20}{'zoo':>16}{'eager':>16}{'compile':>16}   step, evaluation against torch.compile")
        for name in names:
            row = {"entry": name, "zoo": medians(ours[name])} if name in ours else {"entry": name}
            for configuration in self.chosen.configurations:
                if time.monotonic() > self.end - 5:
                    continue
                peer = [
                    sys.executable, root / "Benchmarks/peers/time_entry.py", name, "--configuration", configuration, "--steps", self.chosen.rounds,
                    "--warmup", 5, *common]
                try:
                    found, _ = run(peer, root, min(120, self.end - time.monotonic()))
                    row[configuration] = medians(found)
                except (Failed, json.JSONDecodeError) as error:
                    row[f"{configuration} failed"] = str(error)[-300:]
            self.record["times"].append(row)
            cells = [f"{row[who][0]:.2f} / {row[who][1]:.2f}" if who in row else "-" for who in ("zoo", "eager", "compile")]
            share = [f"{theirs / own:.2f}×" for theirs, own in zip(row["compile"], row["zoo"])] if "compile" in row and "zoo" in row else []
            say(f"  {name:<20}{cells[0]:>16}{cells[1]:>16}{cells[2]:>16}   {', '.join(share)}")
        left = [row["entry"] for row in self.record["times"] if not all(who in row for who in ("zoo", *self.chosen.configurations))]
        if left:
            say(f"  not all timed: {', '.join(left)}")


def medians(timing):
    return [statistics.median(timing[phase]) for phase in ("train_step_ms", "evaluate_ms")]


def tensors(path):
    """SHA-256 of what a safetensors file holds behind its header, which has dates and names."""
    contents = path.read_bytes()
    return hashlib.sha256(contents[8 + int.from_bytes(contents[:8], "little"):]).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zoo", type=pathlib.Path, default=root / ".build/release/zoo")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--times", action="store_true", help="time the zoo and PyTorch, too")
    parser.add_argument("--configurations", nargs="*", default=["eager", "compile"])
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--train", type=int, default=4000, help="training images")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--json", type=pathlib.Path, help="everything that was measured")
    chosen = parser.parse_args()
    chosen.zoo = chosen.zoo.resolve()
    with tempfile.TemporaryDirectory() as folder:
        check = Check(chosen, pathlib.Path(folder))
        for part in (check.evaluations, check.trainings, *([check.times] if chosen.times else [])):
            try:
                part()
            except (Failed, json.JSONDecodeError) as error:
                check.fault(f"{part.__name__}: {error}")
        if chosen.json:
            chosen.json.write_text(json.dumps(check.record | {"faults": check.faults}, indent=1) + "\n")
    if check.faults:
        sys.exit(f"check-device: FAILED: {len(check.faults)} faults")
    say("check-device: passed")


if __name__ == "__main__":
    main()
