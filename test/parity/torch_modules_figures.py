"""Writes figures/torchModules.json: modules of PyTorch, their state_dicts as torch.save writes them, inputs and outputs.
Run with: python3 test/parity/torch_modules_figures.py"""
import base64
import io
import json
import os

import torch
from torch import nn

torch.manual_seed(29)
T, S, B = 4, 5, 2
lengths = [5, 3]


def saved(module):
    buffer = io.BytesIO()
    torch.save(module.state_dict(), buffer)
    return base64.b64encode(buffer.getvalue()).decode()


def numbers(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]


cases = {}


def case(name, module, x, y, **more):
    # Norms and biases that are not what they begin as.
    cases[name] = {"file": saved(module), "x": numbers(x), "y": numbers(y()), **more}


def stirred(module):
    module.eval()
    for parameter in module.parameters():
        parameter.data += 0.3 * torch.randn(parameter.shape)
    return module


x = torch.randn(T, B, 6)
memory = torch.randn(S, B, 6)
later = torch.ones(T, T, dtype=torch.bool).triu(1)
padding = torch.arange(S).unsqueeze(0) >= torch.tensor(lengths).unsqueeze(1)
for name, module in {
    "lstm": nn.LSTM(6, 5, num_layers=2, bidirectional=True),
    "gru": nn.GRU(6, 5, num_layers=2),
    "rnn": nn.RNN(6, 5),
}.items():
    stirred(module)
    case(name, module, x, lambda: module(x)[0])
for name, module in {"linear": nn.Linear(6, 3), "layerNorm": nn.LayerNorm(6)}.items():
    stirred(module)
    case(name, module, x, lambda: module(x))
ids = torch.tensor([[3, 0], [1, 2], [4, 4], [0, 1]])
table = stirred(nn.Embedding(5, 6))
case("embedding", table, ids.float(), lambda: table(ids))
attention = stirred(nn.MultiheadAttention(6, 2))
case("attention", attention, x, lambda: attention(x, x, x)[0])
wide = stirred(nn.MultiheadAttention(6, 2, kdim=4, vdim=4))
narrow = torch.randn(S, B, 4)
case("attentionToMemory", wide, x, lambda: wide(x, narrow, narrow)[0], memory=numbers(narrow))
tanh = lambda v: nn.functional.gelu(v, approximate="tanh")
encoder = stirred(nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 9, 0.1, "relu"), 2, enable_nested_tensor=False))
case("encoder", encoder, memory, lambda: encoder(memory, src_key_padding_mask=padding))
decoder = stirred(nn.TransformerDecoder(nn.TransformerDecoderLayer(6, 2, 9, 0.1, tanh, norm_first=True), 2, nn.LayerNorm(6)))
case(
    "decoder",
    decoder,
    x,
    lambda: decoder(x, memory, tgt_mask=later, memory_key_padding_mask=padding),
    memory=numbers(memory),
)
images = torch.randn(2, 3, 5, 5)
convolution = stirred(nn.Conv2d(3, 4, 3, padding=1))
case(
    "convolution",
    convolution,
    images.permute(0, 2, 3, 1),
    lambda: convolution(images).permute(0, 2, 3, 1),
)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Embedding(5, 6)
        self.lstm = nn.LSTM(6, 6, num_layers=2)
        self.decoder = nn.Linear(6, 5)
        self.decoder.weight = self.encoder.weight

    def forward(self, ids):
        return self.decoder(self.lstm(self.encoder(ids))[0])


model = stirred(Model())
case("languageModel", model, ids.float(), lambda: model(ids).log_softmax(-1))
whole = stirred(nn.Transformer(6, 2, 2, 2, 9, 0.1, "relu"))
case(
    "transformer",
    whole,
    x,
    lambda: whole(memory, x, tgt_mask=later, src_key_padding_mask=padding, memory_key_padding_mask=padding),
    memory=numbers(memory),
)
with open(os.path.join(os.path.dirname(__file__), "figures/torchModules.json"), "w") as file:
    file.write(json.dumps(cases, indent=0) + "\n")
