"""Inputs of figures that PyTorch and JavaScript both hold exactly, and how figures are written; see figures.py."""

import json
import random
from pathlib import Path

import torch

FOLDER = Path(__file__).parent / "figures"
PER = 1024


class Inputs:
    """Tensors of multiples of 1/1024, reproducible, and what they look like in a figure."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.figures = {}

    def tensor(self, name, shape, limit=0.5, grad=True):
        count = int(torch.tensor(shape).prod()) if shape else 1
        bound = round(limit * PER)
        data = [self.random.randint(-bound, bound) for _ in range(count)]
        self.figures[name] = {"shape": list(shape), "per": PER, "data": data}
        return (torch.tensor(data).double() / PER).reshape(shape).requires_grad_(grad)

    def ids(self, name, shape, low, high):
        count = int(torch.tensor(shape).prod())
        data = [self.random.randint(low, high - 1) for _ in range(count)]
        self.figures[name] = {"shape": list(shape), "data": data}
        return torch.tensor(data).reshape(shape)


def number(value):
    """11 significant digits; whole numbers without a point."""
    rounded = float(f"{value:.11g}")
    return int(rounded) if rounded == int(rounded) and abs(rounded) < 1e15 else rounded


def figure(tensor):
    return {"shape": list(tensor.shape), "data": [number(v) for v in tensor.detach().flatten().tolist()]}


def write(name, content):
    FOLDER.mkdir(exist_ok=True)
    text = render({"by": f"PyTorch {torch.__version__}, float64", **content}, "")
    (FOLDER / f"{name}.json").write_text(text + "\n")
    print(f"{name}.json {len(text)} bytes")


def render(value, indent):
    """JSON with one tensor a line, so that a change is readable as a difference."""
    nested = isinstance(value, dict) and "data" not in value or isinstance(value, list) and value and isinstance(value[0], dict)
    if not nested:
        return json.dumps(value, separators=(",", ":"))
    inner = indent + " "
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(key)}: {render(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + render(item, inner) for item in value) + f"\n{indent}]"
