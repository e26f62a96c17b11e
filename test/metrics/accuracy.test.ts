import { expect, test } from "vitest";
import { accuracy } from "../../lib/metrics/accuracy.js";
import { errorRate } from "../../lib/metrics/errorRate.js";
import { randomNumbers } from "../data/randomText.js";

test("one wrong token of five makes one of two sequences wrong", () => {
  expect(
    accuracy(
      [
        [1, 2, 3],
        [4, 9],
      ],
      [
        [1, 2, 3],
        [4, 5],
      ],
    ),
  ).toEqual({ token: 4 / 5, sequence: 1 / 2 });
});

test("a token too many is as wrong as one missing", () => {
  const [shorter, longer] = [
    ["a", "b"],
    ["a", "b", "c"],
  ];
  expect(accuracy([longer], [shorter])).toEqual({ token: 2 / 3, sequence: 0 });
  expect(accuracy([shorter], [longer])).toEqual({ token: 2 / 3, sequence: 0 });
});

test("tokens count by place: a shift makes all after it wrong", () => {
  expect(accuracy([[..."xabcd"]], [[..."abcd"]])).toEqual({ token: 0, sequence: 0 });
});

test("token accuracy never exceeds what the edits leave, and both agree on exact matches", () => {
  const random = randomNumbers(5);
  const sequence = () => Int32Array.from({ length: random(7) }, () => random(3));
  for (let round = 0; round < 300; round++) {
    const [hypotheses, references] = [Array.from({ length: 6 }, sequence), Array.from({ length: 6 }, sequence)];
    const { token, sequence: exact } = accuracy(hypotheses, references);
    const { edits, sequenceRate } = errorRate(
      hypotheses,
      references.map((reference) => [reference]),
    );
    const places = hypotheses.reduce((sum, { length }, i) => sum + Math.max(length, references[i]?.length ?? 0), 0);
    expect(token).toBeLessThanOrEqual(1 - edits / places + 1e-12);
    expect(exact).toBeCloseTo(1 - sequenceRate, 12);
    expect(token === 1).toBe(exact === 1);
  }
});

test("two empty sequences match exactly; nothing but such has no accuracy", () => {
  expect(accuracy([[], [1]], [[], [2]])).toEqual({ token: 0, sequence: 1 / 2 });
  expect(() => accuracy([[], []], [[], []])).toThrow(/2 hypotheses and their references hold 0 tokens/);
});

test("unequal counts and texts are refused with their numbers", () => {
  expect(() => accuracy([], [])).toThrow(/accuracy: got 0 hypotheses/);
  expect(() => accuracy([["a"]], [["a"], ["b"]])).toThrow(/got 1 hypothesis and 2 references/);
  expect(() => accuracy([["a"]], ["a"] as never)).toThrow(/reference 0 of 1 to be an array of tokens, got "a"/);
  expect(() => accuracy(["a"] as never, [["a"]])).toThrow(/hypothesis 0 of 1 to be an array of tokens, got "a"/);
});
