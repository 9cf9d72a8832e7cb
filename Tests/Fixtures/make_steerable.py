"""Writes steerable.safetensors: E(2)-steerable networks written out in PyTorch, one forward and backward pass each.

For c8 (8 rotations) and d4 (4 rotations and mirroring, restricted to the rotations behind the first convolution) it holds
`NAME.input`, the weights and batch norm's statistics under the zoo's names, `NAME.stage.1`, `.2`, `.3`, `NAME.logits`
(3×10) and `NAME.gradient.…` of the mean cross entropy, all in evaluation mode. Filters are sums of complex harmonics
exp(imφ), and a filter is transformed by its complex coefficients alone: a rotation by α multiplies them by exp(-imα), a
mirroring conjugates them with the sign (-1)^m. Every convolution is the sum over group elements, term by term, in float64.
"""

import cmath
import math
import pathlib

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

# Weiler and Cesa, arXiv:1911.08251: the highest frequency on the rings of radius 0, 1, … of a kernel.
FREQUENCIES = {3: (0, 2), 5: (0, 2, 2), 7: (0, 2, 3, 2)}


def rings(kernel):
    """(radial profile on the grid, frequency) of each complex harmonic, and the grid of angles."""
    half = kernel // 2
    ys, xs = torch.meshgrid(torch.arange(half, -half - 1, -1).double(), torch.arange(-half, half + 1).double(), indexing="ij")
    radius, angle = torch.sqrt(xs**2 + ys**2), torch.atan2(ys, xs)
    found = []
    for ring, highest in enumerate(FREQUENCIES[kernel]):
        width = 0.005 if ring == 0 else 0.4 if ring == half else 0.6
        profile = torch.exp(-((radius - ring) ** 2) / (2 * width**2))
        for m in range(highest + 1):
            found.append((profile * (radius > 0) if m else profile, m))
    return found, angle


class Group:
    """Pairs (e, k): mirror left-right if e, then k steps anticlockwise; listed with k fastest."""

    def __init__(self, rotations, mirror):
        self.rotations = rotations
        self.elements = [(e, k) for e in range(2 if mirror else 1) for k in range(rotations)]

    def matrix(self, element):
        e, k = element
        a = 2 * math.pi * k / self.rotations
        rotation = torch.tensor([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]], dtype=torch.float64)
        return rotation @ torch.diag(torch.tensor([-1.0 if e else 1.0, 1.0], dtype=torch.float64))

    def divided(self, h, g):
        """The index of g⁻¹·h, found by comparing matrices."""
        wanted = torch.linalg.inv(self.matrix(g)) @ self.matrix(h)
        return min(range(len(self.elements)), key=lambda i: (self.matrix(self.elements[i]) - wanted).abs().max())

    def filters(self, coefficients, kernel, element):
        """…×B real coefficients to …×k×k filters, transformed by the element."""
        e, k = element
        harmonics, angle = rings(kernel)
        filters, place = 0, 0
        for profile, m in harmonics:
            cosine = coefficients[..., place] / self.norm(profile, m, angle, False)
            sine = coefficients[..., place + 1] / self.norm(profile, m, angle, True) if m else torch.zeros_like(cosine)
            place += 2 if m else 1
            # a·cos mφ + b·sin mφ is the real part of (a - ib)·exp(imφ).
            complex_coefficient = torch.complex(cosine, -sine)
            filters = filters + self.real(complex_coefficient, profile, m, angle, e, k)
        return filters

    def real(self, coefficient, profile, m, angle, e, k):
        if e:
            coefficient = coefficient.conj() * (-1) ** m
        coefficient = coefficient * cmath.exp(-1j * m * 2 * math.pi * k / self.rotations)
        wave = torch.complex(profile * torch.cos(m * angle), profile * torch.sin(m * angle))
        return (coefficient[..., None, None] * wave).real

    def norm(self, profile, m, angle, is_sine):
        """Root of the mean energy over all transformed copies of one harmonic."""
        one = torch.tensor(-1j if is_sine else 1 + 0j, dtype=torch.complex128)
        copies = [self.real(one, profile, m, angle, e, k) for e, k in self.elements]
        return math.sqrt(sum((copy**2).sum().item() for copy in copies) / len(copies))


def lifted(x, weight, kernel, padding, group):
    """N×I×H×W to N×O×|G|×h×w."""
    return torch.stack([F.conv2d(x, group.filters(weight[:, :, 0], kernel, g), padding=padding) for g in group.elements], 2)


def convolved(x, weight, kernel, padding, group):
    """N×I×|G|×H×W to N×O×|G|×h×w."""
    outputs = []
    for g in group.elements:
        terms = [
            F.conv2d(x[:, :, i], group.filters(weight[:, :, group.divided(h, g)], kernel, g), padding=padding)
            for i, h in enumerate(group.elements)
        ]
        outputs.append(sum(terms))
    return torch.stack(outputs, 2)


def normalised(x, leaves, name):
    """Batch norm of N×C×|G|×H×W in evaluation, one mean and variance for each C."""
    def each(key):
        return leaves[f"{name}.{key}"].view(1, -1, 1, 1, 1)

    return (x - each("running_mean")) / torch.sqrt(each("running_var") + 1e-5) * each("weight") + each("bias")


def pooled(x, smooth):
    """Halves a map N×C×|G|×H×W by maxima over 2×2, or 3×3 where the side is odd."""
    flat = x.flatten(1, 2)
    window = 3 if flat.shape[-1] % 2 else 2
    if not smooth:
        flat = F.max_pool2d(flat, window, 2)
    else:
        maxima = F.pad(F.max_pool2d(flat, window, 1), (1, 1, 1, 1), mode="replicate")
        side = (maxima.shape[-1] - 1) // 2
        weights = {-1: 0.25, 0: 0.5, 1: 0.25}
        at = {d: slice(1 + d, 1 + d + 2 * side - 1, 2) for d in weights}
        flat = sum(weights[a] * weights[b] * maxima[..., at[a], at[b]] for a in weights for b in weights)
    return flat.reshape(*x.shape[:3], flat.shape[-2], flat.shape[-1])


torch.set_num_threads(1)
generator = torch.Generator().manual_seed(16)
tensors = {}
CASES = (
    # Name, group, group behind the first convolution, kernels, paddings, widths, side, smooth pooling, activation.
    ("c8", Group(8, False), Group(8, False), (5, 7), (2, 3), (2, 2), 12, False, F.relu),
    ("d4", Group(4, True), Group(4, False), (7, 3), (2, 0), (2, 3), 13, True, F.elu),
)
for name, group, rest, kernels, paddings, widths, side, smooth, activation in CASES:
    def draw(*shape, scale=1.0):
        # Rounded to float32, which the file holds.
        return (torch.randn(*shape, generator=generator) * scale).double().requires_grad_(True)

    count = {k: sum(2 * m + 1 for m in FREQUENCIES[k]) for k in kernels}
    fields = widths[0] * len(group.elements) // len(rest.elements)
    leaves = {
        "input": draw(3, 2, side, side),
        "conv1.weight": draw(widths[0], 2, 1, count[kernels[0]], scale=0.3),
        "conv2.weight": draw(widths[1], fields, len(rest.elements), count[kernels[1]], scale=0.2),
        "dense1.weight": draw(4, widths[1]),
        "dense1.bias": draw(4),
        "classifier.weight": draw(10, 4),
        "classifier.bias": draw(10),
    }
    statistics = {}
    for norm, features in (("bn1", fields), ("bn2", widths[1]), ("dense1.bn", 4)):
        leaves |= {f"{norm}.weight": draw(features), f"{norm}.bias": draw(features, scale=0.3)}
        statistics[f"{norm}.running_mean"] = draw(features, scale=0.2).detach()
        statistics[f"{norm}.running_var"] = (torch.rand(features, generator=generator) + 0.5).double()
        statistics[f"{norm}.num_batches_tracked"] = torch.zeros((), dtype=torch.int64)
    values = leaves | statistics
    first = lifted(leaves["input"], leaves["conv1.weight"], kernels[0], paddings[0], group)
    # As fields of the subgroup: the elements without and with mirroring stand one after the other.
    first = first.reshape(3, fields, len(rest.elements), *first.shape[-2:])
    first = activation(pooled(normalised(first, values, "bn1"), smooth))
    second = activation(normalised(convolved(first, leaves["conv2.weight"], kernels[1], paddings[1], rest), values, "bn2"))
    third = second.amax(2)
    hidden = F.linear(third.amax((2, 3)), leaves["dense1.weight"], leaves["dense1.bias"])
    hidden = activation(normalised(hidden.view(3, 4, 1, 1, 1), values, "dense1.bn").flatten(1))
    logits = F.linear(hidden, leaves["classifier.weight"], leaves["classifier.bias"])
    F.cross_entropy(logits, torch.tensor([0, 3, 1])).backward()
    values |= {"stage.1": first.flatten(1, 2), "stage.2": second.flatten(1, 2), "stage.3": third, "logits": logits}
    values |= {f"gradient.{key}": leaf.grad for key, leaf in leaves.items()}
    for key, value in values.items():
        value = value.detach()
        tensors[f"{name}.{key}"] = (value.float() if value.is_floating_point() else value).contiguous()
path = pathlib.Path(__file__).resolve().parent / "steerable.safetensors"
save_file(tensors, path)
print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")
