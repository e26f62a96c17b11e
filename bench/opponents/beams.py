#!/usr/bin/env python3
"""beams.py SIZES: beam search over an encoder-decoder Transformer with a cache of keys and values, for bench/beams.mjs.

The decoder reads one token of each beam a step. Keys and values of the source are computed once; those of what has been written are kept and
follow the beams by index_select, as fairseq's do. nn.Transformer's own decoder reads the whole beginning again in each step.
SIZES is JSON. Speaks the protocol of serve.mjs: reads {"seconds": n}, answers with the seconds of a search, the least of the round.
"""

import json
import sys

import torch
from serve import serve
from torch import nn
from torch.nn import functional as f

sizes = json.loads(sys.argv[1])
torch.set_num_threads(sizes["threads"])
torch.manual_seed(1)
B, K, S, L = sizes["sentences"], sizes["beams"], sizes["source"], sizes["length"]
F, H, V = sizes["features"], sizes["heads"], sizes["vocabulary"]
D, N = F // H, B * K

table = nn.Embedding(V, F)
encoder = nn.TransformerEncoder(
    nn.TransformerEncoderLayer(F, H, sizes["inner"], 0, norm_first=True, batch_first=True), sizes["layers"], nn.LayerNorm(F)
).eval()


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.own, self.out = nn.Linear(F, 3 * F), nn.Linear(F, F)
        self.query, self.memory, self.read = nn.Linear(F, F), nn.Linear(F, 2 * F), nn.Linear(F, F)
        self.hidden, self.back = nn.Linear(F, sizes["inner"]), nn.Linear(sizes["inner"], F)
        self.norms = nn.ModuleList(nn.LayerNorm(F) for _ in range(3))

    def step(self, x, keys, values, source_keys, source_values):
        q, k, v = self.own(self.norms[0](x)).view(N, 3, H, 1, D).unbind(1)
        keys, values = torch.cat((keys, k), 2), torch.cat((values, v), 2)
        x = x + self.out(attend(q, keys, values).reshape(N, F))
        # The beams of a source are queries of one memory.
        q = self.query(self.norms[1](x)).view(B, K, H, D).transpose(1, 2)
        x = x + self.read(attend(q, source_keys, source_values).transpose(1, 2).reshape(N, F))
        return x + self.back(f.relu(self.hidden(self.norms[2](x)))), keys, values


def attend(q, k, v):
    return torch.softmax(q @ k.transpose(-1, -2) * D**-0.5, -1) @ v


blocks = nn.ModuleList(Block() for _ in range(sizes["layers"])).eval()
norm = nn.LayerNorm(F)
source = torch.randint(V, (B, S))
first_rows = torch.arange(B).unsqueeze(1) * K


@torch.no_grad()
def search():
    memory = encoder(table(source) * F**0.5)
    sources = [block.memory(memory).view(B, S, 2, H, D).permute(2, 0, 3, 1, 4).unbind(0) for block in blocks]
    empty = torch.empty(N, H, 0, D)
    caches = [(empty, empty) for _ in blocks]
    tokens = torch.zeros(N, dtype=torch.long)
    scores = torch.full((B, K), -torch.inf)
    scores[:, 0] = 0
    for _ in range(L):
        x = table(tokens) * F**0.5
        for i, block in enumerate(blocks):
            x, *cache = block.step(x, *caches[i], *sources[i])
            caches[i] = cache
        logs = torch.log_softmax(norm(x) @ table.weight.T, -1).view(B, K, V) + scores.unsqueeze(-1)
        scores, chosen = logs.view(B, K * V).topk(K)
        rows = (first_rows + torch.div(chosen, V, rounding_mode="floor")).view(N)
        tokens = (chosen % V).view(N)
        caches = [[kept.index_select(0, rows) for kept in cache] for cache in caches]
    return scores


search()
serve(f"PyTorch {torch.__version__}, keys and values kept, {torch.get_num_threads()} threads", search)
