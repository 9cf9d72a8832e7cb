"""Writes probabilistic.safetensors: the probabilistic spatial transformer in PyTorch, in training and in evaluation.

`input` (3×1×24×24), `labels`, and the weights by their names in the zoo. `training/` holds `logits` (3×5), `theta.1`, `kl`,
`alignment`, and `gradient.input`, `gradient.NAME` of cross entropy + kl / 1000 + alignment, with numbers drawn after
`torch.manual_seed(5)`: those of the pose, then those of the alignment loss. `evaluation/logits` is over 4 draws of a generator
with seed 0. All is computed in float64 and stored as float32; the draws are float32.
"""

import math
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[1] / "Benchmarks" / "peers"))
from stn import warp  # noqa: E402
from variants import Classifier, Localization, product  # noqa: E402

DEVIATION, PRIOR, SPREAD, SAMPLES = 0.1, 1.0, 0.3, 4
BOUNDS = torch.tensor([math.pi, math.log(2), math.log(2), 0.5], dtype=torch.float64)


def theta(p):
    angle, s, t, m = (BOUNDS * (p / BOUNDS).tanh()).unbind(1)
    zero, one = torch.zeros_like(m), torch.ones_like(m)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(-1, 2, 2)
    shear = torch.stack([one, m, zero, one], 1).view(-1, 2, 2)
    scale = torch.stack([s.exp(), zero, zero, t.exp()], 1).view(-1, 2, 2)
    return torch.cat([turn @ shear @ scale, torch.zeros(len(p), 2, 1, dtype=p.dtype)], 2)


def posterior(x):
    mean, log_variance = localization(x).split(4, 1)
    return mean, (log_variance / 2).exp() * DEVIATION


def logits(x, mean, deviation, noise):
    return extractor.rest(warp(x, theta(mean + deviation * noise), padding="zeros"))


generator = torch.Generator().manual_seed(13)
coarse = torch.rand(3, 1, 6, 6, generator=generator)
images = F.interpolate(coarse, size=24, mode="bicubic", align_corners=False)
labels = torch.tensor([3, 1, 0])
torch.manual_seed(4)
extractor, localization = Classifier(3, 24, 5), Localization(24 * 24, (8,), 8)
with torch.no_grad():
    # A zero last layer would stop every gradient before it.
    for value in localization.theta.parameters():
        value.normal_(0, 0.1, generator=generator)
parts = {"extractor": extractor, "localization": localization}
tensors = {"input": images, "labels": labels}
tensors |= {f"{part}.{n}": p.detach().clone() for part, module in parts.items() for n, p in module.named_parameters()}
for module in parts.values():
    module.double()

x = images.double().requires_grad_(True)
torch.manual_seed(5)
mean, deviation = posterior(x)
answer = logits(x, mean, deviation, torch.randn(3, 4))
normal = torch.distributions.Normal
kl = torch.distributions.kl_divergence(normal(mean, deviation), normal(0.0, PRIOR)).sum(1).mean()
shift = theta(torch.randn(3, 4).double() * SPREAD)
again = product(shift, theta(posterior(warp(x, shift, padding="zeros"))[0]))
alignment = (again - theta(mean)).square().mean()
(F.cross_entropy(answer, labels) + kl / 1000 + alignment).backward()
tensors |= {"training/logits": answer, "training/theta.1": theta(mean), "training/kl": kl, "training/alignment": alignment}
tensors |= {"training/gradient.input": x.grad}
tensors |= {f"training/gradient.{part}.{n}": p.grad for part, module in parts.items() for n, p in module.named_parameters()}

generator = torch.Generator().manual_seed(0)
draws = [torch.randn(1, 4, generator=generator) for _ in range(SAMPLES)]
shares = torch.stack([logits(x, mean, deviation, noise).softmax(-1) for noise in draws])
tensors["evaluation/logits"] = shares.mean(0).log()

tensors = {n: (t if t.dtype == torch.int64 else t.detach().float()).contiguous() for n, t in tensors.items()}
save_file(tensors, here / "probabilistic.safetensors")
