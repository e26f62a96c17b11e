import { describe, expect, test } from "vitest";
import { OptionError } from "../../lib/errors.js";
import { chrf } from "../../lib/metrics/chrf.js";
import { corpora, expectSame } from "./sacrebleu.js";

describe.each(corpora)(
  "chrF is sacreBLEU's: $name",
  ({ hypotheses, references, chrf: figures, sentenceChrf: alone }) => {
    test.each(figures)("$name, $signature", ({ options, ...figure }) => {
      expectSame(chrf(hypotheses, references, options), figure);
    });

    test("sentence by sentence", () => {
      const scores = hypotheses.map((text, i) => chrf([text], [references[i] as string[]], { wordOrder: 2 }).score);
      expectSame({ scores }, { scores: alone });
    });
  },
);

test("examples of sacreBLEU's tests, with beta 3", () => {
  const examples: [string[], string[], number][] = [
    [
      [
        " risk assessment must be made of those who are qualified and expertise in the sector - these are the scientists .",
      ],
      [
        "risk assessment has to be undertaken by those who are qualified and expert in that area - that is the scientists .",
      ],
      63.361730303,
    ],
    [
      [" Die    Beziehung zwischen  Obama und Netanjahu ist nicht gerade  freundlich. "],
      ["Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich."],
      64.130269831,
    ],
    [["a b c"], ["abc"], 100],
    [["a", "b"], ["a", "c"], 50],
    [["aa"], ["ab"], 25],
  ];
  for (const [hypotheses, references, score] of examples) {
    expectSame({ score: chrf(hypotheses, references, { beta: 3 }).score }, { score });
  }
});

test("a text has chrF 100 with itself and 0 with one of other letters", () => {
  expect(chrf(["so it goes", "on"], ["so it goes", "on"]).score).toBeCloseTo(100, 9);
  expect(chrf(["abcdefg"], ["hijklmnop"]).score).toBe(0);
});

test("spaces do not matter to chrF; to chrF++ they do", () => {
  const [joined, spaced] = [["thecatsat"], ["the  cat sat"]];
  expect(chrf(joined, spaced).score).toBeCloseTo(100, 9);
  expect(chrf(joined, spaced, { wordOrder: 2 }).score).toBeLessThan(100);
});

test("to chrF++ a mark at the beginning or the end of a word is a word of its own", () => {
  for (const [joined, spaced] of [
    ["(so it goes", "( so it goes"],
    ["so it goes.", "so it goes ."],
  ] as const) {
    expect(chrf([joined], [spaced], { wordOrder: 2 }).score).toBeCloseTo(100, 9);
  }
});

test("a large beta makes a score of recall, a small one of precision", () => {
  const [long, short] = [["abcdefghijkl"], ["abcdef"]];
  expect(chrf(long, short, { beta: 1000 }).score).toBeCloseTo(100, 2);
  expect(chrf(short, long, { beta: 0.001 }).score).toBeCloseTo(100, 2);
});

test("orders that a reference is too short for do not count for its hypothesis", () => {
  // Letters: 3 of 8 and of 3; pairs: 1 of 1 and of 1, without the five pairs of the first text.
  const [precision, recall] = [(3 / 8 + 1) / 2, 1];
  expect(chrf(["abcdef", "ab"], ["a", "ab"], { characterOrder: 2 }).score).toBeCloseTo(
    (100 * 5 * precision * recall) / (4 * precision + recall),
    9,
  );
  expect(chrf(["a"], ["a"]).score).toBe(100);
});

test("what cannot be scored is refused with its numbers", () => {
  expect(() => chrf([], [])).toThrow(/chrf: got 0 hypotheses and 0 references/);
  expect(() => chrf(["a"], ["a", "b"])).toThrow(/got 1 hypothesis and 2 references/);
  expect(() => chrf(["a", "b"], ["a", []])).toThrow(/hypothesis 1 of 2 has 0 references/);
  expect(() => chrf(["a"], ["a"], { wordorder: 2 } as never)).toThrow(/did you mean wordOrder/);
  expect(() => chrf(["a"], ["a"], { characterOrder: 0 })).toThrow(OptionError);
  for (const order of ["characterOrder", "wordOrder"]) {
    expect(() => chrf(["a"], ["a"], { [order]: 1001 })).toThrow(`expected ${order} to be a whole number at least`);
    expect(chrf(["a"], ["a"], { [order]: 1000 }).score).toBe(100);
  }
  expect(() => chrf(["a"], ["a"], { beta: 0 })).toThrow(OptionError);
});
