#!/usr/bin/env python3
"""Makes the figures that test/parity compares with: what PyTorch computes for small cases, in float64.

    /usr/bin/python3 test/parity/figures.py            # Debian: python3-torch (made with 1.13)

Writes test/parity/figures/*.json. Every input is a whole multiple of 1/1024, which float32 and float64 hold exactly, so
that both precisions start from the same numbers: a tensor with "per": 1024 is its data divided by 1024. What PyTorch
computed is written with 11 significant digits. Inputs come from Python's own generator with a fixed seed: running this
again, with any PyTorch, must give the same files up to rounding.

Dimensions: B batch, T time, I input, H hidden, E embedding, V vocabulary. Sequences are time-major [T,B,I].
"""

import json
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

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


# Recurrent cells ------------------------------------------------------------------------------------------------------


def module_of(cell, I, H, layers, bidirectional, bias):
    options = dict(num_layers=layers, bidirectional=bidirectional, bias=bias)
    if cell == "lstm":
        return nn.LSTM(I, H, **options)
    if cell == "gru":
        return nn.GRU(I, H, **options)
    return nn.RNN(I, H, nonlinearity=cell, **options)


def recurrent_case(cell, seed, T, B, I, H, layers=1, bidirectional=False, bias=True, lengths=None, read=("y", "h", "c"), start=True):
    """Forward and backward of a stack. The loss is the sum of y, h and c, each weighted by an upstream gradient.

    `read` names what the loss depends on; `start` says whether the initial state is given (else zeros).
    """
    inputs = Inputs(seed)
    module = module_of(cell, I, H, layers, bidirectional, bias)
    rows = layers * (2 if bidirectional else 1)
    x = inputs.tensor("x", [T, B, I], limit=1.0)
    entries = ["h", "c"] if cell == "lstm" else ["h"]
    state = [inputs.tensor(f"{entry}0", [rows, B, H], limit=1.0 if start else 0.0) for entry in entries]
    for name, parameter in module.named_parameters():
        parameter.data = inputs.tensor(name, list(parameter.shape), grad=False)

    given = tuple(state) if cell == "lstm" else state[0]
    if lengths is None:
        y, last = module(x, given)
    else:
        packed, last = module(pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False), given)
        y, _ = pad_packed_sequence(packed, total_length=T)
    last = list(last) if cell == "lstm" else [last]
    outputs = {"y": y, **dict(zip(entries, last))}
    upstream = Inputs(seed + 1)
    loss = sum((outputs[name] * upstream.tensor(name, list(outputs[name].shape), grad=False)).sum() for name in outputs if name in read)
    loss.backward()

    sources = {"x": x, **{f"{entry}0": s for entry, s in zip(entries, state)}, **dict(module.named_parameters())}
    return {
        "options": dict(T=T, B=B, I=I, H=H, layers=layers, bidirectional=bidirectional, bias=bias, lengths=lengths),
        "inputs": inputs.figures,
        "upstream": upstream.figures,
        "outputs": {name: figure(value) for name, value in outputs.items()},
        "gradients": {name: figure(value.grad) for name, value in sources.items()},
    }


def recurrent_cases(cell, seed):
    make = lambda name, offset, **options: {"name": name, "cell": cell, **recurrent_case(cell, seed + 10 * offset, **options)}
    return [
        make("one layer", 1, T=5, B=3, I=4, H=5),
        make("hidden size 17, batch 1", 2, T=4, B=1, I=3, H=17),
        make("one step, no bias, only the last state read", 3, T=1, B=2, I=3, H=4, bias=False, read=("h", "c")),
        make("only the outputs read, no initial state", 4, T=4, B=2, I=2, H=3, read=("y",), start=False),
        make("rows of different length", 5, T=6, B=4, I=3, H=5, lengths=[4, 6, 1, 3]),
        make("two layers", 6, T=4, B=2, I=3, H=4, layers=2),
        make("two layers, both directions, rows of different length", 7, T=5, B=3, I=3, H=4, layers=2, bidirectional=True, lengths=[2, 5, 4]),
    ]


def gru_before(seed, T, B, I, H, lengths):
    """The GRU of Cho et al. (2014), which PyTorch does not have: the state is gated before its product. Written out step
    by step; autograd does the rest."""
    inputs = Inputs(seed)
    x = inputs.tensor("x", [T, B, I], limit=1.0)
    h0 = inputs.tensor("h0", [1, B, H], limit=1.0)
    shapes = {"weight_ih_l0": [3 * H, I], "weight_hh_l0": [3 * H, H], "bias_ih_l0": [3 * H], "bias_hh_l0": [3 * H]}
    weights = {name: inputs.tensor(name, shape) for name, shape in shapes.items()}
    w_ih, w_hh, b_ih, b_hh = weights.values()
    h, ys = h0[0], []
    for t in range(T):
        alive = torch.ones(B, 1) if lengths is None else (torch.tensor(lengths) > t).double()[:, None]
        a, b = x[t] @ w_ih.T + b_ih, h @ w_hh[: 2 * H].T + b_hh[: 2 * H]
        r, z = torch.sigmoid(a[:, :H] + b[:, :H]), torch.sigmoid(a[:, H : 2 * H] + b[:, H:])
        n = torch.tanh(a[:, 2 * H :] + (r * h) @ w_hh[2 * H :].T + b_hh[2 * H :])
        new = (1 - z) * n + z * h
        ys.append(alive * new)
        h = alive * new + (1 - alive) * h
    outputs = {"y": torch.stack(ys), "h": h[None]}
    upstream = Inputs(seed + 1)
    sum((outputs[name] * upstream.tensor(name, list(outputs[name].shape), grad=False)).sum() for name in outputs).backward()
    return {
        "options": dict(T=T, B=B, I=I, H=H, layers=1, bidirectional=False, bias=True, lengths=lengths, reset="before"),
        "inputs": inputs.figures,
        "upstream": upstream.figures,
        "outputs": {name: figure(value) for name, value in outputs.items()},
        "gradients": {name: figure(value.grad) for name, value in {"x": x, "h0": h0, **weights}.items()},
    }


# Cells of which PyTorch has none, written out from their papers -------------------------------------------------------

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


# Other layers ---------------------------------------------------------------------------------------------------------


def layer_case(name, op, inputs, sources, outputs, seed, options=None):
    """`outputs` weighted by an upstream gradient; `sources` are the tensors whose gradients are wanted."""
    upstream = Inputs(seed + 1)
    sum((value * upstream.tensor(key, list(value.shape), grad=False)).sum() for key, value in outputs.items()).backward()
    return {
        "name": name,
        "op": op,
        "options": options or {},
        "inputs": inputs.figures,
        "upstream": upstream.figures,
        "outputs": {key: figure(value) for key, value in outputs.items()},
        "gradients": {key: figure(value.grad) for key, value in sources.items()},
    }


def layer_cases():
    cases = []

    inputs = Inputs(100)
    weight, ids = inputs.tensor("weight", [7, 5]), inputs.ids("ids", [4, 3], 0, 6)
    cases.append(layer_case("an embedding with repeated and unused rows", "embedding", inputs, {"weight": weight}, {"y": F.embedding(ids, weight)}, 100))

    for bias in (True, False):
        inputs = Inputs(110)
        x, weight = inputs.tensor("x", [3, 2, 5], limit=1.0), inputs.tensor("weight", [7, 5])
        sources = {"x": x, "weight": weight, **({"bias": inputs.tensor("bias", [7])} if bias else {})}
        cases.append(layer_case(f"linear {'with' if bias else 'without'} bias", "linear", inputs, sources, {"y": F.linear(**{"input": x, **{k: v for k, v in sources.items() if k != "x"}})}, 110))

    inputs = Inputs(120)
    x, gain, bias = inputs.tensor("x", [3, 2, 7], limit=2.0), inputs.tensor("gain", [7], limit=2.0), inputs.tensor("bias", [7])
    cases.append(layer_case("layer norm", "layerNorm", inputs, {"x": x, "gain": gain, "bias": bias}, {"y": F.layer_norm(x, [7], gain, bias)}, 120))

    for op, function in (("softmax", torch.softmax), ("logSoftmax", torch.log_softmax)):
        inputs = Inputs(130)
        x = inputs.tensor("x", [3, 9], limit=8.0)
        cases.append(layer_case(op, op, inputs, {"x": x}, {"y": function(x, -1)}, 130))

    for bias in (True, False):
        inputs = Inputs(140)
        x, weight = inputs.tensor("x", [9, 5], limit=2.0), inputs.tensor("weight", [13, 5], limit=2.0)
        offset = inputs.tensor("bias", [13]) if bias else None
        targets = inputs.ids("targets", [9], 0, 13)
        for ignored in (1, 6):
            targets[ignored] = inputs.figures["targets"]["data"][ignored] = -1
        losses = F.cross_entropy(F.linear(x, weight, offset), targets, ignore_index=-1, reduction="none")
        sources = {"x": x, "weight": weight, **({"bias": offset} if bias else {})}
        cases.append(layer_case(f"cross-entropy of a linear layer {'with' if bias else 'without'} bias, some targets ignored", "linearCrossEntropy", inputs, sources, {"losses": losses}, 140))
    return cases


# Optimizers and clipping ----------------------------------------------------------------------------------------------

OPTIMIZERS = [
    ("sgd", torch.optim.SGD, {}),
    ("sgd", torch.optim.SGD, {"weight_decay": 0.1}),
    ("sgd", torch.optim.SGD, {"momentum": 0.9}),
    ("sgd", torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.1}),
    ("sgd", torch.optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("adam", torch.optim.Adam, {"betas": (0.9, 0.999), "eps": 1e-8}),
    ("adam", torch.optim.Adam, {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    ("adamw", torch.optim.AdamW, {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.1}),
    ("rmsprop", torch.optim.RMSprop, {"alpha": 0.95, "eps": 1e-8}),
    ("rmsprop", torch.optim.RMSprop, {"alpha": 0.9, "eps": 1e-3, "momentum": 0.8, "weight_decay": 0.1}),
    ("adagrad", torch.optim.Adagrad, {"eps": 1e-10}),
    ("adagrad", torch.optim.Adagrad, {"eps": 1e-3, "weight_decay": 0.1}),
]


def optimizer_case(rule, make, options):
    """Five steps on given gradients, the learning rate halved after the third."""
    inputs = Inputs(200)
    weight = inputs.tensor("weight", [3, 5])
    gradients = [inputs.tensor(f"gradient{step}", [3, 5], limit=2.0, grad=False) for step in range(1, 6)]
    rates = [0.125, 0.125, 0.125, 0.0625, 0.0625]
    optimizer = make([weight], lr=rates[0], **options)
    weights = {}
    for step, (gradient, rate) in enumerate(zip(gradients, rates), 1):
        optimizer.param_groups[0]["lr"] = rate
        weight.grad = gradient.clone()
        optimizer.step()
        weights[f"weight{step}"] = figure(weight)
    beta1, beta2 = options.get("betas", (None, None))
    ours = {
        "beta1": beta1,
        "beta2": beta2,
        "epsilon": options.get("eps"),
        "alpha": options.get("alpha"),
        "momentum": options.get("momentum"),
        "nesterov": options.get("nesterov"),
        "weightDecay": options.get("weight_decay"),
    }
    described = ", ".join(f"{key} {value}" for key, value in options.items())
    return {
        "name": f"{rule} {described}".strip(),
        "rule": rule,
        "options": {key: value for key, value in ours.items() if value is not None},
        "learningRates": rates,
        "inputs": inputs.figures,
        "outputs": weights,
    }


def clip_case(max_norm):
    inputs = Inputs(300)
    tensors = [inputs.tensor(f"gradient{i}", shape, limit=3.0) for i, shape in enumerate([[3, 5], [7], [1], [2, 2, 3]])]
    for tensor in tensors:
        tensor.grad = tensor.detach().clone()
    norms = torch.stack([tensor.detach().norm() for tensor in tensors])
    norm = nn.utils.clip_grad_norm_(tensors, max_norm)
    outputs = {"norm": figure(norm), "norms": figure(norms), **{f"clipped{i}": figure(t.grad) for i, t in enumerate(tensors)}}
    return {"name": f"gradients clipped to norm {max_norm}", "maxNorm": max_norm, "inputs": inputs.figures, "outputs": outputs}


# Golden losses --------------------------------------------------------------------------------------------------------


class LanguageModel(nn.Module):
    def __init__(self, V, E, H, layers):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.rnn = nn.LSTM(E, H, layers)
        self.output = nn.Linear(H, V)

    def forward(self, ids, state):
        y, state = self.rnn(self.embedding(ids), state)
        return self.output(y), state


def stream_of(V, length):
    """Tokens with something to learn: each follows from the one before, with one in eight drawn at random."""
    source, ids = random.Random(400), [0]
    while len(ids) < length:
        ids.append(source.randrange(V) if source.random() < 0.125 else (4 * ids[-1] + 1) % 9)
    return ids


def golden_losses():
    """Ten consecutive updates of a two-layer LSTM language model, truncated back-propagation with the state carried."""
    V, E, H, layers, B, T, steps = 27, 16, 24, 2, 4, 12, 10
    stream = stream_of(V, B * T * steps + 1)
    L = T * steps
    rows = torch.tensor([stream[b * L : (b + 1) * L + 1] for b in range(B)])
    inputs = Inputs(410)
    initial = {
        name: inputs.tensor(name, list(parameter.shape), limit=0.5, grad=False)
        for name, parameter in LanguageModel(V, E, H, layers).named_parameters()
    }
    runs = [
        ("Adam", dict(optimizer="adam", learningRate=0.002, clipNorm=1.0, reduction="token"), lambda p: torch.optim.Adam(p, lr=0.002)),
        ("SGD", dict(optimizer="sgd", learningRate=1.0, clipNorm=0.4, reduction="token"), lambda p: torch.optim.SGD(p, lr=1.0)),
        # Zaremba et al. (2014): the loss is summed over time and averaged over the batch.
        ("SGD, losses summed over time", dict(optimizer="sgd", learningRate=1.0, clipNorm=5.0, reduction="sequence"), lambda p: torch.optim.SGD(p, lr=1.0)),
    ]
    results = []
    for name, options, make in runs:
        model = LanguageModel(V, E, H, layers)
        for key, parameter in model.named_parameters():
            parameter.data = initial[key].clone()
        optimizer = make(list(model.parameters()))
        state, losses, norms = None, [], []
        for step in range(steps):
            window = rows[:, step * T : (step + 1) * T + 1].T
            logits, state = model(window[:-1], state)
            state = tuple(entry.detach() for entry in state)
            loss = F.cross_entropy(logits.reshape(-1, V), window[1:].reshape(-1))
            optimizer.zero_grad()
            (loss * T if options["reduction"] == "sequence" else loss).backward()
            norms.append(number(nn.utils.clip_grad_norm_(model.parameters(), options["clipNorm"])))
            optimizer.step()
            losses.append(number(loss))
        final = {key: number(parameter.norm()) for key, parameter in model.named_parameters()}
        results.append({"name": name, "options": options, "losses": losses, "gradientNorms": norms, "weightNorms": final})
    return {
        "sizes": dict(V=V, E=E, H=H, layers=layers, B=B, T=T, steps=steps),
        "stream": {"shape": [len(stream)], "data": stream},
        "weights": inputs.figures,
        "runs": results,
    }


def main():
    write("rnn", {"cases": recurrent_cases("tanh", 1000) + recurrent_cases("relu", 2000)})
    write("lstm", {"cases": recurrent_cases("lstm", 3000)})
    before = [
        {"name": "reset before the product", "cell": "gru", **gru_before(5000, T=5, B=3, I=4, H=5, lengths=None)},
        {"name": "reset before the product, rows of different length", "cell": "gru", **gru_before(5100, T=5, B=3, I=3, H=4, lengths=[3, 5, 1])},
    ]
    write("gru", {"cases": recurrent_cases("gru", 4000) + before})
    write("cells", {"cases": cell_cases()})
    write("layers", {"cases": layer_cases()})
    write("optimizers", {"cases": [optimizer_case(*entry) for entry in OPTIMIZERS]})
    write("clipping", {"cases": [clip_case(max_norm) for max_norm in (1.0, 5.0, 100.0)]})
    write("languageModel", golden_losses())


if __name__ == "__main__":
    main()
