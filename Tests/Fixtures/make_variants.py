"""Writes variants.safetensors: one forward and backward pass of every variant in PyTorch, and thin-plate splines.

`input` (2×1×24×24) and `labels` are common to all, and so are the extractor's weights (`extractor.…`), in float32. Under
`VARIANT/` lie the other weights by their names in the zoo, and what follows: `theta.1` …, `logits` (2×5) and
`gradient.input`, `gradient.NAME` of the mean cross entropy. All is computed in float64 and stored as float32.

`tps/` holds a spline with 3×4 control points: `parameters` (2×24), `image` (2×3×9×7), `grid` (2×6×8×2: where a warp to 6×8 pixels
samples), `output`, `cotangent` of the output, and the gradients of their product. The system is solved by numpy from Bookstein's
definition with the kernel r² log r; the zoo uses r² log r², which differs by a factor that the weights absorb.
"""

import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[1] / "Benchmarks" / "peers"))
from variants import COUNTS, FeatureMapVariant, InputVariant  # noqa: E402

VARIANTS = {f"c0-{family}": lambda family=family: InputVariant(family=family) for family in COUNTS}
VARIANTS |= {
    "c0-x3": lambda: InputVariant(iterations=3),
    "c1": lambda: FeatureMapVariant((1,)),
    "c2": lambda: FeatureMapVariant((2,), family="similarity"),
    "multi": lambda: FeatureMapVariant((0, 1, 2)),
    "dl1": lambda: InputVariant("deep", 1),
    "dl2-x2": lambda: InputVariant("deep", 2, iterations=2),
    "sl1": lambda: InputVariant("shared", 1),
    "sl2-x2": lambda: InputVariant("shared", 2, iterations=2),
    "ic-affine": lambda: InputVariant(iterations=4, order="left"),
    "ic-homography": lambda: InputVariant(iterations=3, order="left", family="homography"),
}


def normal(generator, *shape):
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def passes():
    generator = torch.Generator().manual_seed(11)
    coarse = torch.rand(2, 1, 6, 6, generator=generator)
    images = F.interpolate(coarse, size=24, mode="bicubic", align_corners=False) + 0.1 * torch.rand(2, 1, 24, 24, generator=generator)
    labels = torch.tensor([3, 1])
    tensors = {"input": images, "labels": labels}
    extractor = None
    for index, (name, make) in enumerate(VARIANTS.items()):
        torch.manual_seed(index)
        model = make()
        extractor = extractor or {n: p.detach().clone() for n, p in model.extractor.state_dict().items()}
        model.extractor.load_state_dict(extractor)
        with torch.no_grad():
            # A zero last layer would stop every gradient before it.
            for parameter, value in model.named_parameters():
                if ".theta." in parameter:
                    value.normal_(0, 0.06, generator=generator)
        tensors |= {f"{name}/{n}": p.detach().clone() for n, p in model.named_parameters() if not n.startswith("extractor.")}
        model = model.double()
        x = images.double().requires_grad_(True)
        logits, thetas = model(x)
        F.cross_entropy(logits, labels).backward()
        tensors |= {f"{name}/theta.{i + 1}": theta.detach() for i, theta in enumerate(thetas)}
        tensors |= {f"{name}/logits": logits.detach(), f"{name}/gradient.input": x.grad}
        tensors |= {f"{name}/gradient.{n}": p.grad for n, p in model.named_parameters()}
    return tensors | {f"extractor.{n}": p for n, p in extractor.items()}


def lattice(ys, xs):
    return np.array([[x, y] for y in ys for x in xs])


def spline():
    points = lattice(np.linspace(-1, 1, 3), np.linspace(-1, 1, 4))
    centres = lattice((2 * np.arange(6) + 1) / 6 - 1, (2 * np.arange(8) + 1) / 8 - 1)

    def kernel(a):
        r = np.linalg.norm(a[:, None] - points[None], axis=-1)
        return r**2 * np.log(np.where(r > 0, r, 1))

    affine = np.hstack([np.ones((12, 1)), points])
    system = np.block([[kernel(points), affine], [affine.T, np.zeros((3, 3))]])
    terms = np.hstack([kernel(centres), np.ones((48, 1)), centres])
    # The spline is linear in its values: its response to a 1 at each control point.
    response = terms @ np.linalg.lstsq(system, np.eye(15)[:, :12], rcond=None)[0]

    generator = torch.Generator().manual_seed(5)
    parameters = (0.15 * normal(generator, 2, 24)).float().double().requires_grad_(True)
    image = normal(generator, 2, 3, 9, 7).float().double().requires_grad_(True)
    cotangent = normal(generator, 2, 3, 6, 8).float().double()
    grid = (torch.tensor(response) @ (torch.tensor(points) + parameters.view(2, 12, 2))).view(2, 6, 8, 2)
    output = F.grid_sample(image, grid, align_corners=False)
    (output * cotangent).sum().backward()
    values = {"parameters": parameters, "image": image, "cotangent": cotangent, "grid": grid, "output": output}
    values |= {"gradient.parameters": parameters.grad, "gradient.image": image.grad}
    return {f"tps/{name}": value.detach() for name, value in values.items()}


torch.set_num_threads(1)
tensors = passes() | spline()
stored = {n: (t if t.dtype == torch.int64 else t.float()).contiguous() for n, t in tensors.items()}
path = here / "variants.safetensors"
save_file(stored, path)
print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {len(VARIANTS)} variants")
