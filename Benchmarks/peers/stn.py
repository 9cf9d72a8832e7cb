"""The zoo's MNIST entries written in plain PyTorch, with the zoo's parameter names.

Used by the benchmarks' peers beside this file and by the scripts that compute the tests' reference values.
Definitions: Jaderberg et al., arXiv:1506.02025; Finnveden, Jansson, Lindeberg, arXiv:2004.11678.
Everything samples with align_corners=False.
"""

import torch
from torch import nn
from torch.nn import functional as F


class MNISTClassifier(nn.Module):
    """N×1×28×28 to N×10 logits: two stages of convolution, 2×2 max pooling and ReLU, then a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 64, 9)
        self.conv2 = nn.Conv2d(64, 64, 7)
        self.classifier = nn.Linear(256, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        return self.classifier(x.flatten(1))


class FCNLocalization(nn.Module):
    """N×1×28×28 to N×K parameters through three linear layers of 32."""

    def __init__(self, count):
        super().__init__()
        self.fc1 = nn.Linear(784, 32)
        self.fc2 = nn.Linear(32, 32)
        self.fc3 = nn.Linear(32, 32)
        self.theta = nn.Linear(32, count)
        start_at_identity(self.theta)

    def forward(self, x):
        x = F.relu(self.fc1(x.flatten(1)))
        x = F.relu(self.fc2(x))
        x = F.relu(self.fc3(x))
        return self.theta(x)


class CNNLocalization(nn.Module):
    """N×1×28×28 to N×K parameters through two convolutions on the image at half its size, then a linear layer of 20."""

    def __init__(self, count):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 20, 5)
        self.fc1 = nn.Linear(20, 20)
        self.theta = nn.Linear(20, count)
        start_at_identity(self.theta)

    def forward(self, x):
        x = F.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.relu(self.conv2(x))
        return self.theta(F.relu(self.fc1(x.flatten(1))))


LOCALIZATIONS = {"fcn": FCNLocalization, "cnn": CNNLocalization}


def start_at_identity(layer):
    """The parameters are added to the identity transformation, so zero means: an untrained STN is exactly its CNN."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)


class CNN(nn.Module):
    """The classifier alone."""

    def __init__(self):
        super().__init__()
        self.extractor = MNISTClassifier()

    def forward(self, x):
        return self.extractor(x)


class STNC0(nn.Module):
    """Resamples the input by θ = identity + loc(x), affine and with border padding, and classifies the result."""

    def __init__(self, localization="cnn"):
        super().__init__()
        self.extractor = MNISTClassifier()
        self.localization = LOCALIZATIONS[localization](6)
        self.register_buffer("identity", torch.tensor([1.0, 0, 0, 0, 1, 0]), persistent=False)

    def matrix(self, x):
        """θ, N×2×3: maps output coordinates to input coordinates."""
        return (self.identity + self.localization(x)).view(-1, 2, 3)

    def forward(self, x):
        return self.extractor(warp(x, self.matrix(x), padding="border"))


def warp(image, matrix, size=None, padding="border"):
    """Bilinear resampling of N×C×H×W at the places that an N×2×3 (affine) or N×3×3 (homography) matrix gives."""
    height, width = size or image.shape[-2:]
    if matrix.shape[-2] == 2:
        grid = F.affine_grid(matrix, (image.shape[0], image.shape[1], height, width), align_corners=False)
    else:
        ys = (2 * torch.arange(height, dtype=matrix.dtype) + 1) / height - 1
        xs = (2 * torch.arange(width, dtype=matrix.dtype) + 1) / width - 1
        y, x = torch.meshgrid(ys, xs, indexing="ij")
        points = torch.stack([x, y, torch.ones_like(x)], dim=-1).view(1, -1, 3) @ matrix.transpose(1, 2)
        grid = (points[..., :2] / points[..., 2:]).view(-1, height, width, 2)
    return F.grid_sample(image, grid, mode="bilinear", padding_mode=padding, align_corners=False)


def build(entry, localization="cnn"):
    """The entry of that name: "cnn" or "stn-c0"."""
    return CNN() if entry == "cnn" else STNC0(localization)
