"""Writes operators.safetensors: PyTorch's float64 values for the operators that everything rests on.

Warps, one per case affine-border, affine-zeros, affine-resized (border, 5×7 to 4×9), homography-border, homography-zeros:
`CASE.image` (2×3×5×7), `CASE.matrix` (2×2×3 or 2×3×3), `CASE.output`, `CASE.cotangent` (the gradient that arrives at the
output), `CASE.gradient.image`, `CASE.gradient.matrix`.

Batch normalisation in training mode, cases batchnorm1d (6×4) and batchnorm2d (3×4×5×5), two steps, eps 1e-5, momentum 0.1:
`CASE.weight`, `CASE.bias`; per step i `CASE.i.input`, `.output`, `.running_mean`, `.running_var`; of the first step also
`.cotangent`, `.gradient.input`, `.gradient.weight`, `.gradient.bias`; and `CASE.evaluated`, the second input in eval mode.

Cross entropy, mean: `crossentropy.logits` (5×10), `.labels` (int64), `.loss`, `.gradient`.

Optimizers, five steps from one start with given gradients, cases nesterov (lr 0.1, momentum 0.9, weight decay 0.01) and
adam (lr 0.003, betas 0.9 and 0.999, eps 1e-8, no weight decay): `optimizer.start`, `optimizer.gradients` (5×6), `CASE.steps` (5×6).
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[1] / "Benchmarks" / "peers"))
import stn  # noqa: E402

torch.set_default_dtype(torch.float64)
torch.manual_seed(30)
tensors = {}


def record(case, **values):
    for name, value in values.items():
        tensors[f"{case}.{name.replace('__', '.')}"] = value.detach().clone().contiguous()


def warps():
    identity = torch.eye(3).expand(2, 3, 3)
    for kind, rows in (("affine", 2), ("homography", 3)):
        for padding, size in (("border", None), ("zeros", None), ("resized", (4, 9))):
            if rows == 3 and size:
                continue
            image = torch.randn(2, 3, 5, 7, requires_grad=True)
            # 0.25 sends some points outside, so that the padding is seen.
            matrix = (identity + 0.25 * torch.randn(2, 3, 3))[:, :rows]
            if rows == 3:
                matrix[:, 2, :2] *= 0.5
                matrix[:, 2, 2] = 1
            matrix = matrix.clone().requires_grad_(True)
            output = stn.warp(image, matrix, size, "border" if size else padding)
            cotangent = torch.randn_like(output)
            output.backward(cotangent)
            record(
                f"{kind}-{padding}", image=image, matrix=matrix, output=output, cotangent=cotangent,
                gradient__image=image.grad, gradient__matrix=matrix.grad)


def batch_normalisation():
    for case, layer, shape in (("batchnorm1d", nn.BatchNorm1d(4), (6, 4)), ("batchnorm2d", nn.BatchNorm2d(4), (3, 4, 5, 5))):
        nn.init.normal_(layer.weight)
        nn.init.normal_(layer.bias)
        record(case, weight=layer.weight, bias=layer.bias)
        for step in range(2):
            value = (1 + 2 * torch.randn(shape)).requires_grad_(True)
            output = layer(value)
            record(f"{case}.{step}", input=value, output=output, running_mean=layer.running_mean, running_var=layer.running_var)
            if step == 0:
                cotangent = torch.randn_like(output)
                output.backward(cotangent)
                record(
                    f"{case}.0", cotangent=cotangent, gradient__input=value.grad, gradient__weight=layer.weight.grad,
                    gradient__bias=layer.bias.grad)
        record(case, evaluated=layer.eval()(value))


def cross_entropy():
    logits = (3 * torch.randn(5, 10)).requires_grad_(True)
    labels = torch.tensor([0, 9, 4, 4, 7])
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    record("crossentropy", logits=logits, labels=labels, loss=loss, gradient=logits.grad)


def optimizers():
    start, gradients = torch.randn(6), torch.randn(5, 6)
    record("optimizer", start=start, gradients=gradients)
    makers = {
        "nesterov": lambda p: torch.optim.SGD([p], lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        "adam": lambda p: torch.optim.Adam([p], lr=0.003),
    }
    for case, make in makers.items():
        parameter = nn.Parameter(start.clone())
        optimizer = make(parameter)
        steps = []
        for gradient in gradients:
            parameter.grad = gradient.clone()
            optimizer.step()
            steps.append(parameter.detach().clone())
        record(case, steps=torch.stack(steps))


warps()
batch_normalisation()
cross_entropy()
optimizers()
save_file(tensors, here / "operators.safetensors")
