import { embedding, restart } from "../../../lib/graph/ops/index.js";
import type { Tensor } from "../../../lib/graph/tensor.js";
import type { Cases, Inputs } from "../case.js";

/** 1, 0, 0: the last two tokens begin a sentence. */
const someRows = (i: Inputs) => restart(i.integers("tokens", [3], [1, 0, 5]), { begin: 0, end: 5 }).keep;

const ways: readonly { name: string; keep: (i: Inputs) => Tensor }[] = [
  { name: "rows that go on and rows that begin again", keep: someRows },
  { name: "all go on", keep: (i) => i.scalar("carry", 1) },
  { name: "all begin again", keep: (i) => i.scalar("carry", 0) },
];

export const cases: Cases = {
  keepIds: ways.map(({ name, keep }) => ({
    name,
    args: (i) => [i.integers("ids", [3, 2], [4, 1, 3, 2, 5, 0]), keep(i)],
    results: (kept, i) => [embedding(i.floats("table", [6, 3]), kept)],
  })),
};
