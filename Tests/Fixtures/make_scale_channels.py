"""Writes scale-channels.safetensors: scale-channel networks written out in PyTorch, one forward and backward pass each.

For area, bilinear and bicubic it holds `NAME.input`, the weights and running statistics under the zoo's names, `NAME.stage.1` to
`NAME.stage.3`, `NAME.logits` and `NAME.gradient.…` of the mean cross entropy; bicubic in training, the others in evaluation.
Nothing is computed as the zoo does it: means over squares are differences of the image's integral, which is linear between
the edges of pixels; the others are torch.nn.functional.interpolate with antialias=True on an image that is padded widely. Every
scale channel runs through the network by itself, but for the statistics of batch norm. In float64.
"""

import pathlib

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

FIELD = 12
PADDING = 16


def integrated(x, factor):
    """Means over intervals along the last axis, the image continued by its border."""
    padded = torch.cat([x[..., :1].expand(*x.shape[:-1], PADDING), x, x[..., -1:].expand(*x.shape[:-1], PADDING)], -1)
    integral = F.pad(padded.cumsum(-1), (1, 0))
    edges = (torch.arange(FIELD + 1, dtype=torch.float64) - FIELD / 2) / factor + x.shape[-1] / 2 + PADDING
    whole = edges.floor().long().clamp(max=integral.shape[-1] - 2)
    at = integral[..., whole] + (edges - whole) * (integral[..., whole + 1] - integral[..., whole])
    return (at[..., 1:] - at[..., :-1]) * factor


def rescaled(x, factor, mode, padding):
    if mode == "area":
        return integrated(integrated(x, factor).transpose(-1, -2), factor).transpose(-1, -2)
    wide = F.pad(x, (PADDING,) * 4, mode="replicate" if padding == "border" else "constant")
    size = [int(side * factor) for side in wide.shape[-2:]]
    large = F.interpolate(wide, size=size, mode=mode, antialias=True)
    top, left = ((side - FIELD) // 2 for side in size)
    return large[..., top : top + FIELD, left : left + FIELD]


def normalised(channels, leaves, buffers, name, training):
    weight, bias = (leaves[f"{name}.{key}"].view(1, -1, 1, 1) for key in ("weight", "bias"))
    if training:
        everything = torch.stack(channels)
        mean, variance = everything.mean((0, 1, 3, 4)), everything.var((0, 1, 3, 4), correction=0)
    else:
        mean, variance = (buffers[f"{name}.{key}"] for key in ("running_mean", "running_var"))
    return [(y - mean.view(1, -1, 1, 1)) / (variance.view(1, -1, 1, 1) + 1e-5).sqrt() * weight + bias for y in channels]


torch.set_num_threads(1)
generator = torch.Generator().manual_seed(40)


def draw(*shape, spread=0.3):
    return (torch.randn(*shape, generator=generator) * spread).double().requires_grad_(True)


tensors = {}
cases = (
    ("area", "border", (1, 24, 20), [2 ** (k / 2) for k in range(-2, 3)], "max", False),
    ("bilinear", "border", (1, 24, 24), [0.5, 1, 2], "max", False),
    ("bicubic", "constant", (2, 24, 24), [0.5, 1, 2], "mean", True),
)
for mode, padding, shape, factors, pool, training in cases:
    leaves = {
        "input": draw(3, *shape, spread=1),
        "conv1.weight": draw(3, shape[0], 3, 3),
        "conv1.bias": draw(3),
        "bn1.weight": (1 + draw(3).detach()).requires_grad_(True),
        "bn1.bias": draw(3),
        "conv2.weight": draw(4, 3, 3, 3),
        "conv2.bias": draw(4),
        "bn2.weight": (1 + draw(4).detach()).requires_grad_(True),
        "bn2.bias": draw(4),
        "classifier.weight": draw(5, 4 * 3 * 3),
        "classifier.bias": draw(5),
    }
    buffers = {}
    for name, width in (("bn1", 3), ("bn2", 4)):
        buffers[f"{name}.running_mean"] = draw(width).detach()
        buffers[f"{name}.running_var"] = 0.5 + draw(width).detach() ** 2
    seen = [rescaled(leaves["input"], factor, mode, padding) for factor in factors]
    first = [F.conv2d(x, leaves["conv1.weight"], leaves["conv1.bias"]) for x in seen]
    first = [F.max_pool2d(F.relu(y), 2) for y in normalised(first, leaves, buffers, "bn1", training)]
    second = [F.conv2d(x, leaves["conv2.weight"], leaves["conv2.bias"]) for x in first]
    second = [F.relu(y) for y in normalised(second, leaves, buffers, "bn2", training)]
    scores = torch.stack([F.linear(y.flatten(1), leaves["classifier.weight"], leaves["classifier.bias"]) for y in second])
    logits = scores.amax(0) if pool == "max" else scores.mean(0)
    F.cross_entropy(logits, torch.tensor([0, 3, 1])).backward()
    stages = {f"stage.{index + 1}": torch.cat(channels, 1) for index, channels in enumerate((seen, first, second))}
    values = leaves | buffers | stages | {"logits": logits}
    values |= {f"gradient.{key}": leaf.grad for key, leaf in leaves.items()}
    tensors |= {f"{mode}.{key}": value.detach().float().contiguous() for key, value in values.items()}
path = pathlib.Path(__file__).resolve().parent / "scale-channels.safetensors"
save_file(tensors, path)
print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")
