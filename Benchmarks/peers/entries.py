"""The zoo's entries in plain PyTorch, by id and for images of any side: what the benchmarks time the zoo against.

Sizes, layers and their order are the zoo's; `stn.py` and `variants.py` hold the pieces that the tests' reference values use too.
tta, oracle and stn-c0-x2's test-time settings have no counterpart that users of PyTorch would write, so there is no peer for them.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

import variants
from stn import start_at_identity, warp


class ConvolutionalLocalization(nn.Module):
    """N×1×side×side to N×K parameters: two convolutions on the image at half its size, then a linear layer of 20."""

    def __init__(self, side, count):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 20, 5), nn.Conv2d(20, 20, 5)
        self.fc1 = nn.Linear(20 * ((side // 2 - 4) // 2 - 4) ** 2, 20)
        self.theta = nn.Linear(20, count)
        start_at_identity(self.theta)

    def forward(self, x):
        x = F.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        return self.theta(F.relu(self.fc1(F.relu(self.conv2(x)).flatten(1))))


class CNN(nn.Module):
    def __init__(self, side):
        super().__init__()
        self.extractor = variants.Classifier(64, side, 10)

    def forward(self, x):
        return self.extractor.rest(x)


class InputSTN(nn.Module):
    """A matrix family on the input image, composed over iterations."""

    def __init__(self, side, family="affine", iterations=1):
        super().__init__()
        self.family, self.iterations = family, iterations
        self.extractor = variants.Classifier(64, side, 10)
        self.localization = ConvolutionalLocalization(side, variants.COUNTS[family])

    def forward(self, x):
        theta = variants.FAMILIES[self.family](self.localization(x))
        for _ in range(self.iterations - 1):
            theta = variants.product(theta, variants.FAMILIES[self.family](self.localization(warp(x, theta))))
        return self.extractor.rest(warp(x, theta))


class SplineSTN(nn.Module):
    """Thin-plate splines over 4×4 control points: the grid is the pixel centres plus a product with a constant matrix."""

    def __init__(self, side):
        super().__init__()
        self.side, self.extractor, self.localization = side, variants.Classifier(64, side, 10), ConvolutionalLocalization(side, 32)
        axis = torch.linspace(-1, 1, 4, dtype=torch.float64)
        points = torch.stack([axis.repeat(4), axis.repeat_interleave(4)], 1)
        centres = (2 * torch.arange(side, dtype=torch.float64) + 1) / side - 1
        centres = torch.stack([centres.repeat(side), centres.repeat_interleave(side)], 1)

        def terms(a):
            square = (a[:, None] - points[None]).square().sum(2)
            return torch.cat([torch.special.xlogy(square, square), torch.ones(len(a), 1, dtype=a.dtype), a], 1)

        system = torch.zeros(19, 19, dtype=torch.float64)
        system[:16], system[16:, :16] = terms(points), terms(points)[:, 16:].T
        basis = terms(centres) @ torch.linalg.solve(system, torch.eye(19, 16, dtype=torch.float64))
        self.register_buffer("basis", basis.float())
        self.register_buffer("centres", centres.float())

    def forward(self, x):
        grid = self.centres + self.basis @ self.localization(x).view(-1, 16, 2)
        grid = grid.view(-1, self.side, self.side, 2)
        return self.extractor.rest(F.grid_sample(x, grid, padding_mode="border", align_corners=False))


class Logits(nn.Module):
    """A variant without the θs that it returns beside its logits."""

    def __init__(self, variant):
        super().__init__()
        self.variant = variant

    def forward(self, x):
        return self.variant(x)[0]


class GroupConvolution(nn.Module):
    """To a group of N rotations and maybe a mirror, or on it. Filters are rotated by one product with a constant matrix for all
    angles (a permutation for quarter turns, which PyTorch does by rot90 and roll)."""

    def __init__(self, inputs, outputs, kernel, rotations, mirror=False, lifting=False):
        super().__init__()
        self.rotations, self.mirror, self.lifting = rotations, mirror, lifting
        self.order = rotations * (2 if mirror else 1)
        over = 1 if lifting else self.order
        bound = 1 / math.sqrt(inputs * over * kernel * kernel)
        self.weight = nn.Parameter(torch.empty(outputs, inputs, over, kernel, kernel).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(outputs))
        if rotations != 4:
            self.register_buffer("matrices", torch.rand(rotations, kernel**2, kernel**2) / kernel**2)

    def turned(self, weight, rotation):
        if self.rotations == 4:
            return torch.rot90(weight, rotation, (-2, -1))
        flat = weight.flatten(3) @ self.matrices[rotation]
        return flat.view_as(weight)

    def forward(self, x):
        copies = []
        for element in range(self.order):
            rotation, mirrored = element % self.rotations, element >= self.rotations
            weight = self.weight.flip(-1) if mirrored else self.weight
            weight = self.turned(weight, rotation)
            copies.append(weight if self.lifting else weight.roll(element, 2))
        bank = torch.stack(copies, 1).flatten(0, 1).flatten(1, 2)
        return F.conv2d(x, bank, self.bias.repeat_interleave(self.order))


class GroupCNN(nn.Module):
    """Group convolutions 9×9 and 7×7, max-pool 2 and ReLU, largest value over the group and over places, linear."""

    def __init__(self, rotations, mirror=False):
        super().__init__()
        order = rotations * (2 if mirror else 1)
        width = round(64 / math.sqrt(order))
        self.order, self.width = order, width
        self.conv1 = GroupConvolution(1, width, 9, rotations, mirror, lifting=True)
        self.conv2 = GroupConvolution(width, width, 7, rotations, mirror)
        self.classifier = nn.Linear(width, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        return self.classifier(x.unflatten(1, (self.width, self.order)).amax((2, 3, 4)))


class CohenWelling(nn.Module):
    """Seven layers of convolution 3×3 (last 4×4), batch norm and ReLU, on the plane or over quarter turns."""

    def __init__(self, width, rotations, dropout):
        super().__init__()
        self.width, self.order, self.dropout = width, rotations, dropout
        make = (lambda i, o, k, first: nn.Conv2d(i, o, k)) if rotations == 1 else (
            lambda i, o, k, first: GroupConvolution(i, o, k, rotations, lifting=first))
        self.convolutions = nn.ModuleList([make(1 if n == 0 else width, width, 3, n == 0) for n in range(6)])
        self.norms = nn.ModuleList([nn.BatchNorm2d(width) for _ in range(6)])
        self.top = make(width, 10, 4, False)

    def forward(self, x):
        for index, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            x = convolution(x)
            shape = x.shape
            x = F.relu(norm(x.reshape(shape[0], self.width, -1, shape[3])).reshape(shape))
            if index == 1:
                x = F.max_pool2d(x, 2)
            elif self.dropout > 0:
                x = F.dropout(x, self.dropout, self.training)
        return self.top(x).unflatten(1, (10, self.order)).amax((2, 3, 4))


class BatchNormCNN(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 64, 9), nn.MaxPool2d(2), nn.ReLU(), nn.BatchNorm2d(64),
            nn.Conv2d(64, 64, 7), nn.MaxPool2d(2), nn.ReLU(), nn.BatchNorm2d(64), nn.Flatten(), nn.Linear(256, 10))


class SmallCNN(nn.Sequential):
    def __init__(self):
        layers, channels = [], 1
        for width, stride in ((16, 1), (16, 2), (32, 1), (32, 2)):
            layers += [nn.Conv2d(channels, width, 3, stride), nn.ReLU(), nn.BatchNorm2d(width)]
            channels = width
        super().__init__(*layers, nn.Flatten(), nn.Linear(512, 100), nn.ReLU(), nn.Dropout(0.15), nn.Linear(100, 10))


class Polar(nn.Module):
    """A log-polar image of 32 angles and 28 radii about a predicted origin, classified by convolutions that wrap around."""

    def __init__(self):
        super().__init__()
        self.predictor = nn.Sequential(
            nn.Conv2d(1, 20, 5, padding=2), nn.ReLU(), nn.Conv2d(20, 20, 5, padding=2), nn.ReLU(), nn.Conv2d(20, 1, 1, bias=False))
        centres = (2 * torch.arange(28) + 1) / 28 - 1
        self.register_buffer("places", torch.stack([centres.repeat(28), centres.repeat_interleave(28)], 1))
        angles, radii = 2 * math.pi * torch.arange(32) / 32, 14 ** ((torch.arange(28) + 0.5) / 28) / 14
        self.register_buffer("rays", torch.stack([angles.cos()[:, None] * radii, -angles.sin()[:, None] * radii], 2)[None])
        self.convolutions = nn.ModuleList([nn.Conv2d(i, o, 5) for i, o in ((1, 32), (32, 64), (64, 64))])
        self.norms = nn.ModuleList([nn.BatchNorm2d(o) for o in (32, 64, 64)])
        self.classifier = nn.Linear(64 * 7, 10)

    def forward(self, x):
        origin = self.predictor(x).flatten(1).softmax(1) @ self.places
        x = F.grid_sample(x, origin.view(-1, 1, 1, 2) + self.rays, padding_mode="border", align_corners=False)
        for index, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            x = F.pad(F.pad(x, (0, 0, 2, 2), mode="circular"), (2, 2))
            x = F.relu(norm(convolution(x)))
            if index < 2:
                x = F.max_pool2d(x, 2)
        return self.classifier(x.amax(2).flatten(1))


class HouseNumbers(nn.Module):
    """Eight convolutions 5×5, three linear layers of 3072, five heads of eleven classes; for 64×64 images."""

    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for index, width in enumerate((48, 64, 128, 160, 192, 192, 192, 192)):
            layers += [nn.Conv2d(channels, width, 5, padding=2), nn.ReLU()]
            layers += [nn.MaxPool2d(2)] if index % 2 == 0 else []
            layers += [nn.Dropout2d(0.5)] if index > 0 else []
            channels = width
        layers.append(nn.Flatten())
        size = 192 * 16
        for _ in range(3):
            layers += [nn.Linear(size, 3072), nn.ReLU(), nn.Dropout(0.5)]
            size = 3072
        self.layers = nn.Sequential(*layers, nn.Linear(size, 55))

    def forward(self, x):
        return self.layers(x).unflatten(1, (11, 5))  # as the loss wants it: classes second


def _variant(**settings):
    return lambda side: Logits(variants.InputVariant(width=64, side=side, hidden=(32, 32, 32), classes=10, **settings))


def _maps(*depths):
    return lambda side: Logits(variants.FeatureMapVariant(depths=depths, width=64, side=side, hidden=(32, 32, 32), classes=10))


# id → model for images of a side; those that ignore it are for 28×28 (svhn: 64×64).
ENTRIES = {
    "cnn": CNN,
    "stn-c0": InputSTN,
    **{f"stn-c0-{name}": (lambda side, name=name: InputSTN(side, name)) for name in ("translation", "rotation", "similarity", "homography")},
    "stn-c0-tps": SplineSTN,
    "stn-c0-x2": lambda side: InputSTN(side, iterations=2),
    "stn-c1": _maps(1),
    "stn-c2": _maps(2),
    "stn-multi": _maps(0, 1, 2),
    "stn-dl1": _variant(features="deep"),
    "stn-sl1": _variant(features="shared"),
    "stn-sl1-x2": _variant(features="shared", iterations=2),
    "ic-stn-affine": lambda side: InputSTN(side, iterations=4),
    "ic-stn-homography": lambda side: InputSTN(side, "homography", iterations=4),
    "p4-cnn": lambda side: GroupCNN(4),
    "p4m-cnn": lambda side: GroupCNN(4, mirror=True),
    "c8-cnn": lambda side: GroupCNN(8),
    "c16-cnn": lambda side: GroupCNN(16),
    "cw-z2cnn": lambda side: CohenWelling(20, 1, 0.3),
    "cw-p4cnn": lambda side: CohenWelling(10, 4, 0),
    "cnn-bn": lambda side: BatchNormCNN(),
    "small-cnn": lambda side: SmallCNN(),
    "polar": lambda side: Polar(),
    "svhn": lambda side: HouseNumbers(),
}
