"""Writes models/: small files as people have them from PyTorch, of one network of 1×12×12 images and 3 classes.

logits.pt, softmax.pt, sigmoid.pt and squeeze.pt differ in how they end; double.pt, half.pt and bfloat16.pt are logits.pt in other types
(half.pt names its type in the code, bfloat16.pt is frozen). These are TorchScript. state_dict.pt, parallel.pt (names begin with "module."),
legacy.pt (the format before PyTorch 1.6), checkpoint.pth, trainer.pth (the module itself in a dict) and module.pt are torch.save's, and
exported.pt2 is torch.export's. What tells where this script lies is taken out of them.
"""

import pathlib
import zipfile

import torch
from torch import nn

folder = pathlib.Path(__file__).resolve().parent / "models"
folder.mkdir(exist_ok=True)


class Net(nn.Module):
    def __init__(self, end: str = "logits"):
        super().__init__()
        self.conv, self.norm, self.fc, self.end = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Linear(3, 3), end

    def forward(self, x):
        y = 40 * self.fc(torch.amax(torch.relu(self.norm(self.conv(x))), dim=[2, 3]))
        if self.end == "softmax":
            return torch.softmax(y, 1)
        if self.end == "sigmoid":
            return torch.sigmoid(y)
        return y.squeeze() if self.end == "squeeze" else y


class Half(nn.Module):
    """Converts its input itself."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x.to(torch.float16))


def save_script(module, path):
    torch.jit.save(module, str(path))
    with zipfile.ZipFile(path) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist() if not info.filename.endswith(".debug_pkl")]
    with zipfile.ZipFile(path, "w") as archive:
        for info, contents in members:
            archive.writestr(info.filename, contents)


torch.manual_seed(6)
weights = Net().state_dict()


def net(end="logits"):
    result = Net(end).eval()
    result.load_state_dict(weights)
    return result


for end in ("logits", "softmax", "sigmoid", "squeeze"):
    save_script(torch.jit.script(net(end)), folder / f"{end}.pt")
save_script(torch.jit.script(net().double()), folder / "double.pt")
save_script(torch.jit.script(Half(net().half())), folder / "half.pt")
save_script(torch.jit.freeze(torch.jit.script(net().bfloat16())), folder / "bfloat16.pt")
torch.save(weights, folder / "state_dict.pt")
torch.save({f"module.{name}": value for name, value in weights.items()}, folder / "parallel.pt")
torch.save(weights, folder / "legacy.pt", _use_new_zipfile_serialization=False)
torch.save({"epoch": 3, "optimizer": {"lr": 0.1}, "state_dict": weights}, folder / "checkpoint.pth")
torch.save({"epoch": 3, "nets": {"teacher": net()}}, folder / "trainer.pth")
torch.save(net(), folder / "module.pt")
program = torch.export.export(net(), (torch.rand(4, 1, 12, 12),), dynamic_shapes=({0: torch.export.Dim("batch")},))
for node in program.graph.nodes:
    for key in ("stack_trace", "source_fn_stack", "nn_module_stack"):
        node.meta.pop(key, None)
torch.export.save(program, folder / "exported.pt2")
