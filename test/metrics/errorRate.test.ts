import { expect, test } from "vitest";
import { errorRate } from "../../lib/metrics/errorRate.js";
import { randomNumbers } from "../data/randomText.js";

const words = (text: string) => text.split(" ");

test("word error rate: one word replaced and one missing out of six is 2/6", () => {
  const result = errorRate([words("the cat sit on mat")], [[words("the cat sat on the mat")]]);
  expect(result).toEqual({ rate: 2 / 6, edits: 2, referenceLength: 6, sequenceRate: 1, sequenceErrors: 1 });
});

test("edits and lengths are summed before they are divided: long references weigh more", () => {
  const { rate, sequenceRate } = errorRate([["a"], ["a", "b", "c"]], [[["b"]], [["a", "b", "c"]]]);
  expect(rate).toBe(1 / 4);
  expect(sequenceRate).toBe(1 / 2);
});

test("grapheme to phoneme: any pronunciation will do, and the closest one counts, with its own length", () => {
  const tomato = ["T AH M EY T OW", "T AH M AA T OW"].map(words);
  const either = [words("IY DH ER"), words("AY DH ER Z")];
  expect(errorRate([words("T AH M AA T OW")], [tomato])).toMatchObject({ rate: 0, sequenceErrors: 0 });
  const result = errorRate([words("T AH M AA T"), words("AY DH ER")], [tomato, either]);
  // IY DH ER and AY DH ER Z take one edit each: the longer is what counts.
  expect(result).toEqual({ rate: 2 / 10, edits: 2, referenceLength: 10, sequenceRate: 1, sequenceErrors: 2 });
});

test("the order of references and that of items are irrelevant", () => {
  const random = randomNumbers(3);
  const sequence = () => Array.from({ length: 1 + random(6) }, () => random(4));
  const items = Array.from({ length: 60 }, () => ({
    hypothesis: sequence(),
    list: [sequence(), sequence(), sequence()],
  }));
  const rate = (order: typeof items) =>
    errorRate(
      order.map(({ hypothesis }) => hypothesis),
      order.map(({ list }) => list),
    );
  const turned = [...items].reverse().map(({ hypothesis, list }) => ({ hypothesis, list: [...list].reverse() }));
  expect(rate(turned)).toEqual(rate(items));
});

test("a rate may be above 1, and an empty hypothesis has rate 1", () => {
  expect(errorRate([["a", "b", "c"]], [[["d"]]]).rate).toBe(3);
  expect(errorRate([[]], [[["a", "b"]]]).rate).toBe(1);
  expect(errorRate([[], ["a"]], [[[]], [["a"]]])).toMatchObject({ rate: 0, sequenceErrors: 0 });
});

test("what has no rate is refused with its numbers", () => {
  expect(() => errorRate([], [])).toThrow(/errorRate: got 0 hypotheses and 0 references/);
  expect(() => errorRate([["a"]], [])).toThrow(/got 1 hypothesis and 0 references\.$/);
  expect(() => errorRate([["a"], ["b"]], [[["a"]], []])).toThrow(/hypothesis 1 of 2 has 0 references/);
  expect(() => errorRate([["a"]], [["a"]] as never)).toThrow(/each reference of hypothesis 0 of 1 .*got "a"/);
  expect(() => errorRate([[1]], [[1]] as never)).toThrow(/each reference of hypothesis 0 of 1 .*got 1/);
  expect(() => errorRate([["a"]], ["a"] as never)).toThrow(
    /expected an array of references for hypothesis 0 of 1, got "a"/,
  );
  expect(() => errorRate(["a"] as never, [[["a"]]])).toThrow(/hypothesis 0 of 1 to be an array of tokens, got "a"/);
  expect(() => errorRate([["a"]], [[[]]])).toThrow(/references of 1 hypotheses hold 0 tokens/);
});
