"""Writes figures/crf.json: conditional random fields by PyTorch, without a recursion of their own kind where that can be.
Log-partition by torch.logsumexp over every sequence (enumerated) or over steps, marginals and the gradient of the loss by autograd, best
sequences by sorting all of them or by a maximum over steps. Run with: python3 test/parity/crf_figures.py"""
import itertools
import json
import os

import torch

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
FORBIDDEN = -1e30


def score(path, P, A):
    C = P.shape[1]
    total = A[C, path[0]] + A[C + 1, path[-1]] + sum(P[t, y] for t, y in enumerate(path))
    return total + sum((A[i, j] for i, j in zip(path, path[1:])), torch.zeros(()))


def enumerated(P, A):
    paths = list(itertools.product(range(P.shape[1]), repeat=len(P)))
    return paths, torch.stack([score(path, P, A) for path in paths])


def partition(P, A, enumerate_all):
    if enumerate_all:
        return torch.logsumexp(enumerated(P, A)[1], 0)
    C = P.shape[1]
    forward = A[C] + P[0]
    for row in P[1:]:
        forward = torch.logsumexp(forward[:, None] + A[:C], 0) + row
    return torch.logsumexp(forward + A[C + 1], 0)


def best(P, A, K, enumerate_all):
    if enumerate_all:
        paths, scores = enumerated(P, A)
        order = [i for i in torch.argsort(scores, descending=True).tolist() if scores[i] > FORBIDDEN / 2][:K]
        return [list(paths[i]) for i in order], [scores[i].item() for i in order]
    C, back = P.shape[1], []
    top = A[C] + P[0]
    for row in P[1:]:
        values, indices = (top[:, None] + A[:C]).max(0)
        top, back = values + row, back + [indices]
    path = [(top + A[C + 1]).argmax().item()]
    for indices in reversed(back):
        path.append(indices[path[-1]].item())
    return [path[::-1]], [(top + A[C + 1]).max().item()]


# Numbers that are exact in float32 too.
exact = lambda *shape: torch.randint(-256, 257, shape).double() / 64
cases = []
for T, C, lengths, K, forbids in [(5, 3, [5, 3, 1], 6, False), (5, 4, [5, 4], 5, True), (24, 9, [24, 17, 2], 1, False)]:
    small = T < 10
    B = len(lengths)
    P, A = exact(T, B, C), exact(C + 2, C)
    if forbids:
        # As BIO: tag 2 only after 1 or itself.
        for i in (0, 3, C):
            A[i, 2] = FORBIDDEN
    P.requires_grad_(), A.requires_grad_()
    tags = torch.randint(C, (T, B))
    if forbids:
        tags[tags == 2] = 0
    normalizers = torch.stack([partition(P[:n, b], A, small) for b, n in enumerate(lengths)])
    losses = normalizers - torch.stack([score(tags[:n, b].tolist(), P[:n, b], A) for b, n in enumerate(lengths)])
    probabilities = torch.autograd.grad(normalizers.sum(), P, retain_graph=True)[0]
    weights = torch.tensor([1.0, 0.5, -2.0][:B])
    demissions, dtransitions = torch.autograd.grad((losses * weights).sum(), (P, A))
    with torch.no_grad():
        found = [best(P[:n, b], A, K, small) for b, n in enumerate(lengths)]
    numbers = lambda t: [float(f"{v:.12g}") for v in t.detach().flatten().tolist()]
    cases.append(
        {
            **{"T": T, "B": B, "C": C, "K": K, "lengths": lengths, "tags": tags.flatten().tolist()},
            **{"emissions": numbers(P), "transitions": numbers(A), "weights": weights.tolist()},
            **{"losses": numbers(losses), "normalizers": numbers(normalizers), "probabilities": numbers(probabilities)},
            **{"demissions": numbers(demissions), "dtransitions": numbers(dtransitions)},
            **{"paths": [paths for paths, _ in found], "scores": [scores for _, scores in found]},
        }
    )
with open(os.path.join(os.path.dirname(__file__), "figures/crf.json"), "w") as file:
    file.write("[" + ",\n ".join(json.dumps(case) for case in cases) + "]\n")
