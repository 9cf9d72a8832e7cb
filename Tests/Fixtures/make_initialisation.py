"""Writes initialisation.safetensors: how PyTorch's layers start after torch.manual_seed(7).

The layers are made in this order, all from one generator: conv1 = Conv2d(1, 64, 9), conv2 = Conv2d(64, 64, 7),
classifier = Linear(256, 10). Each parameter NAME has `NAME.head` and `NAME.tail`, its first and last 8 values (in row-major
order, float32, to be met bit by bit), and `NAME.sum`, the float64 sum of all its values.
"""

import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(7)
layers = {"conv1": nn.Conv2d(1, 64, 9), "conv2": nn.Conv2d(64, 64, 7), "classifier": nn.Linear(256, 10)}
tensors = {}
for layer, module in layers.items():
    for name, parameter in module.named_parameters():
        values = parameter.detach().flatten()
        tensors[f"{layer}.{name}.head"] = values[:8].clone()
        tensors[f"{layer}.{name}.tail"] = values[-8:].clone()
        tensors[f"{layer}.{name}.sum"] = values.double().sum()
save_file(tensors, pathlib.Path(__file__).resolve().parent / "initialisation.safetensors")
