#!/usr/bin/env python3
"""tagging.py SIZES: a tagger with characters, a bidirectional LSTM and a conditional random field, for bench/tagging.mjs.

Written as PyTorch's users write it: packed sequences, and a CRF that is a loop over time with all sentences of a batch in one operation
(pytorch-crf). SIZES is JSON. Speaks the protocol of serve.mjs: reads {"seconds": n, "work": "learn" or "tag"}.
"""

import json
import random
import sys
import time

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def sentences_of(file):
    sentence = []
    for line in open(file, encoding="utf-8"):
        cells = line.rstrip("\n").split("\t")
        if line == "\n":
            yield sentence
            sentence = []
        elif not line.startswith("#") and cells[0].isdigit():
            sentence.append((cells[1], cells[3]))


class CRF(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.start, self.end = (nn.Parameter(torch.zeros(classes)) for _ in range(2))
        self.transitions = nn.Parameter(torch.zeros(classes, classes))

    def loss(self, scores, tags, mask):
        steps = torch.arange(scores.shape[1])
        score = self.start[tags[0]] + scores[0, steps, tags[0]]
        partition = self.start + scores[0]
        for t in range(1, len(scores)):
            step = self.transitions[tags[t - 1], tags[t]] + scores[t, steps, tags[t]]
            score = score + step * mask[t]
            following = torch.logsumexp(partition[:, :, None] + self.transitions, 1) + scores[t]
            partition = torch.where(mask[t, :, None], following, partition)
        last = tags[mask.long().sum(0) - 1, steps]
        return torch.logsumexp(partition + self.end, 1) - score - self.end[last]

    def best(self, scores, mask):
        score, history = self.start + scores[0], []
        for t in range(1, len(scores)):
            following, index = (score[:, :, None] + self.transitions).max(1)
            score = torch.where(mask[t, :, None], following + scores[t], score)
            history.append(index)
        last, lengths, paths = (score + self.end).argmax(1), mask.long().sum(0), []
        for b, length in enumerate(lengths.tolist()):
            path = [last[b].item()]
            for index in reversed(history[: length - 1]):
                path.append(index[b, path[-1]].item())
            paths.append(path[::-1])
        return paths


class Tagger(nn.Module):
    def __init__(self, words, characters, classes, sizes):
        super().__init__()
        E, C, F, H = (sizes[k] for k in ("embeddingSize", "characterEmbeddingSize", "characterSize", "hiddenSize"))
        self.words, self.characters = nn.Embedding(words, E, 0), nn.Embedding(characters, C, 0)
        self.filters = nn.Conv1d(C, F, 3, padding=1)
        self.dropout = nn.Dropout(0.5)
        self.rnn = nn.LSTM(E + F, H, bidirectional=True)
        self.output = nn.Linear(2 * H, classes)
        self.crf = CRF(classes)

    def forward(self, ids, spellings, lengths):
        T, B, L = spellings.shape
        spelled = self.filters(self.characters(spellings.view(T * B, L)).transpose(1, 2)).max(2).values.view(T, B, -1)
        x = self.dropout(torch.cat([self.words(ids), spelled], 2))
        y, _ = self.rnn(pack_padded_sequence(x, lengths, enforce_sorted=False))
        return self.output(self.dropout(pad_packed_sequence(y)[0]))


def batches_of(sentences, size, index):
    order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
    groups = [[sentences[i] for i in order[at : at + size]] for at in range(0, len(order), size)]
    words, characters, tags = index
    for group in groups:
        T, B = max(map(len, group)), len(group)
        L = max(len(word) for sentence in group for word, _ in sentence)
        ids, targets, spellings = torch.zeros(T, B, dtype=torch.long), torch.zeros(T, B, dtype=torch.long), torch.zeros(T, B, L, dtype=torch.long)
        for b, sentence in enumerate(group):
            for t, (word, tag) in enumerate(sentence):
                ids[t, b], targets[t, b] = words.get(word.lower(), 1), tags[tag]
                spellings[t, b, : len(word)] = torch.tensor([characters.get(c, 1) for c in word])
        lengths = torch.tensor([len(sentence) for sentence in group])
        yield ids, spellings, lengths, targets, torch.arange(T)[:, None] < lengths


def answer(message):
    print("@bench " + json.dumps(message), flush=True)


def main():
    sizes = json.loads(sys.argv[1])
    torch.manual_seed(1)
    torch.set_num_threads(sizes["threads"])
    train, dev = (list(sentences_of(file)) for file in sizes["files"])
    number = lambda items: {item: i for i, item in enumerate(sorted(set(items)), 2)}
    words = number(word.lower() for sentence in train for word, _ in sentence)
    characters = number(c for sentence in train for word, _ in sentence for c in word)
    tags = {tag: i for i, tag in enumerate(sorted({tag for sentence in train for _, tag in sentence}))}
    model = Tagger(len(words) + 2, len(characters) + 2, len(tags), sizes)
    optimizer = torch.optim.Adam(model.parameters())
    index = words, characters, tags

    def learn():
        # As with tensors that are made before the training.
        made = list(batches_of(train, sizes["batchSize"], index))
        while True:
            random.shuffle(made)
            for ids, spellings, lengths, targets, mask in made:
                model.train()
                optimizer.zero_grad(set_to_none=True)
                loss = model.crf.loss(model(ids, spellings, lengths), targets, mask).sum() / mask.sum()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 5)
                optimizer.step()
                yield len(lengths)

    def tag():
        while True:
            for ids, spellings, lengths, _, mask in batches_of(dev, 120, index):
                model.eval()
                with torch.no_grad():
                    model.crf.best(model(ids, spellings, lengths), mask)
                yield len(lengths)

    work = {"learn": learn(), "tag": tag()}
    for generator in work.values():
        next(generator)
    answer({"ready": {"settings": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"}})
    for line in sys.stdin:
        call = json.loads(line)
        start, sentences = time.perf_counter(), 0
        while time.perf_counter() - start < call["seconds"]:
            sentences += next(work[call["work"]])
        answer({"sentencesPerSecond": sentences / (time.perf_counter() - start)})


main()
