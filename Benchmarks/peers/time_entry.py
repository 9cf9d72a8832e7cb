"""Times PyTorch on an entry: a training step (forward, loss, backward, fused Adam) and an evaluation, on noise.

Prints {"entry", "configuration", "batch", "threads", "train_step_ms": [...], "evaluate_ms": [...], "version"}, milliseconds per batch.

Configurations: eager; channels-last (float32); bf16 (channels-last under autocast); compile (torch.compile, channels-last float32).
On a GPU (--device cuda) a time ends when the device has done its work, and products are of float32 proper, as the zoo's are: no TF32.
"""

import argparse
import contextlib
import json
import time

import torch
from torch.nn import functional as F

import entries

CONFIGURATIONS = ("eager", "channels-last", "bf16", "compile")


def timed(step, warmup, count, wait):
    """Milliseconds of each of `count` runs, after `warmup` runs that do not count; `wait` returns when a run's work is done."""
    times = []
    for index in range(warmup + count):
        wait()
        started = time.perf_counter()
        step()
        wait()
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
    parser.add_argument("--device", type=torch.device, default="cpu", help="cpu, cuda or cuda:N")
    chosen = parser.parse_args()

    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    # What a model makes of numbers, in its constructor and in its steps, is then made there.
    torch.set_default_device(chosen.device)
    on_gpu = chosen.device.type == "cuda"
    torch.backends.cudnn.allow_tf32 = False
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
    precision = (lambda: torch.autocast(chosen.device.type, torch.bfloat16)) if low else contextlib.nullcontext
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

    def wait():
        if on_gpu:
            torch.cuda.synchronize(chosen.device)

    model.train()
    training = timed(train_step, chosen.warmup, chosen.steps, wait)
    model.eval()
    evaluation = timed(evaluate, chosen.warmup, chosen.steps, wait)
    result = {
        "entry": chosen.entry, "configuration": chosen.configuration, "batch": chosen.batch, "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(chosen.device) if on_gpu else "cpu",
        "train_step_ms": training, "evaluate_ms": evaluation, "version": torch.__version__}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
