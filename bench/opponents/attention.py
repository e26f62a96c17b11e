#!/usr/bin/env python3
"""attention.py SIZES: causal scaled dot-product attention, forward and backward, for bench/attention.mjs.

The heads are tensors [B,H,T,D] of their own, as PyTorch wants them: splitting and joining them, which a model has to do, is not measured.
SIZES is JSON. Speaks the protocol of serve.mjs: reads {"seconds": n}, answers with the seconds of a step, the least of the round.
"""

import json
import sys

import torch
from serve import serve

sizes = json.loads(sys.argv[1])
torch.set_num_threads(sizes["threads"])
B, H, T, D = sizes["batch"], sizes["heads"], sizes["length"], sizes["features"]
query, keys, values = (torch.randn(B, H, T, D, requires_grad=True) for _ in range(3))
upstream = torch.randn(B, H, T, D)
hidden = torch.full((T, T), -torch.inf).triu(1)


def by_hand():
    return torch.softmax(query @ keys.transpose(-1, -2) * D**-0.5 + hidden, -1) @ values


# From PyTorch 2.0 on it has a kernel of its own.
fused = getattr(torch.nn.functional, "scaled_dot_product_attention", None)
attend = (lambda: fused(query, keys, values, is_causal=True)) if fused else by_hand


def step():
    query.grad = keys.grad = values.grad = None
    loss = (attend() * upstream).sum()
    loss.backward()
    return loss.item()


how = "scaled_dot_product_attention" if fused else "softmax(Q K^T / sqrt D + mask) V"
serve(f"PyTorch {torch.__version__}, {how}, {torch.get_num_threads()} threads", step)
