"""The variants of the spatial transformer network written in plain PyTorch, with the zoo's parameter names.

Used by the script that computes the tests' reference values. Definitions: Jaderberg et al., arXiv:1506.02025 (input, feature map,
thin-plate spline); Finnveden, Jansson, Lindeberg, arXiv:2004.11678 (deep, shared, iterative); Lin, Lucey, arXiv:1612.03897
(inverse compositional, similarity, homography). Everything samples with align_corners=False, zeros outside the image.
"""

import torch
from stn import start_at_identity, warp
from torch import nn
from torch.nn import functional as F


class Classifier(nn.Module):
    """The MNIST classifier with `width` channels, for inputs of `side` pixels, as two stages and a linear layer."""

    def __init__(self, width, side, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 9)
        self.conv2 = nn.Conv2d(width, width, 7)
        last = ((side - 8) // 2 - 6) // 2
        self.classifier = nn.Linear(width * last * last, classes)

    def stages(self, x, first, last):
        for convolution in (self.conv1, self.conv2)[first:last]:
            x = F.relu(F.max_pool2d(convolution(x), 2))
        return x

    def rest(self, x, first=0):
        return self.classifier(self.stages(x, first, 2).flatten(1))


class Localization(nn.Module):
    """N×C×H×W to N×K parameters through linear layers."""

    def __init__(self, inputs, hidden, count):
        super().__init__()
        self.sizes = len(hidden)
        for index, size in enumerate(hidden):
            setattr(self, f"fc{index + 1}", nn.Linear(inputs, size))
            inputs = size
        self.theta = nn.Linear(inputs, count)
        start_at_identity(self.theta)

    def forward(self, x):
        x = x.flatten(1)
        for index in range(self.sizes):
            x = F.relu(getattr(self, f"fc{index + 1}")(x))
        return self.theta(x)


# Families: from the localization net's output to θ. Products and inverses are those of 3×3 matrices.


def translation(p):
    one, zero = torch.ones_like(p[:, 0]), torch.zeros_like(p[:, 0])
    return torch.stack([one, zero, p[:, 0], zero, one, p[:, 1]], 1).view(-1, 2, 3)


def rotation(p):
    c, s, zero = p[:, 0].cos(), p[:, 0].sin(), torch.zeros_like(p[:, 0])
    return torch.stack([c, -s, zero, s, c, zero], 1).view(-1, 2, 3)


def similarity(p):
    a, b, x, y = p.unbind(1)
    return torch.stack([1 + a, -b, x, b, 1 + a, y], 1).view(-1, 2, 3)


def affine(p):
    return p.view(-1, 2, 3) + torch.eye(3, dtype=p.dtype)[:2]


def homography(p):
    return torch.cat([p, torch.zeros_like(p[:, :1])], 1).view(-1, 3, 3) + torch.eye(3, dtype=p.dtype)


COUNTS = {"translation": 2, "rotation": 1, "similarity": 4, "affine": 6, "homography": 8}
FAMILIES = {name: globals()[name] for name in COUNTS}


def square(theta):
    """N×2×3 to N×3×3."""
    if theta.shape[1] == 3:
        return theta
    row = torch.tensor([0, 0, 1], dtype=theta.dtype).expand(len(theta), 1, 3)
    return torch.cat([theta, row], 1)


def product(a, b):
    """a·b; a homography is divided by its lower right element."""
    whole = square(a) @ square(b)
    return whole[:, :2] if a.shape[1] == 2 else whole / whole[:, 2:, 2:]


class InputVariant(nn.Module):
    """Whatever transforms the input: `features` says what localization stands on, `order` where an update is multiplied."""

    def __init__(self, features="none", depth=1, family="affine", iterations=1, order="right", width=8, side=24, hidden=(8,), classes=5):
        super().__init__()
        self.family, self.iterations, self.order, self.shared, self.depth = family, iterations, order, features == "shared", depth
        self.extractor = Classifier(width, side, classes)
        sides = [side, (side - 8) // 2, ((side - 8) // 2 - 6) // 2]
        inputs = side * side if features == "none" else width * sides[depth] ** 2
        self.localization = Localization(inputs, hidden, COUNTS[family])
        if features == "deep":
            stages = Classifier(width, side, classes)
            del stages.classifier
            if depth == 1:
                del stages.conv2
                stages.stages = lambda x, first, last: F.relu(F.max_pool2d(stages.conv1(x), 2))
            self.localization.features = stages

    def look(self, x):
        if self.shared:
            x = self.extractor.stages(x, 0, self.depth)
        elif hasattr(self.localization, "features"):
            x = self.localization.features.stages(x, 0, self.depth)
        return FAMILIES[self.family](self.localization(x))

    def thetas(self, x):
        theta = self.look(x)
        every = [theta]
        for _ in range(self.iterations - 1):
            update = self.look(warp(x, theta, padding="zeros"))
            theta = product(theta, update) if self.order == "right" else product(update, theta)
            every.append(theta)
        return every

    def forward(self, x):
        every = self.thetas(x)
        return self.extractor.rest(warp(x, every[-1], padding="zeros")), every


class FeatureMapVariant(nn.Module):
    """A transformer at each of the depths, with localization nets of their own."""

    def __init__(self, depths=(1,), family="affine", width=8, side=24, hidden=(8,), classes=5):
        super().__init__()
        self.depths, self.family = depths, family
        self.extractor = Classifier(width, side, classes)
        sides = [side, (side - 8) // 2, ((side - 8) // 2 - 6) // 2]
        nets = [Localization((1 if d == 0 else width) * sides[d] ** 2, hidden, COUNTS[family]) for d in depths]
        self.localization = nets[0] if len(nets) == 1 else nn.ModuleDict({str(i + 1): net for i, net in enumerate(nets)})

    def forward(self, x):
        depth, every = 0, []
        for index, place in enumerate(self.depths):
            x = self.extractor.stages(x, depth, place)
            net = self.localization if len(self.depths) == 1 else self.localization[str(index + 1)]
            every.append(FAMILIES[self.family](net(x)))
            x, depth = warp(x, every[-1], padding="zeros"), place
        return self.extractor.rest(x, depth), every
