"""Writes figures/transformerDecoder.json: a TransformerDecoderLayer of PyTorch, post- and pre-norm, over memories of different lengths:
its weights, its results, and their gradients with respect to x and to the memory. Run with:
python3 test/parity/transformer_decoder_figures.py"""
import json
import os

import torch
from torch import nn

torch.manual_seed(23)
torch.set_default_dtype(torch.float64)
T, S, B, F, H = 4, 5, 2, 6, 9
lengths = [5, 3]
numbers = lambda t: [float(f"{v:.10g}") for v in t.detach().flatten().tolist()]
cases = []
for normalization, activation in [("post", "relu"), ("pre", "gelu")]:
    function = "relu" if activation == "relu" else lambda x: nn.functional.gelu(x, approximate="tanh")
    layer = nn.TransformerDecoderLayer(F, 2, H, 0, function, norm_first=normalization == "pre")
    # Numbers that are exact in float32 too.
    for parameter in layer.parameters():
        parameter.data = torch.randint(-64, 65, parameter.shape).double() / 64
    x = (torch.randint(-128, 129, (T, B, F)).double() / 64).requires_grad_()
    memory = (torch.randint(-128, 129, (S, B, F)).double() / 64).requires_grad_()
    weighting = torch.randint(-128, 129, (T, B, F)).double() / 64
    later = torch.ones(T, T, dtype=torch.bool).triu(1)
    padding = torch.arange(S).unsqueeze(0) >= torch.tensor(lengths).unsqueeze(1)
    y = layer(x, memory, tgt_mask=later, memory_key_padding_mask=padding)
    dx, dmemory = torch.autograd.grad((y * weighting).sum(), [x, memory])
    cases.append(
        {
            **{"T": T, "S": S, "B": B, "F": F, "H": H, "lengths": lengths},
            **{"normalization": normalization, "activation": activation, "x": numbers(x), "memory": numbers(memory)},
            **{"weighting": numbers(weighting), "y": numbers(y), "dx": numbers(dx), "dmemory": numbers(dmemory)},
            "weights": {name: numbers(value) for name, value in layer.state_dict().items()},
        }
    )
with open(os.path.join(os.path.dirname(__file__), "figures/transformerDecoder.json"), "w") as file:
    file.write("[" + ",\n ".join(json.dumps(case) for case in cases) + "]\n")
