"""Writes figures/multiHeadAttention.json: softmax(scale Q K^T) V of each head by PyTorch, its weights, and gradients by autograd.
Run with: python3 test/parity/multi_head_attention_figures.py"""
import json
import os

import torch

torch.manual_seed(14)
torch.set_default_dtype(torch.float64)

# Numbers that are exact in float32 too.
exact = lambda *shape: torch.randint(-128, 129, shape).double() / 64
numbers = lambda t: [float(f"{v:.10g}") for v in t.detach().flatten().tolist()]
cases = []
for T, S, B, H, D, lengths, causal in [
    (4, 4, 2, 2, 3, None, True),
    (3, 7, 3, 2, 2, [7, 2, 5], False),
    (2, 5, 2, 1, 4, [5, 4], True),
    (67, 67, 1, 2, 2, None, True),
]:
    F = H * D
    query, memory, weighting = exact(T, B, F), exact(S, B, 2 * F), exact(T, B, F)
    query.requires_grad_(), memory.requires_grad_()
    heads = lambda x: x.reshape(x.shape[0], B, H, D).permute(1, 2, 0, 3)  # [B,H,T,D]
    keys, values = heads(memory[..., :F]), heads(memory[..., F:])
    seen = torch.ones(B, 1, T, S, dtype=torch.bool)
    if causal:
        seen &= torch.ones(T, S, dtype=torch.bool).tril(S - T)
    if lengths:
        seen &= torch.arange(S) < torch.tensor(lengths)[:, None, None, None]
    scores = heads(query) @ keys.transpose(-1, -2) / D**0.5
    weights = torch.softmax(scores.masked_fill(~seen, -torch.inf), -1)
    context = (weights @ values).permute(2, 0, 1, 3).reshape(T, B, F)
    dquery, dmemory = torch.autograd.grad((context * weighting).sum(), (query, memory))
    cases.append(
        {
            **{"T": T, "S": S, "B": B, "heads": H, "F": F, "lengths": lengths, "causal": causal},
            **{"query": numbers(query), "memory": numbers(memory), "weighting": numbers(weighting)},
            **{"context": numbers(context), "weights": numbers(weights.permute(1, 2, 0, 3)) if T < 10 else None},
            **{"dquery": numbers(dquery), "dmemory": numbers(dmemory)},
        }
    )
with open(os.path.join(os.path.dirname(__file__), "figures/multiHeadAttention.json"), "w") as file:
    file.write("[" + ",\n ".join(json.dumps(case) for case in cases) + "]\n")
