"""Writes figures/forecast.json: losses of forecasts and their gradients, by torch.distributions.
Run with: python3 test/parity/forecast_figures.py"""
import json
import os

import torch
from torch.distributions import NegativeBinomial, Normal, StudentT
from torch.nn.functional import softplus

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
smallest, levels = 1e-3, [0.025, 0.1, 0.5, 0.9, 0.975]


def gaussian(parts, y, scale):
    return -Normal(parts[0], softplus(parts[1]) + smallest).log_prob(y)


def student(parts, y, scale):
    return -StudentT(softplus(parts[2]) + 2, parts[0], softplus(parts[1]) + smallest).log_prob(y)


def counts(parts, y, scale):
    # Mean and shape of Salinas et al. (2020), section 3.3: torch has failures r = 1 / shape, and logits log(shape * mean).
    mean, shape = (softplus(parts[0]) + smallest) * scale, (softplus(parts[1]) + smallest) / scale.sqrt()
    return -NegativeBinomial(1 / shape, logits=(shape * mean).log()).log_prob(y)


def quantiles(parts, y, scale):
    q = torch.tensor(levels).reshape(-1, 1)
    error = y - parts
    return (2 * torch.maximum(q * error, (q - 1) * error)).mean(0)


cases = []
kinds = [("gaussian", gaussian, 2), ("student-t", student, 3), ("negative-binomial", counts, 2), ("quantile", quantiles, len(levels))]
for output, loss, size in kinds:
    n = 24
    # Multiples of 1/64 are exact in float32.
    exact = lambda t: (64 * t).round() / 64
    parts = exact(2 * torch.randn(size, n)).requires_grad_()
    scale = exact(torch.exp(torch.randn(n)) * 3)
    y = torch.randint(0, 40, (n,)).double() if output == "negative-binomial" else exact(3 * torch.randn(n))
    losses = loss(parts, y, scale)
    losses.sum().backward()
    rounded = lambda t: [float(f"{v:.12g}") for v in t.detach().flatten().tolist()]
    case = {"output": output, "levels": levels, "parts": [rounded(p) for p in parts], "y": rounded(y), "scale": rounded(scale)}
    cases.append({**case, "losses": rounded(losses), "gradients": [rounded(p) for p in parts.grad]})
with open(os.path.join(os.path.dirname(__file__), "figures/forecast.json"), "w") as file:
    file.write("[" + ",\n ".join(json.dumps(case) for case in cases) + "]\n")
