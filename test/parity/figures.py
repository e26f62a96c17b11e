#!/usr/bin/env python3
"""Makes the figures that test/parity compares with: what PyTorch computes for small cases, in float64.

    /usr/bin/python3 test/parity/figures.py            # Debian: python3-torch (made with 1.13)

Writes test/parity/figures/*.json. Every input is a whole multiple of 1/1024, which float32 and float64 hold exactly, so
that both precisions start from the same numbers: a tensor with "per": 1024 is its data divided by 1024. What PyTorch
computed is written with 11 significant digits. Inputs come from Python's own generator with a fixed seed: running this
again, with any PyTorch, must give the same files up to rounding.

Dimensions: B batch, T time, I input, H hidden, E embedding, V vocabulary. Sequences are time-major [T,B,I].
"""

import random

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from cells import cell_cases
from inputs import Inputs, figure, number, write

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


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
