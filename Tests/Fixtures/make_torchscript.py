"""Writes torchscript.pt, torchscript-outputs.pt and torchscript.safetensors: a small network as torch.jit.save writes it, the same one as a
module that gives its features and logits all at once, and what PyTorch makes of it.

The network has batch norm (buffers, training mode), a dropout, and submodules that can serve as stages. The second file
holds `input` (3×1×28×28) with the `logits` (3×10) of evaluation, the features after each stage, and the gradients of the sum of
the squared logits (evaluation mode) by `input` and by the parameters. All float32, one thread.
"""

import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

here = pathlib.Path(__file__).resolve().parent


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(1, 4, 5, stride=2, padding=2), nn.BatchNorm2d(4), nn.ReLU())
        self.conv2 = nn.Sequential(nn.Conv2d(4, 8, 3, stride=2, padding=1), nn.ReLU())
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(8 * 7 * 7, 10)

    def forward(self, x):
        return self.fc(self.dropout(torch.flatten(self.conv2(self.conv1(x)), 1)))


class Outputs(nn.Module):
    def __init__(self, net: Net):
        super().__init__()
        self.net = net

    def forward(self, x) -> dict[str, torch.Tensor]:
        low = self.net.conv1(x)
        high = self.net.conv2(low)
        return {"low": low, "high": high, "logits": self.net.fc(self.net.dropout(torch.flatten(high, 1)))}


torch.set_num_threads(1)
torch.manual_seed(6)
net = Net()
for _ in range(3):  # running statistics that are not the initial ones
    net(torch.randn(16, 1, 28, 28) * 2 + 1)
net.eval()
x = torch.rand(3, 1, 28, 28, requires_grad=True)
logits = net(x)
logits.square().sum().backward()
stage1 = net.conv1(x)
values = {"input": x, "logits": logits, "stage.1": stage1, "stage.2": net.conv2(stage1), "gradient.input": x.grad}
values |= {f"gradient.{name}": p.grad for name, p in net.named_parameters()}
torch.jit.save(torch.jit.script(net), str(here / "torchscript.pt"))
torch.jit.save(torch.jit.script(Outputs(net)), str(here / "torchscript-outputs.pt"))
save_file({name: v.detach().contiguous() for name, v in values.items()}, str(here / "torchscript.safetensors"))
