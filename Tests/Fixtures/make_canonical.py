"""Writes canonical.safetensors: one forward and backward pass of every canonicalization and of TI-pooling in PyTorch.

`input` (3×1×24×24) and `labels` are common to all, and so are the classifier's weights (`extractor.…`) and the scorer's
(`scorer.…`). Under `VARIANT/` lie `logits` (3×5), `theta.1` where there is one, and `gradient.input`, `gradient.NAME` of the mean cross
entropy (learned: plus half the prior, whose value is `prior`). All is computed in float64 and stored as float32.

Every rotation here is sampled bilinearly at the full angle with PyTorch's own grid_sample; the zoo moves pixels by quarter turns and
samples what is left.
"""

import math
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[1] / "Benchmarks" / "peers"))
from variants import Classifier  # noqa: E402

ROTATIONS, PRIOR = 8, 0.5


def matrices(degrees):
    """Sampling matrices N×2×3 that turn pictures anticlockwise by N angles."""
    radians = degrees * math.pi / 180
    c, s, zero = radians.cos(), radians.sin(), torch.zeros_like(radians)
    return torch.stack([c, -s, zero, s, c, zero], 1).view(-1, 2, 3)


def turn(x, degrees):
    degrees = degrees.expand(len(x)) if degrees.ndim else degrees.repeat(len(x))
    grid = F.affine_grid(matrices(degrees.to(x.dtype)), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def pose(k):
    return torch.tensor(360.0 * k / ROTATIONS, dtype=torch.float64)


class Scorer(nn.Module):
    def __init__(self, width, side):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(width, 2 * width, 5, stride=2, padding=2)
        self.score = nn.Linear(2 * width * (side // 4) ** 2, 1)

    def forward(self, x):
        return self.score(F.relu(self.conv2(F.relu(self.conv1(x)))).flatten(1))[:, 0]


def learned(net, scorer, x):
    copies = torch.stack([turn(x, -pose(k)) for k in range(ROTATIONS)])
    scores = torch.stack([scorer(copy) for copy in copies])
    best = scores.argmax(0)
    hard = F.one_hot(best, ROTATIONS).T.to(x.dtype)
    soft = scores.softmax(0)
    weights = hard + soft - soft.detach()
    aligned = (copies * weights[:, :, None, None, None]).sum(0)
    prior = -scores.log_softmax(0)[0].mean()
    return net.rest(aligned), matrices(-best * 360.0 / ROTATIONS), prior


def direction(x, moment):
    """Degrees, anticlockwise from the right."""
    n, _, h, w = x.shape
    plane = x[:, 0] - x.amin((1, 2, 3))[:, None, None]
    right = (torch.arange(w, dtype=x.dtype) - (w - 1) / 2).expand(h, w)
    up = ((h - 1) / 2 - torch.arange(h, dtype=x.dtype))[:, None].expand(h, w)

    def mean(values):
        return (plane * values).sum((1, 2)) / plane.sum((1, 2))

    cx, cy = mean(right), mean(up)
    if moment == "first":
        return torch.atan2(cy, cx) * 180 / math.pi
    angles = []
    for i in range(n):
        dx, dy = right - cx[i], up - cy[i]
        cov = torch.tensor([[(plane[i] * a * b).sum() for a in (dx, dy)] for b in (dx, dy)])
        axis = torch.linalg.eigh(cov).eigenvectors[:, 1]
        along = dx * axis[0] + dy * axis[1]
        axis = axis * torch.sign((plane[i] * along**3).sum())
        angles.append(torch.atan2(axis[1], axis[0]))
    return torch.stack(angles) * 180 / math.pi


def closed_form(net, x, moment):
    angle = direction(x.detach(), moment)
    return net.rest(turn(x, -angle)), matrices(-angle)


def searched(net, x, criterion, refinements=2):
    def cost(logits):
        if criterion == "energy":
            return -logits.logsumexp(-1)
        shares = logits.log_softmax(-1)
        return -(shares.exp() * shares).sum(-1)

    logits, thetas = [], []
    for image in x.split(1):
        angles = [pose(k) for k in range(ROTATIONS)]
        step = 360.0 / ROTATIONS
        best = min(angles, key=lambda a: cost(net.rest(turn(image, -a))).item())
        for _ in range(refinements):
            step /= 2
            best = min([best, best + step, best - step], key=lambda a: cost(net.rest(turn(image, -a))).item())
        logits.append(net.rest(turn(image, -best)))
        thetas.append(matrices(-best[None]))
    return torch.cat(logits), torch.cat(thetas)


def pooled(net, x):
    features = torch.stack([net.stages(turn(x, pose(k)), 0, 2) for k in range(ROTATIONS)]).amax(0)
    return net.classifier(features.flatten(1)), None


torch.manual_seed(3)
generator = torch.Generator().manual_seed(12)
coarse = torch.rand(3, 1, 5, 5, generator=generator)
window = torch.hann_window(26, periodic=False)[1:-1]
images = F.interpolate(coarse, size=24, mode="bicubic", align_corners=False) * window * window[:, None]
labels = torch.tensor([3, 1, 0])
net, scorer = Classifier(3, 24, 5), Scorer(3, 24)
tensors = {"input": images, "labels": labels}
tensors |= {f"extractor.{n}": p.detach().clone() for n, p in net.named_parameters()}
tensors |= {f"scorer.{n}": p.detach().clone() for n, p in scorer.named_parameters()}
net, scorer = net.double(), scorer.double()

VARIANTS = {
    "learned": lambda x: learned(net, scorer, x),
    "principal": lambda x: closed_form(net, x, "principal"),
    "first": lambda x: closed_form(net, x, "first"),
    "energy": lambda x: searched(net, x, "energy"),
    "entropy": lambda x: searched(net, x, "entropy"),
    "ti": lambda x: pooled(net, x),
}
for name, variant in VARIANTS.items():
    for module in (net, scorer):
        module.zero_grad()
    x = images.double().requires_grad_(True)
    logits, theta, *prior = variant(x)
    loss = F.cross_entropy(logits, labels) + sum(PRIOR * p for p in prior)
    loss.backward()
    tensors |= {f"{name}/logits": logits.detach(), f"{name}/gradient.input": x.grad}
    if theta is not None:
        tensors[f"{name}/theta.1"] = theta.detach()
    for part, module in (("extractor", net), ("scorer", scorer)):
        if part == "extractor" or prior:
            tensors |= {f"{name}/gradient.{part}.{n}": p.grad.clone() for n, p in module.named_parameters()}
    if prior:
        tensors[f"{name}/prior"] = prior[0].detach()

stored = {n: (t if t.dtype == torch.int64 else t.float()).contiguous() for n, t in tensors.items()}
path = here / "canonical.safetensors"
save_file(stored, path)
print(f"{path.name}: {path.stat().st_size / 1e3:.0f} KB, {len(VARIANTS)} variants")
