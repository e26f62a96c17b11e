"""Writes figures/frames.json: taggers of frames by PyTorch: an LSTM, a linear layer, and the cross-entropy of one or of several labels a frame,
with padding left out; losses and gradients. Run with: /usr/bin/python3 test/parity/frames_figures.py"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from inputs import Inputs, figure, write

torch.set_default_dtype(torch.float64)
T, B, I, H, C = 6, 3, 4, 5, 3
lengths = [6, 4, 1]


def case(seed, bidirectional, several):
    inputs = Inputs(seed)
    frames = inputs.tensor("frames", [T, B, I], limit=1.0, grad=False)
    rnn = nn.LSTM(I, H, bidirectional=bidirectional)
    output = nn.Linear(H * (2 if bidirectional else 1), C)
    named = [(f"rnn.{name}", p) for name, p in rnn.named_parameters()] + [(f"output.{name}", p) for name, p in output.named_parameters()]
    for name, parameter in named:
        parameter.data = inputs.tensor(name, list(parameter.shape), grad=False)
    packed, _ = rnn(pack_padded_sequence(frames, torch.tensor(lengths)))
    logits = output(pad_packed_sequence(packed, total_length=T)[0])
    within = torch.tensor([[float(t < length) for length in lengths] for t in range(T)])
    if several:
        targets = inputs.ids("targets", [T, B, C], 0, 2)
        each = F.binary_cross_entropy_with_logits(logits, targets.double(), reduction="none").sum(2)
        losses = each * within
        probabilities = torch.sigmoid(logits)
    else:
        targets = inputs.ids("targets", [T, B], 0, C)
        losses = F.cross_entropy(logits.reshape(-1, C), targets.reshape(-1), reduction="none").reshape(T, B) * within
        probabilities = torch.softmax(logits, 2)
    losses.sum().backward()
    return {
        "name": f"{'both directions' if bidirectional else 'one direction'}, {'several labels' if several else 'one label'}",
        "bidirectional": bidirectional,
        "several": several,
        "lengths": lengths,
        "inputs": inputs.figures,
        "outputs": {"losses": figure(losses), "probabilities": figure(probabilities * within[:, :, None])},
        "gradients": {name: figure(p.grad) for name, p in named},
    }


write("frames", {"cases": [case(5 + 2 * b + s, bool(b), bool(s)) for b in (0, 1) for s in (0, 1)]})
