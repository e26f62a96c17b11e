#!/usr/bin/env python3
"""convolution.py SIZES: convolutions and pooling over images, forward and backward, for bench/convolution.mjs.

SIZES is JSON.
"seconds": n}, answers with the seconds of a step, the least of the round.
"""

import json
import sys

import torch
from serve import serve
from torch import nn

sizes = json.loads(sys.argv[1])
torch.set_num_threads(sizes["threads"])
layers, channels = [], 3
for size in sizes["filters"]:
    layers += [nn.Conv2d(channels, size, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    channels = size
# Channels last is the faster of PyTorch's layouts on CPUs, and what Ostinato has.
model = nn.Sequential(*layers).to(memory_format=torch.channels_last)
x = torch.randn(sizes["batch"], 3, sizes["side"], sizes["side"]).contiguous(memory_format=torch.channels_last)


def step():
    model.zero_grad(set_to_none=True)
    loss = model(x).square().sum()
    loss.backward()
    return loss.item()


serve(f"PyTorch {torch.__version__}, channels last, {torch.get_num_threads()} threads", step)
