"""Cells of which PyTorch has none, written out from their papers; see figures.py."""

import torch
import torch.nn.functional as F

from inputs import Inputs, figure

sigmoid, tanh = torch.sigmoid, torch.tanh


def min_gru(x, w, h):
    """Feng et al. (2024), section 3.1."""
    z, n = (x @ w["weight_ih"].T + w["bias_ih"]).chunk(2, 1)
    z = sigmoid(z)
    return {"h": (1 - z) * h + z * n}


def min_lstm(x, w, h):
    """Feng et al. (2024), section 3.2: the gates are scaled to a sum of 1."""
    f, i, n = (x @ w["weight_ih"].T + w["bias_ih"]).chunk(3, 1)
    f, i = sigmoid(f), sigmoid(i)
    return {"h": f / (f + i) * h + i / (f + i) * n}


def ind_rnn(x, w, h):
    """Li et al. (2018), equation 2."""
    return {"h": torch.relu(x @ w["weight_ih"].T + w["weight_hh"] * h + w["bias_ih"])}


def peephole_lstm(x, w, h, c):
    """Greff et al. (2017), section II.A."""
    i, f, g, o = (x @ w["weight_ih"].T + w["bias_ih"] + h @ w["weight_hh"].T + w["bias_hh"]).chunk(4, 1)
    p_i, p_f, p_o = w["peephole"].chunk(3)
    after = sigmoid(i + p_i * c) * tanh(g) + sigmoid(f + p_f * c) * c
    return {"h": sigmoid(o + p_o * after) * tanh(after), "c": after}


def layer_norm_lstm(x, w, h, c):
    """Ba et al. (2016), equations 20 to 22."""
    norm = lambda v, gain, shift: F.layer_norm(v, v.shape[1:], w[gain], w[shift], 1e-5)
    products = norm(h @ w["weight_hh"].T, "gain_hh", "shift_hh") + norm(x @ w["weight_ih"].T, "gain_ih", "shift_ih")
    i, f, g, o = (products + w["bias"]).chunk(4, 1)
    after = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return {"h": sigmoid(o) * tanh(norm(after, "gain_c", "shift_c")), "c": after}


def four(I, H):
    return {"weight_ih": [4 * H, I], "weight_hh": [4 * H, H]}


CELLS = {
    "mingru": (min_gru, ["h"], lambda I, H: {"weight_ih": [2 * H, I], "bias_ih": [2 * H]}),
    "minlstm": (min_lstm, ["h"], lambda I, H: {"weight_ih": [3 * H, I], "bias_ih": [3 * H]}),
    "indrnn": (ind_rnn, ["h"], lambda I, H: {"weight_ih": [H, I], "weight_hh": [H], "bias_ih": [H]}),
    "peephole-lstm": (peephole_lstm, ["h", "c"], lambda I, H: {**four(I, H), "bias_ih": [4 * H], "bias_hh": [4 * H], "peephole": [3 * H]}),
    "layer-norm-lstm": (
        layer_norm_lstm,
        ["h", "c"],
        lambda I, H: {
            **four(I, H),
            "bias": [4 * H],
            **{f"{name}_{of}": [n * H] for name in ("gain", "shift") for of, n in (("ih", 4), ("hh", 4), ("c", 1))},
        },
    ),
}


def cell_case(cell, seed, T, B, I, H, lengths=None, bidirectional=False):
    """Forward and backward of one layer, a row at a time, so that padding plays no part."""
    step, entries, shapes = CELLS[cell]
    directions = ["", "_reverse"] if bidirectional else [""]
    inputs = Inputs(seed)
    x = inputs.tensor("x", [T, B, I], limit=1.0)
    start = {entry: inputs.tensor(f"{entry}0", [len(directions), B, H], limit=1.0) for entry in entries}
    weights = {f"{name}_l0{d}": inputs.tensor(f"{name}_l0{d}", shape) for d in directions for name, shape in shapes(I, H).items()}

    outputs, last = [], {entry: [] for entry in entries}
    for number_of, d in enumerate(directions):
        own = {name: weights[f"{name}_l0{d}"] for name in shapes(I, H)}
        rows, ends = [], {entry: [] for entry in entries}
        for b in range(B):
            length = lengths[b] if lengths else T
            state = {entry: start[entry][number_of, b : b + 1] for entry in entries}
            y = [torch.zeros(H)] * T
            for t in reversed(range(length)) if d else range(length):
                state = step(x[t, b : b + 1], own, **state)
                y[t] = state["h"][0]
            rows.append(torch.stack(y))
            for entry in entries:
                ends[entry].append(state[entry][0])
        outputs.append(torch.stack(rows, 1))
        for entry in entries:
            last[entry].append(torch.stack(ends[entry]))
    results = {"y": torch.cat(outputs, 2), **{entry: torch.stack(last[entry]) for entry in entries}}
    upstream = Inputs(seed + 1)
    loss = sum((value * upstream.tensor(name, list(value.shape), grad=False)).sum() for name, value in results.items())
    loss.backward()
    sources = {"x": x, **{f"{entry}0": value for entry, value in start.items()}, **weights}
    return {
        "options": dict(T=T, B=B, I=I, H=H, layers=1, bidirectional=bidirectional, bias=True, lengths=lengths),
        "inputs": inputs.figures,
        "upstream": upstream.figures,
        "outputs": {name: figure(value) for name, value in results.items()},
        "gradients": {name: figure(value.grad) for name, value in sources.items()},
    }


def cell_cases():
    cases = []
    for i, cell in enumerate(CELLS):
        one = dict(T=4, B=2, I=3, H=4)
        both = dict(T=4, B=3, I=2, H=3, lengths=[2, 4, 1], bidirectional=True)
        cases.append({"name": "one layer", "cell": cell, **cell_case(cell, 6000 + 20 * i, **one)})
        cases.append({"name": "both directions, rows of different length", "cell": cell, **cell_case(cell, 6010 + 20 * i, **both)})
    return cases
