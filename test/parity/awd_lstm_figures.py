"""Writes figures/awdLstm.json by PyTorch: losses, penalties and gradients of an LSTM language model as AWD-LSTMs are (Merity et al. 2018;
layers of two sizes, tied, activation regularisation of the last), and five updates of torch.optim.ASGD with its mean of the weights.
Run with: /usr/bin/python3 test/parity/awd_lstm_figures.py"""

import torch
import torch.nn.functional as F

from inputs import Inputs, figure, write

torch.set_default_dtype(torch.float64)
T, B, V = 5, 3, 7


def lstm(x, w_ih, w_hh, b_ih, b_hh):
    H = w_hh.shape[1]
    h = c = torch.zeros(x.shape[1], H)
    rows = []
    for row in x:
        i, f, g, o = (row @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        rows.append(h)
    return torch.stack(rows)


def language_model(seed, alpha, beta):
    E, H = 4, 6
    inputs = Inputs(seed)
    ids, targets = inputs.ids("inputs", [T, B], 0, V), inputs.ids("targets", [T, B], 0, V)
    weights = {"embedding.weight": inputs.tensor("embedding.weight", [V, E])}
    for layer, (width, size) in enumerate([(E, H), (H, E)]):
        shapes = {"weight_ih": [4 * size, width], "weight_hh": [4 * size, size], "bias_ih": [4 * size], "bias_hh": [4 * size]}
        for part, shape in shapes.items():
            weights[f"rnn.{part}_l{layer}"] = inputs.tensor(f"rnn.{part}_l{layer}", shape)
    weights["output.bias"] = inputs.tensor("output.bias", [V])
    y = weights["embedding.weight"][ids]
    for layer in range(2):
        y = lstm(y, *[weights[f"rnn.{part}_l{layer}"] for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")])
    logits = (y @ weights["embedding.weight"].T + weights["output.bias"]).reshape(T * B, V)
    losses = F.cross_entropy(logits, targets.reshape(-1), reduction="none")
    penalty = alpha * y.pow(2).mean() + beta * (y[1:] - y[:-1]).pow(2).mean()
    (losses.mean() + penalty).backward()
    return {
        "name": f"alpha {alpha}, beta {beta}",
        "options": {"embeddingSize": E, "hiddenSize": H, "lastHiddenSize": E, "activationPenalty": alpha, "temporalPenalty": beta},
        "inputs": inputs.figures,
        "losses": figure(losses),
        "penalty": float(penalty),
        "gradients": {key: figure(weight.grad) for key, weight in weights.items()},
    }


def asgd(weight_decay):
    """PyTorch's mean leaves out the weights after the first update."""
    inputs = Inputs(200)
    weight = inputs.tensor("weight", [3, 5])
    gradients = [inputs.tensor(f"gradient{step}", [3, 5], limit=2.0, grad=False) for step in range(1, 6)]
    optimizer = torch.optim.ASGD([weight], lr=0.125, t0=0, lambd=0.0, weight_decay=weight_decay)
    outputs = {}
    for step, gradient in enumerate(gradients, 1):
        weight.grad = gradient.clone()
        optimizer.step()
        outputs[f"weight{step}"] = figure(weight)
        outputs[f"average{step}"] = figure(optimizer.state[weight]["ax"])
    return {"name": f"weight decay {weight_decay}", "weightDecay": weight_decay, "inputs": inputs.figures, "outputs": outputs}


models = [language_model(60, 0.0, 0.0), language_model(61, 2.0, 0.0), language_model(62, 0.0, 1.0), language_model(63, 2.0, 1.0)]
write("awdLstm", {"vocabularySize": V, "models": models, "updates": [asgd(0.0), asgd(0.01)]})
