"""compile_package.py FOLDER: a small network, compiled for this machine; so it is made when a test needs it, and not kept.

Writes package.pt2 (AOTInductor, any number of images), twin.pt (the same network as TorchScript) and exported.pt2 (torch.export alone, nothing
compiled). Input N×1×28×28, 10 classes, evaluation.
"""

import sys

import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(6)
net = nn.Sequential(nn.Conv2d(1, 4, 5, stride=2, padding=2), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 14 * 14, 10)).eval()
folder = sys.argv[1]
torch.jit.save(torch.jit.script(net), folder + "/twin.pt")
program = torch.export.export(net, (torch.rand(4, 1, 28, 28),), dynamic_shapes=({0: torch.export.Dim("batch")},))
torch.export.save(program, folder + "/exported.pt2")
# The wrapper is not what takes time when the package runs.
options = {"aot_inductor.compile_wrapper_opt_level": "O0"}
torch._inductor.aoti_compile_and_package(program, package_path=folder + "/package.pt2", inductor_configs=options)
