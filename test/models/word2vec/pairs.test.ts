import { expect, test } from "vitest";
import { predictedWords } from "../../../lib/models/word2vec/pairs.js";

const keep = new Float32Array(100).fill(1);
const options = { architecture: "skip-gram", window: 2, fixedWindow: true, keep, random: [1, 0] } as const;

/** Targets with their contexts, and what each of these weighs. */
function rowsOf({ C, B, contexts, weights, targets, count }: ReturnType<typeof predictedWords>) {
  expect([contexts.length, weights.length, targets.length]).toEqual([C * B, C * B, B]);
  expect(targets.slice(count)).toEqual(new Int32Array(B - count).fill(-1));
  return Array.from(targets.slice(0, count), (target, b) => {
    const places = Array.from({ length: C }, (_, c) => c * B + b);
    const own = places.filter((at) => weights[at] !== 0);
    for (const at of own) expect(weights[at]).toBeCloseTo(1 / own.length, 6);
    for (const at of places.filter((at) => !own.includes(at))) expect(contexts[at]).toBe(0);
    return [target, own.map((at) => contexts[at])];
  });
}

test("skip-gram predicts a word by each word around it, CBOW by all of them, and neither across sentences", () => {
  const text = Int32Array.of(5, 6, 7, 8, -1, 9, -1, 10, 11);
  expect(rowsOf(predictedWords(text, options))).toEqual([
    [5, [6]],
    [5, [7]],
    [6, [5]],
    [6, [7]],
    [6, [8]],
    [7, [5]],
    [7, [6]],
    [7, [8]],
    [8, [6]],
    [8, [7]],
    [10, [11]],
    [11, [10]],
  ]);
  const bags = predictedWords(text, { ...options, architecture: "cbow" });
  expect([bags.C, bags.B, bags.count]).toEqual([4, 64, 6]);
  expect(rowsOf(bags)).toEqual([
    [5, [6, 7]],
    [6, [5, 7, 8]],
    [7, [5, 6, 8]],
    [8, [6, 7]],
    [10, [11]],
    [11, [10]],
  ]);
});

test("words that are not kept are neither targets nor in between", () => {
  const own = keep.with(6, 0);
  const read = predictedWords(Int32Array.of(5, 6, 7, 8), { ...options, window: 1, keep: own, architecture: "cbow" });
  expect(rowsOf(read)).toEqual([
    [5, [7]],
    [7, [5, 8]],
    [8, [7]],
  ]);
});

test("a word is kept as often as its probability says, and each width of the window is as likely as another", () => {
  const text = Int32Array.from({ length: 9000 }, (_, at) => at % 100);
  const kept = predictedWords(text, { ...options, keep: keep.map(() => 0.3), architecture: "cbow" });
  expect(kept.count / 9000).toBeCloseTo(0.3, 1);
  const drawn = predictedWords(text, { ...options, fixedWindow: false, window: 3, architecture: "cbow" });
  const widths = rowsOf(drawn).map(([, contexts]) => (contexts as number[]).length);
  for (const width of [2, 4, 6]) expect(widths.filter((own) => own === width).length / 9000).toBeCloseTo(1 / 3, 1);
  const other = predictedWords(text, { ...options, fixedWindow: false, window: 3, random: [1, 1] });
  expect(other).not.toEqual(predictedWords(text, { ...options, fixedWindow: false, window: 3 }));
});

test.each([
  [0, 64],
  [32, 64],
  [33, 128],
])("%s sentences of two words fill a batch of %s columns", (sentences, B) => {
  const text = Int32Array.from({ length: 3 * sentences }, (_, at) => (at % 3 === 2 ? -1 : at % 3));
  expect(predictedWords(text, options)).toMatchObject({ B, C: 1, count: 2 * sentences });
});
