import { expect, test } from "vitest";
import type { PairBatch, TokenPair } from "../../lib/data/pairBatches.js";
import { PairBatches } from "../../lib/data/pairBatches.js";

const [begin, end] = [1, 2];

/** Pair i: a source of 1 to 9 tokens and a target of 0 to 6. */
const pairs: TokenPair[] = Array.from({ length: 50 }, (_, i) => ({
  source: Int32Array.from({ length: 1 + (i % 9) }, (_, k) => 3 + ((i + k) % 20)),
  target: Int32Array.from({ length: (i * 3) % 7 }, (_, k) => 3 + ((i * k) % 20)),
}));

/** The pairs of a batch again, from its padded arrays. */
function pairsOf({ T, B, source, sourceLengths, inputs, targets }: PairBatch): string[] {
  return Array.from(sourceLengths, (length, b) => {
    const column = (values: Int32Array, count: number) =>
      Array.from({ length: count }, (_, t) => values[t * B + b] as number);
    const wanted = column(targets, T);
    const words = wanted.slice(0, wanted.indexOf(end));
    expect(wanted.slice(words.length + 1).every((token) => token === -1)).toBe(true);
    expect(column(inputs, words.length + 1)).toEqual([begin, ...words]);
    return `${column(source, length)} | ${words}`;
  });
}

test("every pair comes once in an epoch, in other batches in the next", () => {
  const data = new PairBatches(pairs, { batchSize: 8, begin, end });
  const wanted = pairs.map(({ source, target }) => `${[...source]} | ${[...target]}`).sort();
  const epochs = [0, 1].map((epoch) => [...data.batches(epoch)]);
  for (const batches of epochs) {
    expect(batches.length).toBe(data.length);
    expect(batches.flatMap(pairsOf).sort()).toEqual(wanted);
    expect(batches.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(data.tokens);
  }
  expect(epochs[0]?.flatMap(pairsOf)).not.toEqual(epochs[1]?.flatMap(pairsOf));
});

test("the same seed and epoch give the same batches, also from the middle on", () => {
  const [first, second] = [1, 2].map(() => new PairBatches(pairs, { batchSize: 8, begin, end, seed: 5 }));
  expect([...(second?.batches(3, 4) ?? [])]).toEqual([...(first?.batches(3) ?? [])].slice(4));
});

test("lengths are multiples, so that few shapes come, and none is beyond the longest", () => {
  const batches = [...new PairBatches(pairs, { batchSize: 5, begin, end, multiple: 4 }).batches(0)];
  const longest = (lengthOf: (pair: (typeof pairs)[number]) => number) => Math.max(...pairs.map(lengthOf));
  const [mostS, mostT] = [longest(({ source }) => source.length), longest(({ target }) => target.length + 1)];
  for (const { S, T, source, inputs, targets, B } of batches) {
    expect([S === mostS || S % 4 === 0, T === mostT || T % 4 === 0]).toEqual([true, true]);
    expect([source.length, inputs.length, targets.length]).toEqual([S * B, T * B, T * B]);
  }
  expect(Math.max(...batches.map(({ S }) => S))).toBe(mostS);
  expect(Math.max(...batches.map(({ T }) => T))).toBe(mostT);
  expect(new Set(batches.map(({ S, T, B }) => `${S} ${T} ${B}`)).size).toBeLessThan(batches.length);
});

test("bad options and pairs are named", () => {
  const options = { batchSize: 2, begin, end };
  expect(() => new PairBatches([], options)).toThrow(/there are no pairs/);
  const empty = [pairs[0] as TokenPair, { source: new Int32Array(), target: new Int32Array([3]) }];
  expect(() => new PairBatches(empty, options)).toThrow(/the source of pair 1 has no tokens/);
  expect(() => new PairBatches(empty.slice(1), options)).toThrow(/the source of pair 0 has no tokens/);
  for (const pair of [null, { source: [1], target: new Int32Array(1) }, { source: new Int32Array(1), target: "a" }]) {
    expect(() => new PairBatches([pair as never], options)).toThrow("a pair { source, target } of Int32Arrays");
  }
  const data = new PairBatches(pairs.slice(0, 3), options);
  expect([...data.batches(0, 2)]).toEqual([]);
  expect(() => [...data.batches(0, 3)]).toThrow(/PairBatches: expected from to be/);
  expect(() => new PairBatches(pairs, { ...options, batchSize: 0 })).toThrow(/batchSize/);
  expect(() => new PairBatches(pairs, { ...options, batches: 3 } as never)).toThrow(/unknown option "batches"/);
});

test("without shuffling, pairs come by the padded lengths of source and target, and stand in the columns of a batch", () => {
  const tokens = (...ids: number[]) => Int32Array.from(ids);
  const few: TokenPair[] = [
    { source: tokens(5, 6, 7), target: tokens(8) },
    { source: tokens(9), target: tokens() },
    { source: tokens(4), target: tokens(3, 3, 3) },
  ];
  const data = new PairBatches(few, { batchSize: 2, begin, end, multiple: 2, seed: null });
  expect([data.length, data.tokens]).toEqual([2, 7]);
  expect([...data.batches(0)]).toEqual([
    {
      S: 2,
      T: 4,
      B: 2,
      source: tokens(9, 4, 0, 0),
      sourceLengths: tokens(1, 1),
      targetLengths: tokens(1, 4),
      inputs: tokens(1, 1, 0, 3, 0, 3, 0, 3),
      targets: tokens(2, 3, -1, 3, -1, 3, -1, 2),
      tokens: 5,
      index: 0,
    },
    {
      S: 3,
      T: 2,
      B: 1,
      source: tokens(5, 6, 7),
      sourceLengths: tokens(3),
      targetLengths: tokens(2),
      inputs: tokens(1, 8),
      targets: tokens(8, 2),
      tokens: 2,
      index: 1,
    },
  ]);
});
