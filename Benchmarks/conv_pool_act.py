"""Times zoo::conv_pool_act against PyTorch's own operators, channels-last, in alternating runs of one process.

usage: python Benchmarks/conv_pool_act.py LIBRARY THREADS [RUNS]

LIBRARY holds the operator alone:
    T=.venv/torch; F="-std=c++20 -O2 -fPIC -shared -fvisibility=hidden"
    clang++ $F -isystem $T/include -isystem $T/include/torch/csrc/api/include Sources/CTorch/convolution*.cpp \
        -L$T/lib -ltorch_cpu -lc10 -Wl,-rpath,$PWD/$T/lib -o libconv.so
"""

import sys
import time

import torch

LIBRARY, THREADS = sys.argv[1], int(sys.argv[2])
RUNS = int(sys.argv[3]) if len(sys.argv) > 3 else 15
_zoo = torch.library.Library("zoo", "DEF")
torch.ops.load_library(LIBRARY)

# Input N×C×H×W, then (outputs, kernel, padding) for each convolution; each is followed by pooling and ReLU.
CASES = {
    "MNIST classifier": ((256, 1, 28, 28), [(64, 9, 0), (64, 7, 0)]),
    "localization net": ((256, 1, 28, 28), [(20, 5, 0), (20, 5, 0)]),
    "small 3×3": ((256, 1, 28, 28), [(8, 3, 0), (16, 3, 0)]),
    "SVHN layer": ((64, 48, 32, 32), [(64, 5, 2)]),
}


def aten(x, weight, bias, padding):
    return torch.relu(torch.max_pool2d(torch.nn.functional.conv2d(x, weight, bias, padding=padding), 2))


def fused(x, weight, bias, padding):
    return torch.ops.zoo.conv_pool_act(x, weight, bias, 1, padding, 2, 0.0)


def run(operator, x, layers):
    for weight, bias, padding in layers:
        x = operator(x, weight, bias, padding)
    return x


def measure(operator, x, layers, kind):
    start = time.perf_counter()
    if kind == "evaluation":
        with torch.no_grad():
            run(operator, x, layers)
    else:
        leaves = [leaf for layer in layers for leaf in layer[:2]] + ([x] if kind == "step with input gradient" else [])
        y = run(operator, x, layers)
        torch.autograd.grad(y, leaves, torch.ones_like(y))
    return (time.perf_counter() - start) * 1e3


def main():
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    last = torch.channels_last
    print(f"{THREADS} threads, minimum of {RUNS}, ms")
    for name, (shape, convolutions) in CASES.items():
        x = torch.randn(shape).contiguous(memory_format=last).requires_grad_()
        layers, channels = [], shape[1]
        for outputs, kernel, padding in convolutions:
            weight = torch.randn(outputs, channels, kernel, kernel) / (channels * kernel * kernel) ** 0.5
            layers.append((weight.contiguous(memory_format=last).requires_grad_(), torch.zeros(outputs).requires_grad_(), padding))
            channels = outputs
        for kind in ["evaluation", "step", "step with input gradient"]:
            times = [(measure(aten, x, layers, kind), measure(fused, x, layers, kind)) for _ in range(RUNS)]
            theirs, ours = (min(column) for column in zip(*times))
            print(f"{name:18} {kind:26} ATen {theirs:8.2f}   fused {ours:8.2f}   {theirs / ours:5.2f}×", flush=True)


main()
