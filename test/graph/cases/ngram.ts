import { embedding } from "../../../lib/graph/ops/index.js";
import type { Cases, Inputs } from "../case.js";

/** Log-probabilities and weights as the words of a table. */
const bits = (values: readonly number[]) => [...new Int32Array(Float32Array.from(values).buffer)];

/** A record of a table: probability, back-off weight, first child, suffix. */
const record = (probability: number, backoff: number, children: number, suffix = 0) => [
  ...bits([probability, backoff]),
  children,
  suffix,
];

/** Three words; the bigrams 0 1, 1 0, 1 2, 2 1 and the trigrams 0 1 0, 0 1 2, 1 0 1. */
const trigrams = [
  ...[0x6d61676e, 1, 3, 3, 0, 0, 0, 0, 3, 4, 3, ...new Array(21).fill(0)],
  ...[record(-1.25, -0.5, 0), record(-0.75, -0.25, 1), record(-1.5, 0, 3), record(0, 0, 4)].flat(),
  ...[1, 0, 2, 1],
  ...[
    record(-0.5, -0.125, 0, 1),
    record(-1, -0.375, 2, 0),
    record(-2, 0, 3, 2),
    record(-3, 0, 3, 1),
    record(0, 0, 3),
  ].flat(),
  ...[0, 2, 1, 0],
  ...bits([-0.25, -1.75, -0.1]),
];

/** The same without longer n-grams. */
const unigrams = [
  ...[0x6d61676e, 1, 1, 3, 0, 0, 0, 0, 3, ...new Array(23).fill(0)],
  ...[record(-1.25, 0, 0), record(-0.75, 0, 0), record(-1.5, 0, 0), record(0, 0, 0)].flat(),
];

const tableOf = (i: Inputs, words: readonly number[]) => i.integers("ngrams", [words.length], words);

export const cases: Cases = {
  ngramStep: [
    {
      name: "three words, trigrams",
      args: (i) => [
        {
          ngrams: tableOf(i, trigrams),
          states: i.integers("states", [9], [0, 0, 0, 1, 2, 4, 5, 6, 7]),
          ids: i.integers("ids", [9], [0, 1, 2, 1, 0, 2, 1, 2, 0]),
          V: 3,
        },
      ],
      results: ({ logits, after }, i) => [logits, embedding(i.floats("rows", [8, 3]), after)],
    },
    {
      name: "unigrams",
      args: (i) => [
        {
          ngrams: tableOf(i, unigrams),
          states: i.integers("states", [2], [0, 0]),
          ids: i.integers("ids", [2], [2, 1]),
          V: 3,
        },
      ],
      results: ({ logits, after }, i) => [logits, embedding(i.floats("rows", [1, 3]), after)],
    },
  ],
  ngramLosses: [
    {
      name: "three words, trigrams, lengths",
      args: (i) => [
        {
          ngrams: tableOf(i, trigrams),
          states: i.integers("states", [3], [0, 4, 7]),
          inputs: i.integers("inputs", [4, 3], [0, 1, 2, 1, 0, 0, 0, 2, 1, 1, 1, 0]),
          targets: i.integers("targets", [4, 3], [1, 0, 0, 0, 2, 1, -1, 1, 0, 2, 2, 1]),
          lengths: i.integers("lengths", [3], [4, 2, 0]),
        },
      ],
      results: ({ losses, count, orders, last }, i) => [
        losses,
        count,
        embedding(i.floats("orders", [4, 2]), orders),
        embedding(i.floats("rows", [8, 3]), last),
      ],
    },
    {
      name: "without lengths",
      args: (i) => [
        {
          ngrams: tableOf(i, trigrams),
          states: i.integers("states", [1], [1]),
          inputs: i.integers("inputs", [5, 1], [0, 1, 0, 1, 2]),
          targets: i.integers("targets", [5, 1], [1, 0, 1, 2, 1]),
        },
      ],
      results: ({ losses, count }) => [losses, count],
    },
  ],
};
