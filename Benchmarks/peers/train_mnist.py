"""The PyTorch peer of `zoo train cnn stn-c0 --dataset mnist-rotated`: same models, data protocol and recipe.

Prints one JSON object per entry and seed, then one summary per entry, on standard output; progress on standard error.

MNIST-R (Finnveden, Jansson, Lindeberg, arXiv:2004.11678): every image is rotated by an angle uniform in ±90°, bilinear, fill 0,
then normalised by mean 0.1307 and deviation 0.3081. Training images are drawn anew every epoch; the test set is rotated once,
by a fixed seed, the same for every entry and seed.
"""

import argparse
import gzip
import json
import math
import pathlib
import statistics
import sys
import time

import numpy
import torch
from torch.nn import functional as F

import stn

MEAN, DEVIATION = 0.1307, 0.3081


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("entries", nargs="*", default=["cnn", "stn-c0"], metavar="ENTRY", help="cnn, stn-c0 (default: both)")
    parser.add_argument("--data-dir", type=pathlib.Path, required=True, help="folder of the four MNIST files, gzipped or not")
    parser.add_argument("--dataset", choices=["mnist-rotated", "mnist"], default="mnist-rotated")
    parser.add_argument("--localization", choices=sorted(stn.LOCALIZATIONS), default="cnn")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd", help="sgd is Nesterov's when momentum is not 0")
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--weight-decay", type=float, default=0.0)
    parser.add_argument("--localization-lr", type=float, default=1.0, help="multiplies the localization net's learning rate")
    parser.add_argument("--schedule", choices=["constant", "cosine"], default="constant", help="cosine falls to 0, step by step")
    parser.add_argument("--limit", type=int, help="train and test on the first so many images only")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    chosen = parser.parse_args()
    for entry in chosen.entries:
        if entry not in ("cnn", "stn-c0"):
            parser.error(f"unknown entry '{entry}': say cnn or stn-c0")
    return chosen


def read_idx(folder, name):
    """The bytes of an IDX file of unsigned bytes, as an array of its shape."""
    for path, opened in ((folder / name, open), (folder / f"{name}.gz", gzip.open)):
        if path.exists():
            break
    else:
        sys.exit(f"{folder}: neither {name} nor {name}.gz is here")
    with opened(path, "rb") as file:
        data = file.read()
    rank = data[3] if len(data) > 4 and data[:3] == b"\0\0\x08" else 0
    shape = numpy.frombuffer(data, ">u4", rank, 4).astype(int) if rank and len(data) >= 4 + 4 * rank else []
    if not rank or len(data) != 4 + 4 * rank + numpy.prod(shape):
        sys.exit(f"{path}: not an IDX file of unsigned bytes, or cut")
    return torch.from_numpy(numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * rank).reshape(shape).copy())


def load(folder, split, limit):
    images, labels = read_idx(folder, f"{split}-images-idx3-ubyte"), read_idx(folder, f"{split}-labels-idx1-ubyte")
    return images[:limit].unsqueeze(1), labels[:limit].long()


def prepared(images, angles):
    """Bytes N×1×28×28 to normalised floats, rotated by the angles (radians, N) when there are any."""
    images = images.float() / 255
    if angles is not None:
        cos, sin, zero = angles.cos(), angles.sin(), torch.zeros_like(angles)
        matrix = torch.stack([cos, -sin, zero, sin, cos, zero], dim=1).view(-1, 2, 3)
        images = stn.warp(images, matrix, padding="zeros")
    return (images - MEAN) / DEVIATION


def angles_for(count, rotated, generator):
    return (torch.rand(count, generator=generator) - 0.5) * math.pi if rotated else None


def optimizer_for(model, chosen):
    own = [p for n, p in model.named_parameters() if not n.startswith("localization.")]
    local = [p for n, p in model.named_parameters() if n.startswith("localization.")]
    groups = [{"params": own}] + ([{"params": local, "lr": chosen.lr * chosen.localization_lr}] if local else [])
    if chosen.optimizer == "adam":
        return torch.optim.Adam(groups, lr=chosen.lr, weight_decay=chosen.weight_decay)
    return torch.optim.SGD(
        groups, lr=chosen.lr, momentum=chosen.momentum, nesterov=chosen.momentum > 0, weight_decay=chosen.weight_decay)


@torch.no_grad()
def evaluate(model, images, labels):
    model.eval()
    wrong, loss = 0, 0.0
    for start in range(0, len(labels), 1000):
        logits, expected = model(images[start : start + 1000]), labels[start : start + 1000]
        wrong += (logits.argmax(1) != expected).sum().item()
        loss += F.cross_entropy(logits, expected, reduction="sum").item()
    return wrong / len(labels), loss / len(labels)


def train(entry, seed, chosen, training, tests):
    torch.manual_seed(seed)
    # Channels-last is PyTorch's fast form in float32; it changes nothing but rounding.
    model = stn.build(entry, chosen.localization).to(memory_format=torch.channels_last)
    optimizer = optimizer_for(model, chosen)
    images, labels = training
    steps = chosen.epochs * math.ceil(len(labels) / chosen.batch)
    factor = (lambda step: (1 + math.cos(math.pi * step / steps)) / 2) if chosen.schedule == "cosine" else (lambda step: 1.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    rotated = chosen.dataset == "mnist-rotated"
    generator = torch.Generator().manual_seed(seed + 1)
    started = time.perf_counter()
    for epoch in range(chosen.epochs):
        model.train()
        total = 0.0
        for batch in torch.randperm(len(labels), generator=generator).split(chosen.batch):
            loss = F.cross_entropy(model(prepared(images[batch], angles_for(len(batch), rotated, generator))), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(f"{entry} seed {seed} epoch {epoch + 1}/{chosen.epochs}: training loss {total / len(labels):.4f}", file=sys.stderr)
    seconds = time.perf_counter() - started
    result = {"entry": entry, "dataset": chosen.dataset, "epochs": chosen.epochs, "seed": seed, "train_seconds": round(seconds, 1)}
    for name, (test, expected) in tests.items():
        error, loss = evaluate(model, test, expected)
        result |= {f"{name}_error": error, f"{name}_loss": round(loss, 5)}
    return result


def main():
    chosen = arguments()
    torch.set_num_threads(chosen.threads)
    training = load(chosen.data_dir, "train", chosen.limit)
    images, labels = load(chosen.data_dir, "t10k", chosen.limit)
    tests = {"upright": (prepared(images, None), labels)}
    if chosen.dataset == "mnist-rotated":
        generator = torch.Generator().manual_seed(0x5EED)
        tests["test"] = (prepared(images, angles_for(len(labels), True, generator)), labels)
    else:
        tests["test"] = tests["upright"]
    for entry in chosen.entries:
        errors = []
        for seed in chosen.seeds:
            result = train(entry, seed, chosen, training, tests)
            errors.append(result["test_error"])
            print(json.dumps(result), flush=True)
        spread = statistics.stdev(errors) if len(errors) > 1 else None
        print(json.dumps({"entry": entry, "seeds": len(errors), "mean_test_error": statistics.mean(errors), "stdev": spread}), flush=True)


if __name__ == "__main__":
    main()
