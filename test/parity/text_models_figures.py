"""Writes figures/textModels.json: a neural probabilistic language model (Bengio et al. 2003) and a character-aware one (Kim et al. 2016) by
PyTorch, each from its paper's equations: losses and gradients. Run with: /usr/bin/python3 test/parity/text_models_figures.py"""

import torch
import torch.nn.functional as F
from torch import nn

from inputs import Inputs, figure, write

torch.set_default_dtype(torch.float64)
T, B, V = 6, 3, 7


def finished(name, options, inputs, losses, weights):
    losses.sum().backward()
    return {
        "name": name,
        "options": options,
        "inputs": inputs.figures,
        "losses": figure(losses),
        "gradients": {key: figure(weight.grad) for key, weight in weights.items()},
    }


def feed_forward(seed, direct):
    order, E, H = 4, 3, 5
    n = order - 1
    inputs = Inputs(seed)
    ids, targets = inputs.ids("inputs", [T, B], 0, V), inputs.ids("targets", [T, B], 0, V)
    weights = {
        "embedding.weight": inputs.tensor("embedding.weight", [V + 1, E]),
        "hidden.weight": inputs.tensor("hidden.weight", [H, n * E]),
        "hidden.bias": inputs.tensor("hidden.bias", [H]),
        "output.weight": inputs.tensor("output.weight", [V, H + (n * E if direct else 0)]),
        "output.bias": inputs.tensor("output.bias", [V]),
    }
    C, Hw, d, U, b = weights.values()
    rows = []
    for t in range(T):
        # Row 0 stands for no token, row i + 1 for token i; the newest first.
        recent = [C[ids[t - k] + 1] if t >= k else C[torch.zeros(B, dtype=torch.long)] for k in range(n)]
        x = torch.cat(recent, 1)
        h = torch.tanh(x @ Hw.T + d)
        features = torch.cat([h, x], 1) if direct else h
        rows.append(F.cross_entropy(features @ U.T + b, targets[t], reduction="none"))
    options = {"order": order, "embeddingSize": E, "hiddenSize": H, "direct": direct}
    name = f"feed-forward, {'with' if direct else 'without'} direct connections"
    return finished(name, options, inputs, torch.stack(rows), weights)


def character_aware(seed):
    Q, E, widths, filters, H, layers = 6, 3, 3, 2, 4, 2
    spellings = [[0, 2, 3, 1], [0, 4, 1], [0, 5, 5, 2, 3, 1], [0, 3, 1], [0, 2, 2, 1], [0, 4, 5, 4, 1], [0, 5, 1]]
    inputs = Inputs(seed)
    ids, targets = inputs.ids("inputs", [T, B], 0, V), inputs.ids("targets", [T, B], 0, V)
    size = sum(filters * w for w in range(1, widths + 1))
    weights = {"words.embedding.weight": inputs.tensor("words.embedding.weight", [Q, E])}
    for w in range(1, widths + 1):
        for part, shape in (("weight", [filters * w, w * E]), ("bias", [filters * w])):
            weights[f"words.filters{w}.{part}"] = inputs.tensor(f"words.filters{w}.{part}", shape)
    for part in ("transform", "gate"):
        for kind, shape in (("weight", [size, size]), ("bias", [size])):
            weights[f"words.highway0.{part}.{kind}"] = inputs.tensor(f"words.highway0.{part}.{kind}", shape)
    rnn = nn.LSTM(size, H, layers)
    output = nn.Linear(H, V)
    for prefix, module in (("rnn", rnn), ("output", output)):
        for name, parameter in module.named_parameters():
            parameter.data = inputs.tensor(f"{prefix}.{name}", list(parameter.shape), grad=False)
            weights[f"{prefix}.{name}"] = parameter
    table = weights["words.embedding.weight"]
    words = []
    for spelling in spellings:
        x = table[torch.tensor(spelling)]
        features = []
        for w in range(1, widths + 1):
            padded = torch.cat([x, torch.zeros(w - 1, E)])
            kernel = weights[f"words.filters{w}.weight"].reshape(filters * w, w, E).transpose(1, 2)
            answers = F.conv1d(padded.T[None], kernel, weights[f"words.filters{w}.bias"])[0]
            features.append(torch.tanh(answers).max(1).values)
        y = torch.cat(features)
        affine = lambda part: y @ weights[f"words.highway0.{part}.weight"].T + weights[f"words.highway0.{part}.bias"]
        t = torch.sigmoid(affine("gate"))
        words.append(t * torch.relu(affine("transform")) + (1 - t) * y)
    hidden, _ = rnn(torch.stack(words)[ids])
    losses = F.cross_entropy(output(hidden).reshape(T * B, V), targets.reshape(T * B), reduction="none").reshape(T, B)
    options = {
        "characterCount": Q,
        "characterEmbeddingSize": E,
        "filterWidth": widths,
        "filters": filters,
        "hiddenSize": H,
        "layers": layers,
        "dropout": 0,
        "spellings": spellings,
    }
    return finished("character-aware", options, inputs, losses, weights)


write("textModels", {"vocabularySize": V, "cases": [feed_forward(3, False), feed_forward(4, True), character_aware(5)]})
