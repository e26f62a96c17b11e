"""Writes pytorch.safetensors, characters.txt and pytorch.json: a small module of PyTorch, and what it expects after a prompt.

python3 pytorch.py   (needs torch; safetensors are written by hand, so that nothing else is needed)
"""

import json
import pathlib
import struct

import torch

folder = pathlib.Path(__file__).parent
characters = "abcdefgh ."
torch.manual_seed(7)


class Model(torch.nn.Module):
    def __init__(self, tokens, size, layers):
        super().__init__()
        self.embed = torch.nn.Embedding(tokens, size)
        self.lstm = torch.nn.LSTM(size, size, num_layers=layers)
        self.head = torch.nn.Linear(size, tokens)

    def forward(self, ids):
        return self.head(self.lstm(self.embed(ids))[0])


def save_file(tensors, path):
    header, data = {}, b""
    for name, tensor in tensors.items():
        values = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


model = Model(len(characters), 8, 2)
prompt = "bad cafe"
with torch.no_grad():
    for parameter in model.parameters():
        parameter.mul_(3)  # so that the probabilities differ
    ids = torch.tensor([[characters.index(c)] for c in prompt])
    probabilities = torch.softmax(model(ids)[-1, 0], dim=0)
ranked = sorted(zip(characters, probabilities.tolist()), key=lambda pair: -pair[1])
save_file(model.state_dict(), folder / "pytorch.safetensors")
(folder / "characters.txt").write_text(characters)
(folder / "pytorch.json").write_text(json.dumps({"torch": torch.__version__, "prompt": prompt, "tokens": ranked}, indent=1) + "\n")
