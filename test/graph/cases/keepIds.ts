import { embedding, restart } from "../../../lib/graph/ops/index.js";
import { elementsOf } from "../../../lib/graph/program.js";
import type { Tensor } from "../../../lib/graph/tensor.js";
import type { Cases, Inputs } from "../case.js";

/** 1, 0, 0: the last two tokens begin a sentence. */
const someRows = (i: Inputs) => restart(i.integers("tokens", [3], [1, 0, 5]), { begin: 0, end: 5 }).keep;

const ways: readonly { name: string; keep: (i: Inputs) => Tensor; shape?: readonly number[] }[] = [
  { name: "rows that go on and rows that begin again", keep: someRows },
  { name: "rows of one number", keep: someRows, shape: [3] },
  { name: "rows of 2 x 2", keep: someRows, shape: [3, 2, 2] },
  { name: "all go on", keep: (i) => i.scalar("carry", 1) },
  { name: "all begin again", keep: (i) => i.scalar("carry", 0) },
];

export const cases: Cases = {
  keepIds: ways.map(({ name, keep, shape = [3, 2] }) => ({
    name,
    args: (i) => [i.integers("ids", shape, [4, 1, 3, 2, 5, 0, 2, 2, 1, 5, 3, 4].slice(0, elementsOf(shape))), keep(i)],
    results: (kept, i) => [embedding(i.floats("table", [6, 3]), kept)],
  })),
};
