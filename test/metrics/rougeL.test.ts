import { expect, test } from "vitest";
import { rougeL } from "../../lib/metrics/rougeL.js";
import { randomNumbers } from "../data/randomText.js";

const words = (text: string) => text.split(" ");

test("the sentences of Lin (2004) have the scores that the paper gives them", () => {
  const reference = [words("police killed the gunman")];
  const score = (text: string) => rougeL([words(text)], [reference], { beta: 1 }).score;
  expect(score("police kill the gunman")).toBe(75);
  expect(score("the gunman kill police")).toBe(50);
  expect(score("the gunman police killed")).toBe(50);
});

test("precision and recall are each of the best reference, and recall weighs β² times as much", () => {
  const { score, precision, recall } = rougeL([["a", "b", "x"]], [[["a", "b", "c", "d"], ["b"]]]);
  expect([precision, recall]).toEqual([2 / 3, 1]);
  expect(score).toBeCloseTo((100 * 2.44 * (2 / 3)) / (1 + 1.44 * (2 / 3)), 12);
});

test("the common subsequence is the longest of all, for random sequences", () => {
  const random = randomNumbers(5);
  const isWithin = (part: readonly number[], whole: readonly number[]) => {
    let at = 0;
    for (const token of whole) if (token === part[at]) at++;
    return at === part.length;
  };
  for (let i = 0; i < 200; i++) {
    const [a, b] = [6, 6].map((most) => Array.from({ length: 1 + random(most) }, () => random(3))) as [
      number[],
      number[],
    ];
    const parts = Array.from({ length: 2 ** a.length }, (_, bits) => a.filter((_, at) => (bits >> at) & 1));
    const longest = Math.max(...parts.filter((part) => isWithin(part, b)).map((part) => part.length));
    expect(rougeL([a], [[b]])).toMatchObject({ precision: longest / a.length, recall: longest / b.length });
  }
});

test("the score of a corpus is the mean of its texts, and a text without anything in common has 0", () => {
  expect(rougeL([["a"], ["b"], []], [[["a", "b"]], [["c"]], [["c"]]], { beta: 1 })).toEqual({
    score: expect.closeTo((100 * 2) / 3 / 3, 12),
    precision: 1 / 3,
    recall: 0.5 / 3,
  });
  expect(rougeL([["a"]], [[[]]])).toEqual({ score: 0, precision: 0, recall: 0 });
});

test("what has no score is refused by name", () => {
  expect(() => rougeL([], [])).toThrow(/rougeL: got 0 hypotheses/);
  expect(() => rougeL(["ab"] as never, [[["a"]]])).toThrow(/rougeL: expected hypothesis 0 of 1 .*got "ab"/);
  expect(() => rougeL([["a"]], [["a"]] as never)).toThrow(
    /rougeL: expected each reference of hypothesis 0 of 1 .*got "a"/,
  );
  expect(() => rougeL([["a"]], [[["a"]]], { beta: 0 })).toThrow(
    /rougeL: expected beta to be a number above 0 and at most 1000000, got 0/,
  );
  expect(() => rougeL([["a"]], [[["a"]]], { weight: 1 } as never)).toThrow(/unknown option "weight"/);
});
