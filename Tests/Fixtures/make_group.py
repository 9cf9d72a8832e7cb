"""Writes group.safetensors: group convolution networks written out in PyTorch, one forward and backward pass each.

For p4 (4 rotations), p4m (with mirroring) and c8 (8 rotations, bilinear within a disc) it holds `NAME.input` (3×2×16×16), the
weights under the zoo's names, `NAME.stage.1`, `NAME.stage.2`, `NAME.logits` (3×10) and `NAME.gradient.…` of the mean cross
entropy. Every transformed filter is made on its own, with torch.rot90, torch.flip or grid_sample, and every
convolution is the sum of Cohen and Welling, arXiv:1602.07576, equations 10 and 11, term by term: slow and plain, in float64.
"""

import math
import pathlib

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

KERNELS = (5, 3)


def rotated(filters, step, rotations):
    """Filters …×k×k turned anticlockwise by 360°·step/rotations; interpolated ones are cut to the disc of radius k/2."""
    kernel = filters.shape[-1]
    if rotations == 4:
        return torch.rot90(filters, step, (-2, -1))
    centre = (kernel - 1) / 2
    ys, xs = torch.meshgrid(torch.arange(kernel) - centre, torch.arange(kernel) - centre, indexing="ij")
    disc = (xs**2 + ys**2 <= (kernel / 2) ** 2).double()
    quarters, rest = divmod(step, rotations // 4)
    angle = 2 * math.pi * rest / rotations
    places = torch.stack([xs * math.cos(angle) - ys * math.sin(angle), xs * math.sin(angle) + ys * math.cos(angle)], -1)
    flat = (filters * disc).reshape(-1, 1, kernel, kernel)
    grid = (places / centre).double().expand(flat.shape[0], kernel, kernel, 2)
    turned = F.grid_sample(flat, grid, mode="bilinear", padding_mode="zeros", align_corners=True) * disc
    return torch.rot90(turned.reshape(filters.shape), quarters, (-2, -1))


class Group:
    """Pairs (e, k): mirror left-right if e, then k steps anticlockwise; listed with k fastest."""

    def __init__(self, rotations, mirror):
        self.rotations = rotations
        self.elements = [(e, k) for e in range(2 if mirror else 1) for k in range(rotations)]

    def index(self, element):
        return self.elements.index(element)

    def matrix(self, element):
        e, k = element
        a = 2 * math.pi * k / self.rotations
        rotation = torch.tensor([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]], dtype=torch.float64)
        return rotation @ torch.diag(torch.tensor([-1.0 if e else 1.0, 1.0], dtype=torch.float64))

    def divided(self, h, g):
        """g⁻¹·h, found by comparing matrices."""
        wanted = torch.linalg.inv(self.matrix(g)) @ self.matrix(h)
        return min(self.elements, key=lambda element: (self.matrix(element) - wanted).abs().max())

    def moved(self, filters, element):
        e, k = element
        return rotated(torch.flip(filters, (-1,)) if e else filters, k, self.rotations)


def lifting(x, weight, bias, group):
    """N×I×H×W to N×O×|G|×h×w."""
    return torch.stack([F.conv2d(x, group.moved(weight, g), bias) for g in group.elements], 2)


def convolution(x, weight, bias, group):
    """N×I×|G|×H×W to N×O×|G|×h×w."""
    outputs = []
    for g in group.elements:
        terms = [F.conv2d(x[:, :, group.index(h)], group.moved(weight[:, :, group.index(group.divided(h, g))], g)) for h in group.elements]
        outputs.append(sum(terms) + bias.view(1, -1, 1, 1))
    return torch.stack(outputs, 2)


def pooled(x):
    """Max-pool 2 (3 wide on odd sides) and ReLU, per group element."""
    flat = x.flatten(1, 2)
    return F.relu(F.max_pool2d(flat, 3 if flat.shape[-1] % 2 else 2, 2)).reshape(*x.shape[:3], x.shape[-2] // 2, -1)


torch.set_num_threads(1)
generator = torch.Generator().manual_seed(33)
tensors = {}
for name, group, width in (("p4", Group(4, False), 3), ("p4m", Group(4, True), 2), ("c8", Group(8, False), 2)):
    def draw(*shape):
        return (torch.randn(*shape, generator=generator) * 0.3).double().requires_grad_(True)

    order = len(group.elements)
    leaves = {
        "input": draw(3, 2, 16, 16),
        "conv1.weight": draw(width, 2, KERNELS[0], KERNELS[0]),
        "conv1.bias": draw(width),
        "conv2.weight": draw(width, width, order, KERNELS[1], KERNELS[1]),
        "conv2.bias": draw(width),
        "classifier.weight": draw(10, width),
        "classifier.bias": draw(10),
    }
    first = pooled(lifting(leaves["input"], leaves["conv1.weight"], leaves["conv1.bias"], group))
    second = pooled(convolution(first, leaves["conv2.weight"], leaves["conv2.bias"], group))
    logits = F.linear(second.amax(2).amax((2, 3)), leaves["classifier.weight"], leaves["classifier.bias"])
    F.cross_entropy(logits, torch.tensor([0, 3, 1])).backward()
    values = dict(leaves) | {"stage.1": first.flatten(1, 2), "stage.2": second.flatten(1, 2), "logits": logits}
    values |= {f"gradient.{key}": leaf.grad for key, leaf in leaves.items()}
    tensors |= {f"{name}.{key}": value.detach().float().contiguous() for key, value in values.items()}
path = pathlib.Path(__file__).resolve().parent / "group.safetensors"
save_file(tensors, path)
print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")
