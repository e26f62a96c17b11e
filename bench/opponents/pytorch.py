#!/usr/bin/env python3
"""pytorch.py SIZES WINDOW THREADS: a step of that work in PyTorch, for bench/run.mjs.

SIZES is a workload of workloads.mjs and its training settings as JSON. Speaks the protocol of serve.mjs: reads
{"seconds": n}, answers with the times of the steps made meanwhile. With `compiled`, torch.compile covers a training from its
tokens to the loss.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class LanguageModel(nn.Module):
    def __init__(self, V, E, H, layers):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.rnn = nn.LSTM(E, H, layers)
        self.output = nn.Linear(H, V)

    def forward(self, ids, state):
        y, state = self.rnn(self.embedding(ids), state)
        return self.output(y).flatten(0, 1), state


class Classifier(nn.Module):
    def __init__(self, V, E, H, classes):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.rnn = nn.GRU(E, H, bidirectional=True)
        self.output = nn.Linear(2 * H, classes)

    def forward(self, ids, _):
        y, _ = self.rnn(self.embedding(ids))
        return self.output(y.max(0).values), ()


class Translator(nn.Module):
    def __init__(self, V, E, H, layers, attention):
        super().__init__()
        self.additive, self.before = attention["scorer"] == "additive", attention["attend"] == "before"
        self.source, self.target = nn.Embedding(V, E), nn.Embedding(V, E)
        self.encoder = nn.LSTM(E, H // 2, layers, bidirectional=True)
        self.bridge = nn.ModuleList([nn.Linear(H, H), nn.Linear(H, H)])
        if self.before:
            self.decoder = nn.LSTMCell(E + H, H)
        else:
            self.decoder = nn.LSTM(E, H)
        self.query = nn.Linear(H, H, bias=False)
        if self.additive:
            self.memory, self.v = nn.Linear(H, H, bias=False), nn.Linear(H, 1, bias=False)
        self.combine = nn.Linear(2 * H + (E if self.before else 0), H, bias=False)
        self.output = nn.Linear(H, V)

    def forward(self, source, inputs):
        memory, (h, c) = self.encoder(self.source(source))
        h, c = (torch.tanh(bridge(torch.cat([x[-2], x[-1]], -1))) for bridge, x in zip(self.bridge, (h, c)))
        words = self.target(inputs)
        if not self.before:
            y, _ = self.decoder(words, (h[None], c[None]))
            scores = torch.bmm(self.query(y).transpose(0, 1), memory.permute(1, 2, 0))
            weights = scores.float().softmax(-1).to(memory.dtype)
            context = torch.bmm(weights, memory.transpose(0, 1)).transpose(0, 1)
            return self.output(torch.tanh(self.combine(torch.cat([y, context], -1))))
        keys, features = self.memory(memory), []
        for word in words:
            scores = self.v(torch.tanh(keys + self.query(h))).squeeze(-1)
            context = (scores.softmax(0)[:, :, None] * memory).sum(0)
            h, c = self.decoder(torch.cat([word, context], -1), (h, c))
            features.append(torch.cat([h, context, word], -1))
        return self.output(torch.tanh(self.combine(torch.stack(features))))


def loss_of(model, sizes):
    def loss(*inputs, targets):
        with torch.autocast("cpu", torch.bfloat16, enabled=sizes["precision"] == "bfloat16"):
            logits, state = model(*inputs)
            return F.cross_entropy(logits.float(), targets), state

    return torch.compile(loss) if sizes["compiled"] else loss


def translation_step(sizes, T):
    model = Translator(*(sizes[name] for name in ("V", "E", "H", "layers", "attention")))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    source, inputs, targets = (torch.randint(sizes["V"], (T, sizes["B"])) for _ in range(3))
    loss_at = loss_of(lambda source, inputs: (model(source, inputs).flatten(0, 1), ()), sizes)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss, _ = loss_at(source, inputs, targets=targets.flatten())
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def training_step(sizes, T):
    V, B = sizes["V"], sizes["B"]
    classes = sizes.get("classes")
    model = Classifier(V, sizes["E"], sizes["H"], classes) if classes else LanguageModel(V, sizes["E"], sizes["H"], sizes["layers"])
    optimizer = torch.optim.SGD(model.parameters(), lr=sizes["learningRate"])
    inputs, targets = torch.randint(V, (T, B)), torch.randint(classes, (B,)) if classes else torch.randint(V, (T * B,))
    carried = [None]
    loss_at = loss_of(model, sizes)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss, state = loss_at(inputs, carried[0], targets=targets)
        carried[0] = tuple(entry.detach() for entry in state)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), sizes["clipNorm"])
        optimizer.step()
        return loss.item()

    return step


def layer_step(sizes, T):
    lstm = nn.LSTM(sizes["E"], sizes["H"])
    x = torch.sin(torch.arange(T * sizes["B"] * sizes["E"]).float()).view(T, sizes["B"], sizes["E"])

    def step():
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=sizes["precision"] == "bfloat16"):
            return lstm(x)[0][0, 0, 0].item()

    return step


def writing_step(sizes, T):
    model = LanguageModel(sizes["V"], sizes["E"], sizes["H"], sizes["layers"])

    def step():
        token, state = torch.zeros(1, 1, dtype=torch.long), None
        with torch.no_grad():
            for _ in range(T):
                logits, state = model(token, state)
                token = torch.multinomial(logits.softmax(1), 1)
        return token.item()

    return step


def searching_step(sizes, T):
    model = Translator(*(sizes[name] for name in ("V", "E", "H", "layers", "attention"))).eval()
    sources = torch.randint(sizes["V"], (T, sizes["B"]))
    V, K = sizes["V"], sizes["beams"]

    B = sizes["B"]
    first_rows = torch.arange(B)[:, None] * K

    # All sentences and beams are one batch; the beams of a sentence are queries of one memory, which is not repeated.
    def search():
        memory, (h, c) = model.encoder(model.source(sources))
        h, c = (torch.tanh(bridge(torch.cat([x[-2], x[-1]], -1))) for bridge, x in zip(model.bridge, (h, c)))
        keys, values = memory.permute(1, 2, 0).contiguous(), memory.transpose(0, 1).contiguous()
        state = tuple(x.repeat_interleave(K, 0)[None] for x in (h, c))
        scores, words = torch.full((B, K), -1e9), torch.zeros(1, B * K, dtype=torch.long)
        scores[:, 0] = 0
        for _ in range(T):
            y, state = model.decoder(model.target(words), state)
            weights = torch.bmm(model.query(y).view(B, K, -1), keys).float().softmax(-1).to(values.dtype)
            context = torch.bmm(weights, values).view(1, B * K, -1)
            logits = model.output(torch.tanh(model.combine(torch.cat([y, context], -1))))
            logs = logits.float().log_softmax(-1).view(B, K, V) + scores[..., None]
            scores, found = logs.view(B, K * V).topk(K)
            rows = (first_rows + torch.div(found, V, rounding_mode="floor")).view(-1)
            words, state = (found % V).view(1, -1), tuple(x.index_select(1, rows) for x in state)
        return scores[:, 0].sum().item()

    def step():
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=sizes["precision"] == "bfloat16"):
            return search()

    return step


def timed(step):
    start = time.perf_counter()
    loss = step()
    return loss, 1000 * (time.perf_counter() - start)


def answer(message):
    print("@bench " + json.dumps(message), flush=True)


def main():
    sizes, window, threads = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    torch.manual_seed(1)
    torch.set_num_threads(threads)
    step = {"layer": layer_step, "writing": writing_step, "search": searching_step, "translation": translation_step}.get(sizes["kind"], training_step)(sizes, window)
    loss, milliseconds = timed(step)
    if sizes["compiled"]:
        step()  # compiled once more, for a state that is carried
    settings = f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"
    answer({"ready": {"settings": settings, "firstLoss": loss, "firstStepMilliseconds": milliseconds}})
    for line in sys.stdin:
        end = time.perf_counter() + json.loads(line)["seconds"]
        times = []
        while not times or time.perf_counter() < end:
            loss, milliseconds = timed(step)
            times.append(milliseconds)
        answer({"milliseconds": times, "loss": loss})


if __name__ == "__main__":
    main()
