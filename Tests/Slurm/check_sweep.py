"""Submits twelve trainings to the Slurm that SLURM_CONF names, disturbs some of them, and looks at the sweep all the while.

usage: check_sweep.py ZOO FOLDER     FOLDER: with libSleepy.so, whose training steps take 0.2 s, and libFaulty.so, which crashes

What has to be true: `zoo status` agrees with the scheduler at every moment that is looked at; the failure is named; nobody's result is
hidden by another's failure; after `zoo retry` the collected results and weights are those of an undisturbed run on this machine.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

zoo, folder = sys.argv[1], Path(sys.argv[2])
os.chdir(folder)
os.environ.update(ZOO_MANIFEST=str(folder / "zoo.json"), ZOO_PLUGIN_PATH=str(folder))
TASKS, SLOW, VICTIM, FAULTY = 12, 0, 1, 5
DEADLINE = time.monotonic() + 540


def entry(id, localization=None, epochs=1, batch=16, width=2):
    parts = {"extractor": {"id": "mnist-cnn", "config": {"width": width}}}
    if localization:
        parts |= {"localization": localization, "transformer": "affine"}
    recipe = {"optimizer": "sgd", "learning_rate": 0.01, "epochs": epochs, "batch": batch}
    return {"id": id, "architecture": "stn-input" if localization else "cnn", "parts": parts, "recipes": {"default": recipe}}


# The slow one takes 64 s of sleep, more than a minute's limit leaves it; an epoch takes a fifth of that.
entries = [entry(f"w{n}", width=n) for n in range(2, 11)]
entries.insert(SLOW, entry("slow", "sleepy", epochs=5, batch=1))
entries.insert(VICTIM, entry("victim", "sleepy", epochs=2, batch=2))
entries.insert(FAULTY, entry("faulty", "faulty"))
assert len(entries) == TASKS
Path("zoo.json").write_text(json.dumps({"version": 1, "entries": entries}))


def run(*words, status=0):
    done = subprocess.run([zoo, *words], capture_output=True, text=True)
    assert done.returncode == status, f"zoo {' '.join(words)}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def slurm(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout


def state_of(task):
    try:
        return json.loads(Path(f"sweeps/s/state/{task}.json").read_text())
    except FileNotFoundError:
        return None


def scheduler():
    """What the scheduler says of each task: its state, and how often it was begun again."""
    offsets = {item["job"]: item["array"]["offset"] for item in json.loads(Path("sweeps/s/sweep.json").read_text())["submitted"]}
    found = {}
    for line in slurm("scontrol", "-o", "-a", "show", "job").splitlines():
        fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
        if fields.get("ArrayJobId") not in offsets:
            continue
        for part in fields["ArrayTaskId"].split("%")[0].split(","):
            first, _, last = part.partition("-")
            for index in range(int(first), int(last or first) + 1):
                # Of a task that was submitted again, the later job.
                task, job = index + offsets[fields["ArrayJobId"]], int(fields["ArrayJobId"])
                if task not in found or job >= found[task][2]:
                    found[task] = (fields["JobState"], int(fields["Restarts"]), job, fields["JobId"])
    return found


ALLOWED = {
    # A task that has just been started has not written its first state.
    ("RUNNING", 0): {"running", "waiting"}, ("RUNNING", 1): {"running", "requeued"}, ("PENDING", 0): {"waiting"},
    # It writes its last state before it ends, and says that it wants to begin again before it asks for that.
    ("PENDING", 1): {"requeued"}, ("COMPLETED", 0): {"done"}, ("COMPLETED", 1): {"done"}, ("FAILED", 0): {"failed", "lost"},
}
seen, looks, collected = {}, 0, 0


def look():
    """Compares `zoo status` with the scheduler, as far as that says the same before and after, and collects what is there."""
    global looks, collected
    before = scheduler()
    status = json.loads(run("status", "s", "--json"))[0]
    after = scheduler()
    assert sum(status["tasks"].values()) == TASKS, status["tasks"]
    phases = {task: (state_of(task) or {}).get("phase", "waiting") for task in range(TASKS)}
    stable = [task for task in before if before[task] == after.get(task)]
    for task in stable:
        state, restarts, _, _ = before[task]
        if (state, min(restarts, 1)) not in ALLOWED:
            continue
        allowed = ALLOWED[state, min(restarts, 1)]
        # A task that was killed has left "running" behind: the status says that it is lost.
        phase = "lost" if any(f["task"] == task and f["phase"] == "lost" for f in status["failures"]) else phases[task]
        ended_meanwhile = state == "RUNNING" and phase in {"done", "failed", "requeued", "lost"}
        assert phase in allowed or ended_meanwhile, f"task {task}: the scheduler says {before[task]}, zoo status {phase}: {status}"
    running = {r["task"] for r in status["running"]}
    assert len(running) <= 2, f"a throttle of 2, and these run: {running}"
    assert status["done"] + status["failed"] + status["left"] == status["jobs"] == TASKS
    # Collecting goes on all the while, and never loses anything.
    answer = json.loads(run("collect", "s", "--json"))[0]
    collected += answer["added"]
    assert collected >= status["done"], f"{collected} results are collected, {status['done']} jobs are done"
    looks += 1
    for task, phase in phases.items():
        seen.setdefault(task, [])
        if not seen[task] or seen[task][-1] != phase:
            seen[task].append(phase)
    return status


def until(what, condition):
    while True:
        status = look()
        if condition(status):
            return status
        assert time.monotonic() < DEADLINE, f"{what}: not within the time: {status}\n{scheduler()}"
        time.sleep(0.5)


train = ["train", "--all", "--dataset", "strokes-rotated?limit=64"]
limits = ["--sweep", "s", "--throttle", "2", "--time", "1", "--warning", "10"]
shown = run("submit", "slurm", *limits, "--dry-run", "--", *train)
assert not Path("sweeps").exists(), "a dry run makes nothing"
# Arrays of this Slurm end at index 8.
assert shown.count("#!/bin/bash") == 2 and "--array=0-8%2" in shown and "--array=0-2%2" in shown, shown
submitted = run("submit", "slurm", *limits, "--", *train)
assert shown in submitted, submitted
scripts = sorted(Path("sweeps/s/scripts").iterdir())
assert "\n".join(path.read_text() for path in scripts) == shown
assert "there is nothing to do" in run("submit", "slurm", *limits, "--", *train), "a sweep has each job once"

undisturbed = subprocess.Popen(
    [zoo, *train, "--threads", "1", "--store", "local.sqlite", "--runs", "local", "--quiet"], stdout=subprocess.DEVNULL,
    stderr=open("local.log", "w"))

victim = until("the victim runs", lambda _: (state_of(VICTIM) or {}).get("running"))
os.kill(state_of(VICTIM)["process"], signal.SIGKILL)
status = until("the victim is lost", lambda status: status["tasks"].get("lost") == 1)
assert [f["task"] for f in status["failures"] if f["phase"] == "lost"] == [VICTIM], status["failures"]

until("the slow one has reached its limit", lambda _: (state_of(SLOW) or {}).get("phase") == "requeued")
kept = state_of(SLOW)
assert kept["ended"] == 0 and kept["attempt"] == 1
until("the slow one is in the queue again", lambda _: scheduler()[SLOW][0] == "PENDING")
# It waits as long as its credential is valid, 20 seconds here, because Slurm would take the end of the first attempt for the job's. Slurm
# gives it the same minute again.
slurm("scontrol", "update", f"JobId={scheduler()[SLOW][3]}", "TimeLimit=10")

status = until("the first array's others have ended", lambda status: status["tasks"].get("done", 0) >= 6)
status = until("the faulty one has failed", lambda status: status["tasks"].get("failed") == 1)
failure = [f for f in status["failures"] if f["phase"] == "failed"]
assert len(failure) == 1 and failure[0]["task"] == FAULTY, failure
assert "faulty, seed 0" in failure[0]["job"] and "SIGABRT" in failure[0]["cause"] and "no more of this" in failure[0]["cause"], failure
assert Path(failure[0]["log"]).read_text(), "the log that is named has the task's words"

status = until("all but two have ended", lambda status: status["tasks"].get("done") == TASKS - 2)
assert sorted(status["open"]) == [VICTIM, FAULTY], status
assert seen[SLOW] in (["waiting", "running", "requeued", "running", "done"], ["running", "requeued", "running", "done"]), seen[SLOW]
assert state_of(SLOW)["attempt"] >= 2
log = Path(f"sweeps/s/logs/{state_of(SLOW)['slurm']}.log").read_text()
assert "slow is kept after" in log, log

# What failed is submitted again: the killed one ends well, the faulty one fails as before.
again = run("retry", "s", "--time", "10")
assert "--array=1,5%2" in again, again
status = until("all have ended", lambda status: status["tasks"] == {"done": TASKS - 1, "failed": 1})
assert (status["done"], status["failed"], status["left"]) == (TASKS - 1, 1, 0), status
run("collect", "s")
assert json.loads(run("collect", "s", "--json"))[0]["added"] == 0, "collecting again adds nothing"

# The same as on one machine without any of this.
assert undisturbed.wait(timeout=max(1, DEADLINE - time.monotonic())) != 0, "the faulty one fails here too"


def results(store):
    found = {}
    for result in json.loads(run("results", "--store", store, "--json")):
        figures = {name: value for name, value in result["figures"].items() if name not in ("seconds", "throughput")}
        found[result["entry"]] = (result["status"], figures, result["job"])
    return found


def weights(root):
    return {path.parent.parent.name: path.read_bytes() for path in Path(root).glob("*/*/seed-0-*/weights.safetensors")}


theirs, ours = results("results/zoo.sqlite"), results("local.sqlite")
assert len(ours) == TASKS and [e for e in ours if ours[e][0] == "failed"] == ["faulty"]
assert theirs == ours, f"other results than those of one machine: {[e for e in ours if theirs.get(e) != ours[e]]}"
assert len(weights("local")) == TASKS - 1 and weights("runs") == weights("local"), "other weights than those of one machine"

# Seeds that are added later are the only new jobs.
more = run("submit", "slurm", "--sweep", "s", "--dry-run", "--", *train, "--seed", "0..1")
assert "--array=3-8%2" in more and "--array=0-5%2" in more and more.count("#!/bin/bash") == 2, more
print(f"make test-slurm: passed; zoo status agreed with the scheduler {looks} times")
