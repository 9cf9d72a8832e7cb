"""Times PyTorch on an entry: a training step (forward, loss, backward, fused Adam) and an evaluation, on noise.

Prints {"entry", "configuration", "batch", "threads", "train_step_ms": [...], "evaluate_ms": [...], "version"}, milliseconds per batch.

Configurations: eager; channels-last (float32); bf16 (channels-last under autocast); compile (torch.compile, channels-last float32).
"""

import argparse
import contextlib
import json
import time

import torch
from torch.nn import functional as F

import entries

CONFIGURATIONS = ("eager", "channels-last", "bf16", "compile")


def timed(step, warmup, count):
    """Milliseconds of each of `count` runs, after `warmup` runs that do not count."""
    times = []
    for index in range(warmup + count):
        started = time.perf_counter()
        step()
        if index >= warmup:
            times.append(round(1000 * (time.perf_counter() - started), 3))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("entry", choices=sorted(entries.ENTRIES))
    parser.add_argument("--configuration", choices=CONFIGURATIONS, default="eager")
    parser.add_argument("--shape", default="1x28x28", help="channels, height and width")
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--heads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    chosen = parser.parse_args()

    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    shape = [int(side) for side in chosen.shape.split("x")]
    model = entries.ENTRIES[chosen.entry](shape[-1])
    images = torch.randn(chosen.batch, *shape)
    labels = torch.randint(chosen.classes, (chosen.batch,) if chosen.heads == 1 else (chosen.batch, chosen.heads))
    if chosen.configuration != "eager":
        images = images.contiguous(memory_format=torch.channels_last)
        for parameter in model.parameters():
            if parameter.dim() == 4:  # group filters have a fifth dimension, and no such order
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    forward = torch.compile(model) if chosen.configuration == "compile" else model
    low = chosen.configuration == "bf16"
    precision = (lambda: torch.autocast("cpu", torch.bfloat16)) if low else contextlib.nullcontext
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)

    def train_step():
        with precision():
            loss = F.cross_entropy(forward(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    @torch.no_grad()
    def evaluate():
        with precision():
            forward(images).argmax(1)

    model.train()
    training = timed(train_step, chosen.warmup, chosen.steps)
    model.eval()
    evaluation = timed(evaluate, chosen.warmup, chosen.steps)
    result = {
        "entry": chosen.entry, "configuration": chosen.configuration, "batch": chosen.batch, "threads": torch.get_num_threads(),
        "train_step_ms": training, "evaluate_ms": evaluation, "version": torch.__version__}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
