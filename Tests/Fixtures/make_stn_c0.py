"""Writes stn-c0-cnn.safetensors and stn-c0-fcn.safetensors: one forward and backward pass of STN-C0 in PyTorch.

Each file holds `input` (4×1×28×28), `labels` (4, int64), the weights under the zoo's names, and what follows from them:
`theta` (4×2×3), `logits` (4×10), `loss` (mean cross entropy), `gradient.input` and `gradient.NAME`.
All is computed in float64 from weights that float32 holds exactly, and stored as float32. To stay small, the fcn file
takes the extractor's weights from the cnn file (they are the same) and leaves out gradient.extractor.conv2.weight.
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[1] / "Benchmarks" / "peers"))
import stn  # noqa: E402


def passed(model, images, labels):
    """Everything that one forward and backward pass computes, by name."""
    model.zero_grad()
    images = images.clone().requires_grad_(True)
    logits = model(images)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    values = {"theta": model.matrix(images), "logits": logits, "loss": loss, "gradient.input": images.grad}
    values |= {f"gradient.{name}": parameter.grad for name, parameter in model.named_parameters()}
    return {name: value.detach().clone() for name, value in values.items()}


def deviation(found, reference):
    """The largest error of any value, relative to the largest magnitude of its tensor."""
    return max(((found[n].double() - r).abs().max() / r.abs().max()).item() for n, r in reference.items())


torch.set_num_threads(1)
generator = torch.Generator().manual_seed(20)
coarse = torch.rand(4, 1, 7, 7, generator=generator)
images = F.interpolate(coarse, size=28, mode="bicubic", align_corners=False) + 0.1 * torch.rand(4, 1, 28, 28, generator=generator)
labels = torch.tensor([3, 1, 4, 9])
for kind in ("cnn", "fcn"):
    torch.manual_seed(20)
    model = stn.STNC0(kind)
    # A zero last layer would stop every gradient before it.
    with torch.no_grad():
        model.localization.theta.weight.normal_(0, 0.1, generator=generator)
        model.localization.theta.bias.normal_(0, 0.1, generator=generator)
    weights = {name: value.detach().clone() for name, value in model.state_dict().items()}
    single = passed(model, images, labels)
    reference = passed(model.double(), images.double(), labels)
    error = deviation(single, reference)
    # Where rounding flips a pooling winner or crosses a pixel, float32 has other gradients: such a draw is no reference.
    if error > 1e-5:
        sys.exit(f"stn-c0-{kind}: PyTorch's own float32 is off by {error:.1e}: draw other inputs (change the seed)")
    tensors = {"input": images, "labels": labels} | weights | {name: value.float() for name, value in reference.items()}
    if kind == "fcn":
        del tensors["gradient.extractor.conv2.weight"]
        tensors = {name: value for name, value in tensors.items() if not name.startswith("extractor.")}
    path = here / f"stn-c0-{kind}.safetensors"
    save_file({name: value.contiguous() for name, value in tensors.items()}, path)
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, loss {reference['loss']:.6f}, PyTorch float32 within {error:.1e}")
