import { expect, test } from "vitest";
import { CharacterTokenizer, WordTokenizer } from "../../../lib/data/index.js";
import { groupPairs, pairScores } from "../../../lib/models/pairModel/pairScores.js";

const pairs = [
  { source: "a", target: "x" },
  { source: "b", target: "y" },
  { source: "a", target: "z" },
  { source: "toString", target: "w" },
];

test("pairs of one source are one source with several references, wherever they stand", () => {
  const grouped = groupPairs(pairs);
  expect(grouped).toEqual({
    sources: ["a", "b", "toString"],
    targets: [["x", "z"], ["y"], ["w"]],
    groups: [0, 1, 0, 2],
  });
  const tokenizer = CharacterTokenizer.fromText("wxyz");
  const scores = pairScores(["z", "y", "x"], grouped, tokenizer);
  expect(scores).toMatchObject({ sources: 3, references: 4, texts: ["z", "y", "z", "x"] });
  expect(scores.exact).toBeCloseTo(2 / 3, 12);
  const sorted = groupPairs([...pairs].sort((a, b) => (a.source < b.source ? -1 : 1)));
  const { texts: _, ...shuffled } = pairScores(["z", "y", "x"], sorted, tokenizer);
  expect(scores).toMatchObject(shuffled);
});

test("texts are compared in the units that targets are written in, or in those that are asked for", () => {
  const grouped = groupPairs([{ source: "s", target: "ab cd" }]);
  const rate = (tokenizer: CharacterTokenizer | WordTokenizer, options: object = {}) =>
    pairScores(["ab cx"], grouped, tokenizer, options).errorRate.rate;
  const letters = CharacterTokenizer.fromText("abcdx ");
  expect(rate(letters)).toBeCloseTo(1 / 5, 12);
  expect(rate(letters, { unit: "words" })).toBeCloseTo(1 / 2, 12);
  expect(rate(WordTokenizer.fromText("ab cd cx"))).toBeCloseTo(1 / 2, 12);
});
