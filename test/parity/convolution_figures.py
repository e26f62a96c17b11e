"""Writes figures/convolution.json: convolutions and their gradients, by PyTorch. Run with: python3 test/parity/convolution_figures.py"""
import json
import os

import torch

torch.manual_seed(2)
torch.set_default_dtype(torch.float64)
cases = []
for size, stride, padding, shape in [(3, 1, 1, (2, 3, 5, 4)), (2, 2, 0, (1, 4, 6, 7)), (5, 3, 2, (2, 2, 9, 8))]:
    x = torch.randn(shape, requires_grad=True)
    layer = torch.nn.Conv2d(shape[1], 6, size, stride=stride, padding=padding)
    y = layer(x)
    pooled = torch.nn.functional.max_pool2d(y, 2)
    means = torch.nn.functional.avg_pool2d(y, 2)
    ((y**2).sum() + (pooled**3).sum() + (means**3).sum()).backward()
    last = lambda t: t.permute(0, 2, 3, 1)
    flat = lambda t: [round(v, 9) for v in t.detach().flatten().tolist()]
    cases.append(
        {
            "size": size,
            "stride": stride,
            "padding": padding,
            "shape": list(last(x).shape),
            "x": flat(last(x)),
            "weight": flat(layer.weight),
            "bias": flat(layer.bias),
            "y": flat(last(y)),
            "pooled": flat(last(pooled)),
            "means": flat(last(means)),
            "dx": flat(last(x.grad)),
            "dweight": flat(layer.weight.grad),
            "dbias": flat(layer.bias.grad),
        }
    )
with open(os.path.join(os.path.dirname(__file__), "figures/convolution.json"), "w") as file:
    file.write("[" + ",\n ".join(json.dumps(case) for case in cases) + "]\n")
