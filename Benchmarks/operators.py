"""Times the zoo's operators against PyTorch's own, in alternating runs of one process; prints one JSON object a line, the first
with the processor's peaks (peaks.cpp, which needs clang++).

usage: python Benchmarks/operators.py [--engine .build/release/libCTorch.so] [--threads N] [--rounds N]

ZOO_CPU names the instructions, as ever; convolutions in bfloat16 are timed where the processor has it. They are followed by pooling 2×2 and ReLU unless their name
says otherwise; PyTorch runs them channels-last.
"""

import argparse
import itertools
import json
import os
import pathlib
import subprocess
import tempfile
import time

import torch
from torch.nn import functional as F

root = pathlib.Path(__file__).resolve().parents[1]

# Name, input N×C×H×W, (outputs, kernel, padding) of each convolution, pool.
CONVOLUTIONS = [
    ("MNIST classifier", (256, 1, 28, 28), [(64, 9, 0), (64, 7, 0)], 2),
    ("localization net", (256, 1, 28, 28), [(20, 5, 0), (20, 5, 0)], 2),
    ("small 3×3", (256, 1, 28, 28), [(8, 3, 0), (16, 3, 0)], 2),
    ("p4-cnn, second layer", (64, 128, 10, 10), [(128, 7, 0)], 2),
    ("p4m-cnn, second layer", (64, 184, 10, 10), [(184, 7, 0)], 2),
    ("c16-cnn, second layer", (64, 256, 10, 10), [(256, 7, 0)], 2),
    ("3×3 of 40, no pooling", (64, 40, 12, 12), [(40, 3, 0)], 1),
    ("3×3 of 40, 26×26, no pooling", (64, 40, 26, 26), [(40, 3, 0)], 1),
    ("3×3 of 20, no pooling", (64, 20, 26, 26), [(20, 3, 0)], 1),
    ("5×5 of 64, no pooling", (64, 64, 12, 12), [(64, 5, 0)], 1),
    ("SVHN layer", (64, 48, 32, 32), [(64, 5, 2)], 2),
]
# N×C×H×W, channels that share statistics, pool; batch norm, pooling and ReLU in training.
NORMS = [((256, 20, 26, 26), 1, 1), ((256, 20, 24, 24), 1, 2), ((256, 40, 24, 24), 4, 2), ((256, 64, 16, 14), 1, 2)]
# Images N×C×H×W that are warped to their own size.
WARPS = [(256, 1, 28, 28), (256, 64, 10, 10), (256, 20, 28, 28), (256, 1, 112, 112), (64, 3, 64, 64)]


def milliseconds(body):
    """On one thread the processor's time, which other processes hardly change; on more the clock's."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    start = clock()
    body()
    return 1e3 * (clock() - start)


def step(function, leaves, cotangent):
    torch.autograd.grad(function(*leaves), leaves, cotangent)


def bfloat16():
    """The instructions that the processor has for it, by the names of the kernels."""
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    return "amx" if "amx_bf16" in flags else "avx512_bf16" if "avx512_bf16" in flags else None


def peaks(threads):
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "peaks"
        subprocess.run([os.environ.get("CXX", "clang++"), "-std=c++20", "-O2", "-pthread", root / "Benchmarks/peaks.cpp", "-o", program], check=True)
        return json.loads(subprocess.run([program, str(threads)], check=True, capture_output=True, text=True).stdout)


def cases():
    """(name, phase, operations, bytes, PyTorch's body, the zoo's body); operations and bytes are what the result needs at least: where
    the maximum of a window alone carries gradient, a quarter of all products, and each tensor once."""
    last = torch.channels_last
    for name, shape, layers, pool in CONVOLUTIONS:
        x = torch.randn(shape).contiguous(memory_format=last).requires_grad_()
        weights, channels, side, products, numbers = [], shape[1], shape[2], 0, x.numel()
        for outputs, kernel, padding in layers:
            weight = torch.randn(outputs, channels, kernel, kernel) / (channels * kernel * kernel) ** 0.5
            weights.append(weight.contiguous(memory_format=last).requires_grad_())
            side = side + 2 * padding - kernel + 1
            products += shape[0] * side * side * outputs * channels * kernel * kernel
            channels, side = outputs, side // pool
            numbers += weight.numel() + shape[0] * outputs * side * side

        def aten(x, *weights):
            for weight, (_, _, padding) in zip(weights, layers):
                x = F.conv2d(x, weight, padding=padding)
                x = torch.relu(F.max_pool2d(x, 2) if pool == 2 else x)
            return x

        def fused(x, *weights):
            for weight, (_, _, padding) in zip(weights, layers):
                x = torch.ops.zoo.conv_pool_act(x, weight, None, 1, padding, pool, 0.0)
            return x

        yield from phases(name, aten, fused, [x, *weights], (2 * products, 2 * products + 4 * products // pool**2), numbers)
        if way := bfloat16():

            def aten_low(x, *weights):
                with torch.autocast("cpu", torch.bfloat16):
                    return aten(x, *weights).float()

            def fused_low(x, *weights):
                for weight, (_, _, padding) in zip(weights, layers):
                    x = torch.ops.zoo.conv_pool_act.on(x, weight, None, 1, padding, pool, 0.0, f"{way}+bf16")
                return x

            yield from phases(f"{name}, bf16", aten_low, fused_low, [x, *weights], (2 * products, 2 * products + 4 * products // pool**2), numbers)
    for shape, group, pool in NORMS:
        x = torch.randn(shape).contiguous(memory_format=last).requires_grad_()
        scale, shift, mean, variance = (torch.full((shape[1] // group,), value) for value in (1.0, 0.0, 0.0, 1.0))
        grouped = (shape[0], shape[1] // group, group * shape[2], shape[3])

        def single(x, scale, shift):
            y = F.relu(F.batch_norm(x.reshape(grouped), mean, variance, scale, shift, True).reshape(shape))
            return F.max_pool2d(y, 2) if pool == 2 else y

        def whole(x, scale, shift):
            return torch.ops.zoo.norm_pool_act(x, scale, shift, mean, variance, True, 0.1, 1e-5, group, pool, 0.0, 0.0)

        what = "norm" + (f" of {group} together" if group > 1 else "") + (", pooled" if pool == 2 else "")
        yield from phases(f"{what} {'×'.join(map(str, shape))}", single, whole, [x, scale.requires_grad_(), shift.requires_grad_()], (0, 0), x.numel() + x.numel() // pool**2)
    for shape in WARPS:
        x = torch.randn(shape).contiguous(memory_format=last).requires_grad_()
        theta = (torch.eye(3)[:2] + 0.2 * torch.randn(shape[0], 2, 3)).requires_grad_()
        size, text = list(shape[2:]), "×".join(map(str, shape))
        grid = F.affine_grid(theta.detach(), shape, align_corners=False).requires_grad_()
        yield from phases(
            f"warp {text}", lambda x, theta: F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), align_corners=False),
            lambda x, theta: torch.ops.zoo.warp(x, theta, size, "zeros"), [x, theta], (0, 0), 2 * x.numel())
        yield from phases(
            f"sample {text}", lambda x, grid: F.grid_sample(x, grid, align_corners=False),
            lambda x, grid: torch.ops.zoo.sample(x, grid, "zeros"), [x, grid], (0, 0), 2 * x.numel() + grid.numel())


def phases(name, theirs, ours, leaves, operations, numbers):
    """`operations` forward and of a step with all gradients; `numbers`: of all tensors, which a step reads and writes twice."""
    with torch.no_grad():
        cotangent = torch.randn_like(theirs(*leaves))

    def without(function):
        with torch.no_grad():
            function(*leaves)

    yield name, "forward", operations[0], 4 * numbers, lambda: without(theirs), lambda: without(ours)
    yield name, "all gradients", operations[1], 8 * numbers, lambda: step(theirs, leaves, cotangent), lambda: step(ours, leaves, cotangent)


def from_bytes():
    """Random affine warps of a batch drawn from bytes, as the loader makes them, in both ways."""
    images = torch.randint(0, 256, (10_000, 1, 28, 28), dtype=torch.uint8)
    index = torch.randint(0, 10_000, (256,))
    theta = torch.eye(3)[:2] + 0.2 * torch.randn(256, 2, 3)

    def theirs():
        batch = (images[index].float() / 255 - 0.1307) / 0.3081
        return F.grid_sample(batch, F.affine_grid(theta, batch.shape, align_corners=False), align_corners=False)

    return theirs, lambda: torch.ops.zoo.warp_u8(images, index, theta, [28, 28], "zeros", 0.1307, 0.3081)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", type=pathlib.Path, default=root / ".build/release/libCTorch.so")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    torch.ops.load_library(str(chosen.engine))
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    print(json.dumps({"peaks": peaks(chosen.threads)}), flush=True)
    warps = ("random affine warps of 28×28 from uint8", "images", 256, 256 * 28 * 28 * 5, *from_bytes())
    for name, phase, operations, size, theirs, ours in itertools.chain(cases(), [warps]):
        theirs(), ours()
        pairs = [(milliseconds(theirs), milliseconds(ours)) for _ in range(chosen.rounds)]
        torch_ms, zoo_ms = map(list, zip(*pairs))
        print(json.dumps({"name": name, "phase": phase, "operations": operations, "bytes": size, "torch_ms": torch_ms, "zoo_ms": zoo_ms}), flush=True)


if __name__ == "__main__":
    main()
