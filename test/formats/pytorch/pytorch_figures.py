"""Writes pytorch.json: files as torch.save of PyTorch 2.6 writes them, and what is in them; and some that must be refused.
Run with: python3 test/formats/pytorch/pytorch_figures.py"""
import argparse
import base64
import collections
import io
import json
import os
import sys

import torch

torch.manual_seed(5)


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return base64.b64encode(buffer.getvalue()).decode()


def numbers(tensor):
    if tensor.dtype in (torch.int64, torch.uint64):
        return [str(v) for v in tensor.flatten().tolist()]
    if tensor.dtype == torch.bool:
        return [int(v) for v in tensor.flatten().tolist()]
    plain = tensor if tensor.dtype in (torch.uint16, torch.uint32) else tensor.double()
    return ["nan" if v != v else "inf" if v == float("inf") else "-inf" if v == -float("inf") else v for v in plain.flatten().tolist()]


def listed(tensors):
    return [{"name": name, "shape": list(t.shape), "values": numbers(t.detach())} for name, t in tensors.items()]


cases = []


def case(name, value, tensors=None, **options):
    tensors = value if tensors is None else tensors
    cases.append({"name": name, "file": saved(value, **options), "tensors": listed(tensors)})


floats = torch.tensor([[0.0, -1.5, 3.25], [448.0, -0.0625, 1e-3]])
module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.GRU(2, 2))
case("state_dict", module.state_dict())
case("state_dict, protocol 4", module.state_dict(), pickle_protocol=4)
case("state_dict, protocol 5", module.state_dict(), pickle_protocol=5)
case("state_dict, before PyTorch 1.6", module.state_dict(), _use_new_zipfile_serialization=False)
case("parameters", dict(module.named_parameters()))
for dtype in ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]:
    case(dtype, {"x": floats.to(getattr(torch, dtype)), "special": torch.tensor([float("nan"), 5e-8, -2.0]).to(getattr(torch, dtype))})
    if dtype not in ("float8_e4m3fn",):
        case(f"{dtype}, infinite", {"x": torch.tensor([float("inf"), -float("inf")]).to(getattr(torch, dtype))})
case("int64", {"x": torch.tensor([-(2**62), 5])})
case("int32", {"x": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32)})
case("int16", {"x": torch.tensor([-(2**15), 7], dtype=torch.int16)})
case("int8", {"x": torch.tensor([-128, 127], dtype=torch.int8)})
case("uint8", {"x": torch.tensor([0, 255], dtype=torch.uint8)})
case("uint16", {"x": torch.tensor([0, 65535], dtype=torch.uint16)})
case("truth values", {"x": torch.tensor([True, False, True])})

base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
case(
    "views",
    {
        "whole": base,
        "transposed": base.transpose(0, 2),
        "rows": base[1],
        "every other": base[:, :, ::2],
        "column": base[0, :, 1],
        "number": base[1, 2, 3],
        "none": base[:, :0],
        "tied": base,
    },
)
case("bfloat16 views", {"transposed": base.bfloat16().transpose(0, 2)})
attributed = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
attributed.note = "kept"
case("a tensor with attributes", {"x": attributed})

optimizer = torch.optim.Adam(module.parameters())
module(torch.ones(1, 3))[0].sum().backward()
optimizer.step()
try:
    import numpy

    extra = {"loss": numpy.float64(1.25)}
except ImportError:
    extra = {}
checkpoint = {
    "epoch": 3,
    "best": 0.5,
    "name": "net",
    "big": 2**70,
    "none": None,
    "model": module.state_dict(),
    "optimizer": optimizer.state_dict(),
    "device": torch.device("cpu"),
    "dtype": torch.float16,
    "seen": {1, 2},
    "counts": collections.Counter("ab"),
    "size": torch.Size([2, 3]),
    "rng": torch.tensor([1, 2], dtype=torch.uint8),
    **extra,
}
inside = {f"model.{name}": t for name, t in module.state_dict().items()}
for i, state in optimizer.state_dict()["state"].items():
    inside.update({f"optimizer.state.{i}.{name}": t for name, t in state.items() if torch.is_tensor(t)})
case("checkpoint", checkpoint, {**inside, "rng": checkpoint["rng"]})

swapped = {"x": floats.clone(), "y": torch.tensor([1, -2, 300], dtype=torch.int16), "z": torch.tensor([2**40, -1])}
before = listed(swapped)
for tensor in swapped.values():
    tensor.untyped_storage().byteswap(tensor.dtype)
sys.byteorder, order = "big", sys.byteorder
cases.append({"name": "big-endian", "file": saved(swapped), "tensors": before})
cases.append({"name": "big-endian, before PyTorch 1.6", "file": saved(swapped, _use_new_zipfile_serialization=False), "tensors": before})
sys.byteorder = order


class Evil:
    def __reduce__(self):
        return (os.system, ("touch /tmp/ostinato-was-here",))


def program():
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), buffer)
    return base64.b64encode(buffer.getvalue()).decode()


sys.modules["__main__"].Net = type("Net", (torch.nn.Linear,), {"__module__": "__main__", "__qualname__": "Net"})
refused = [
    ("a module", saved(sys.modules["__main__"].Net(2, 2)), "__main__.Net"),
    ("a module, before PyTorch 1.6", saved(torch.nn.Linear(2, 2), _use_new_zipfile_serialization=False), "torch.nn.modules.linear.Linear"),
    ("code", saved({"weight": torch.ones(2), "x": Evil()}), "posix.system"),
    ("options beside the weights", saved({"weight": torch.ones(2), "args": argparse.Namespace(lr=1)}), "argparse.Namespace"),
    ("a TorchScript program", program(), "TorchScript"),
    ("a repeated view", saved({"x": torch.ones(1).expand(1000)}), "repeats"),
    ("a sparse tensor", saved({"x": torch.eye(3).to_sparse()}), "_rebuild_sparse_tensor"),
    ("a tensor by itself", saved(torch.ones(2)), "without a name"),
    ("no tensors", saved({"epoch": 3}), "no tensors"),
    ("a conjugate", saved({"x": torch.tensor([1 + 2j]).conj()}), "conjugate"),
]
cases += [{"name": name, "file": file, "refused": words} for name, file, words in refused]
mixed = {"x": torch.ones(2), "freqs": torch.tensor([1 + 2j])}
cases.append({"name": "complex numbers", "file": saved(mixed), "unread": "complex64"})
with open(os.path.join(os.path.dirname(__file__), "pytorch.json"), "w") as file:
    file.write("[" + ",\n ".join(json.dumps(one) for one in cases) + "]\n")
