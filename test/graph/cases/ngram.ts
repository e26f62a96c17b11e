import { embedding } from "../../../lib/graph/ops/index.js";
import type { Cases, Inputs } from "../case.js";

/** A record of a table: floats, then whole numbers of so many bits, the lowest bits first. */
function record(floats: readonly number[], integers: readonly (readonly [value: number, bits: number])[]): number[] {
  const bits = integers.flatMap(([value, count]) => Array.from({ length: count }, (_, i) => (value >> i) & 1));
  const bytes = Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
    bits.slice(8 * i, 8 * i + 8).reduce((sum, bit, place) => sum + (bit << place), 0),
  );
  return [...new Uint8Array(Float32Array.from(floats).buffer), ...bytes];
}

/** The numbers of a level. */
function level(records: readonly (readonly number[])[]): number[] {
  const bytes = Uint8Array.from([...records.flat(), 0, 0, 0]);
  return [...new Int32Array(bytes.buffer, 0, bytes.length >> 2)];
}

/** A table of levels. */
const table = (counts: readonly number[], levels: readonly (readonly number[][])[]) => [
  ...[0x6d61676e, 2, counts.length, counts[0] as number, 0, 0, 0, 0],
  ...Array.from({ length: 24 }, (_, i) => counts[i] ?? 0),
  ...levels.flatMap(level),
  ...[0, 0],
];

/** Three words; the bigrams 0 1, 1 0, 1 2, 2 1 and the trigrams 0 1 0, 0 1 2, 1 0 1. */
const trigrams = table(
  [3, 4, 3],
  [
    // Children among four bigrams.
    [
      record([-1.25, -0.5], [[0, 3]]),
      record([-0.75, -0.25], [[1, 3]]),
      record([-1.5, 0], [[3, 3]]),
      record([0, 0], [[4, 3]]),
    ],
    // One of three words, children among three trigrams.
    [
      record(
        [-0.5, -0.125],
        [
          [1, 2],
          [0, 2],
        ],
      ),
      record(
        [-1, -0.375],
        [
          [0, 2],
          [2, 2],
        ],
      ),
      record(
        [-2, 0],
        [
          [2, 2],
          [3, 2],
        ],
      ),
      record(
        [-3, 0],
        [
          [1, 2],
          [3, 2],
        ],
      ),
      record(
        [0, 0],
        [
          [0, 2],
          [3, 2],
        ],
      ),
    ],
    [record([-0.25], [[0, 2]]), record([-1.75], [[2, 2]]), record([-0.1], [[1, 2]])],
  ],
);

/**
 * The n-grams 0 1, 1 2, 2 0, 0 1 2 and 0 1 2 0, in a table that somebody altered: 0 1 2 has a link beyond the bigrams, and the end of
 * their level a weight.
 */
const altered = table(
  [3, 3, 1, 1],
  [
    // Children among three bigrams.
    [
      record([-1.25, -0.5], [[0, 2]]),
      record([-0.75, -0.25], [[1, 2]]),
      record([-1.5, -0.0625], [[2, 2]]),
      record([0, 0], [[3, 2]]),
    ],
    // One of three words, children among one trigram.
    [
      record(
        [-0.5, -0.125],
        [
          [1, 2],
          [0, 1],
        ],
      ),
      record(
        [-1, -0.375],
        [
          [2, 2],
          [1, 1],
        ],
      ),
      record(
        [-2, -0.5],
        [
          [0, 2],
          [1, 1],
        ],
      ),
      record(
        [0, -7],
        [
          [0, 2],
          [1, 1],
        ],
      ),
    ],
    // A word, children among one n-gram of four words, and the bigram at its end.
    [
      record(
        [-0.25, -0.75],
        [
          [2, 2],
          [0, 1],
          [3, 2],
        ],
      ),
      record(
        [0, 0],
        [
          [0, 2],
          [1, 1],
          [0, 2],
        ],
      ),
    ],
    [record([-0.125], [[0, 2]])],
  ],
);

/** The three words without longer n-grams. */
const unigrams = table([3], [[record([-1.25], []), record([-0.75], []), record([-1.5], [])]]);

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
      name: "an altered table",
      args: (i) => [
        {
          ngrams: tableOf(i, altered),
          states: i.integers("states", [8], [0, 1, 2, 3, 4, 5, 6, 7]),
          ids: i.integers("ids", [8], [0, 1, 2, 0, 2, 0, 1, 1]),
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
