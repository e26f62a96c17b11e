#!/usr/bin/env python3
"""ranks.py SIZES RANK RANKS: a rank of DistributedDataParallel over gloo, for bench/ranks.mjs. The first prints { tokensPerSecond } as JSON."""

import json
import os
import sys
import time

import torch
from torch import distributed
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "opponents"))
from pytorch import LanguageModel  # noqa: E402


def main():
    sizes, rank, ranks = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    torch.manual_seed(1)
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", rank=rank, world_size=ranks)
    V, T, B, steps, warm = sizes["V"], sizes["T"], sizes["B"] // ranks, sizes["steps"], 10
    model = DistributedDataParallel(LanguageModel(V, sizes["E"], sizes["H"], sizes["layers"]))
    optimizer = torch.optim.SGD(model.parameters(), lr=sizes["learningRate"])
    inputs, targets, state = torch.randint(V, (T, B)), torch.randint(V, (T * B,)), None
    for step in range(warm + steps):
        if step == warm:
            begin = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=sizes["precision"] != "highest"):
            logits, state = model(inputs, state)
            loss = F.cross_entropy(logits.float(), targets)
        state = tuple(entry.detach() for entry in state)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), sizes["clipNorm"])
        optimizer.step()
    seconds = time.perf_counter() - begin
    distributed.barrier()
    if rank == 0:
        print(json.dumps({"tokensPerSecond": steps * T * B * ranks / seconds}), flush=True)


main()
