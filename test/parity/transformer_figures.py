"""Writes figures/transformer.json: a TransformerEncoderLayer of PyTorch, post- and pre-norm, with and without a mask of what comes later:
its weights, its results, and their gradient with respect to x. Run with: python3 test/parity/transformer_figures.py"""
import json
import os

import torch
from torch import nn

torch.manual_seed(17)
torch.set_default_dtype(torch.float64)
T, B, F, H = 5, 2, 6, 9
numbers = lambda t: [float(f"{v:.10g}") for v in t.detach().flatten().tolist()]
cases = []
for normalization, activation, causal in [("post", "relu", False), ("pre", "gelu", True)]:
    function = "relu" if activation == "relu" else lambda x: nn.functional.gelu(x, approximate="tanh")
    layer = nn.TransformerEncoderLayer(F, 2, H, 0, function, norm_first=normalization == "pre")
    # Numbers that are exact in float32 too.
    for parameter in layer.parameters():
        parameter.data = torch.randint(-64, 65, parameter.shape).double() / 64
    x = (torch.randint(-128, 129, (T, B, F)).double() / 64).requires_grad_()
    weighting = torch.randint(-128, 129, (T, B, F)).double() / 64
    later = torch.ones(T, T, dtype=torch.bool).triu(1)
    y = layer(x, src_mask=later if causal else None)
    dx = torch.autograd.grad((y * weighting).sum(), x)[0]
    cases.append(
        {
            **{"T": T, "B": B, "F": F, "H": H, "normalization": normalization, "activation": activation},
            **{"causal": causal, "x": numbers(x), "weighting": numbers(weighting), "y": numbers(y), "dx": numbers(dx)},
            "weights": {name: numbers(value) for name, value in layer.state_dict().items()},
        }
    )
with open(os.path.join(os.path.dirname(__file__), "figures/transformer.json"), "w") as file:
    file.write("[" + ",\n ".join(json.dumps(case) for case in cases) + "]\n")
