import { describe, expect, test } from "vitest";
import { OptionError } from "../../lib/errors.js";
import type { BleuOptions } from "../../lib/metrics/bleu.js";
import { bleu, bleuByLength, sentenceBleu } from "../../lib/metrics/bleu.js";
import { randomNumbers } from "../data/randomText.js";
import { corpora, expectSame } from "./sacrebleu.js";

describe.each(corpora)(
  "BLEU is sacreBLEU's: $name",
  ({ hypotheses, references, bleu: figures, sentenceBleu: alone }) => {
    test.each(figures)("$signature", ({ options, ...figure }) => {
      const { order, ...score } = bleu(hypotheses, references, options);
      expectSame(score, figure);
      const zero = order < 4 && !options?.effectiveOrder && options?.smoothing !== "add-k";
      if (zero) expect(score.score).toBe(0);
    });

    test("sentence by sentence", () => {
      const scores = hypotheses.map((hypothesis, i) => sentenceBleu(hypothesis, references[i] as string[]).score);
      expectSame({ scores }, { scores: alone });
    });
  },
);

describe("precisions of Papineni et al. (2002)", () => {
  const references = [
    "It is a guide to action that ensures that the military will forever heed Party commands",
    "It is the guiding principle which guarantees the military forces always being under the command of the Party",
    "It is the practical guide for the army always to heed the directions of the party",
  ];
  const precisions = (hypothesis: string, of: string[]) =>
    bleu([hypothesis], [of], { tokenize: "none", lowercase: true, smoothing: "none" }).precisions;

  test("example 1: the better translation has 17/18 and 10/17, the worse 8/14 and 1/13", () => {
    const better = "It is a guide to action which ensures that the military always obeys the commands of the party";
    const worse = "It is to insure the troops forever hearing the activity guidebook that party direct";
    expectSame(precisions(better, references).slice(0, 2), [1700 / 18, 1000 / 17]);
    expectSame(precisions(worse, references).slice(0, 2), [800 / 14, 100 / 13]);
  });

  test('example 2: seven times "the" has 2/7 and no pair of words', () => {
    const of = ["The cat is on the mat", "There is a cat on the mat"];
    expectSame(precisions("the the the the the the the", of).slice(0, 2), [200 / 7, 0]);
  });
});

test("sacreBLEU's README: three sentences with two references have BLEU 48.53 and brevity penalty 0.943", () => {
  const { score, brevityPenalty } = bleu(
    ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."],
    [
      ["The dog bit the man.", "The dog had bit the man."],
      ["It was not unexpected.", "No one was surprised."],
      ["The man bit him first.", "The man had bitten the dog."],
    ],
  );
  expect(score).toBeCloseTo(48.530827009929865, 9);
  expect(brevityPenalty).toBeCloseTo(0.943, 3);
});

test.each<[BleuOptions, number]>([
  [{}, 8.493],
  [{ smoothing: "none" }, 0],
  [{ smoothing: "floor" }, 4.517],
  [{ smoothing: "floor", smoothingValue: 0.5 }, 10.1],
  [{ smoothing: "add-k" }, 14.882],
  [{ smoothing: "add-k", smoothingValue: 2 }, 21.389],
  [{ tokenize: "none" }, 7.347],
  [{ tokenize: "intl" }, 8.493],
  [{ tokenize: "char" }, 40.876],
  [{ tokenize: "char", lowercase: true }, 42.027],
])("the Romanian sentence of sacreBLEU's tests: %o gives %f", (options, expected) => {
  const hypothesis = "Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;";
  const { score } = sentenceBleu(hypothesis, "producţia de zahăr brut se exprimă în zahăr alb;", options);
  expect(Math.abs(score - expected)).toBeLessThan(0.001);
});

const random = randomNumbers(7);
const sentences = Array.from({ length: 40 }, () =>
  Array.from({ length: 4 + random(12) }, () => ["a", "the", "dog", "cat", "ran", "sat", ",", "mat."][random(8)]).join(
    " ",
  ),
);
const others = sentences.map((sentence) =>
  sentence.replace(/cat|ran/g, () => ["dog", "sat", "slept"][random(3)] as string),
);

test("a text has BLEU 100 with itself, among other references too", () => {
  expect(bleu(sentences, sentences).score).toBeCloseTo(100, 9);
  expect(
    bleu(
      sentences,
      sentences.map((sentence, i) => [others[i] as string, sentence]),
    ).score,
  ).toBeCloseTo(100, 9);
});

test("the order of sentences is irrelevant, and so is that of references", () => {
  const pairs = sentences.map((sentence, i) => [others[i] as string, sentence.slice(0, 12)]);
  const forwards = bleu(sentences, pairs);
  const backwards = bleu(
    [...sentences].reverse(),
    [...pairs].reverse().map((list) => [...list].reverse()),
  );
  expect(backwards).toEqual(forwards);
});

test("one more reference can only raise the precisions", () => {
  const [one, two] = [
    bleu(sentences, others),
    bleu(
      sentences,
      others.map((other, i) => [other, sentences[(i + 1) % 40] as string]),
    ),
  ];
  for (const [n, precision] of one.precisions.entries()) expect(two.precisions[n]).toBeGreaterThanOrEqual(precision);
});

test("a reference may be given without its array", () => {
  expect(bleu(sentences, others)).toEqual(
    bleu(
      sentences,
      others.map((other) => [other]),
    ),
  );
  expect(sentenceBleu("a b c", "a b d")).toEqual(sentenceBleu("a b c", ["a b d"]));
});

test("what cannot be scored is refused with its numbers", () => {
  expect(() => bleu([], [])).toThrow(/bleu: got 0 hypotheses and 0 references/);
  expect(() => bleu(["a", "b", "c"], ["a", "b"])).toThrow(/got 3 hypotheses and 2 references\.$/);
  expect(() => bleu(["a", "b", "c"], [["a", "b", "c"]])).toThrow(
    /3 hypotheses and 1 reference\. Each has 3 texts: turn/,
  );
  expect(() => bleu(["a", "b"], ["a", []])).toThrow(/hypothesis 1 of 2 has 0 references/);
  expect(() => sentenceBleu("a", [])).toThrow(/sentenceBleu: hypothesis 0 of 1 has 0 references/);
  expect(() => bleu("a" as never, ["a"])).toThrow(/expected hypotheses in an array, got "a"/);
  expect(() => bleu(["a"], "a" as never)).toThrow(/expected references in an array, got "a"/);
  expect(() => bleu(["a", "b", "c"], ["abc"])).toThrow(/got 3 hypotheses and 1 reference\.$/);
  expect(() => bleu(["a", 5 as never], ["a", "b"])).toThrow(/expected hypothesis 1 of 2 to be a text, got 5/);
  expect(() => bleu(["a"], [["a", null as never]])).toThrow(/expected reference 0 of 1 to be a text, got null/);
});

test("options that do not exist or contradict each other are refused", () => {
  expect(() => bleu(["a"], ["a"], { lowerCase: true } as never)).toThrow(
    /unknown option "lowerCase"; did you mean lowercase/,
  );
  expect(() => bleu(["a"], ["a"], { tokenize: "zh" as never })).toThrow(
    /tokenize to be one of 13a, intl, char, none, got "zh"/,
  );
  expect(() => bleu(["a"], ["a"], { smoothing: "addk" as never })).toThrow(
    /smoothing to be one of exp, floor, add-k, none/,
  );
  expect(() => bleu(["a"], ["a"], { smoothingValue: 0.1 })).toThrow(/smoothingValue 0.1 has a meaning .* got "exp"/);
  expect(() => bleu(["a"], ["a"], { smoothing: "floor", smoothingValue: -1 })).toThrow(OptionError);
});

test("the order is that of the longest n-grams that any text has", () => {
  const orders = [
    ["", "a"],
    ["b", "c"],
    ["a b", "c"],
    ["a b c", ""],
    ["a b c d", "e"],
    ["a b c d e", "f"],
  ].map((texts) => bleu(texts, ["a b c d e", "a"], { tokenize: "none" }).order);
  expect(orders).toEqual([1, 1, 2, 3, 4, 4]);
  expect(bleu([""], ["a"]).order).toBe(0);
});

test("a short text has the score of the n-grams that it has, or none where all four orders are asked for", () => {
  const { score, precisions, brevityPenalty } = sentenceBleu("a b", "a b");
  expect([score, precisions, brevityPenalty]).toEqual([100, [100, 100, 0, 0], 1]);
  const { score: none, signature } = sentenceBleu("a b", "a b", { effectiveOrder: false });
  expect([none, signature]).toEqual([0, "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"]);
  const one = sentenceBleu("a", "a b c d e");
  expect([one.brevityPenalty, one.score]).toEqual([Math.exp(-4), expect.closeTo(100 * Math.exp(-4), 12)]);
  expect(bleu([""], ["a"]).brevityPenalty).toBe(0);
});

test("a score is 100 at most, whatever rounding and smoothing make of it", () => {
  const text = "the cat sat on the mat";
  expect(bleu([text], [text]).score).toBe(100);
  // 3/4, 2/3 and 1/2, and 50 matches of one 4-gram.
  const smoothed = bleu(["a b c x"], ["a b c d"], { smoothing: "floor", smoothingValue: 50 });
  expect(smoothed.precisions).toEqual([75, 200 / 3, 50, 5000]);
  expect([smoothed.score, bleuByLength(smoothed)[3]]).toEqual([100, 100]);
});

test("a text without any match has BLEU 0, whatever the smoothing is", () => {
  for (const smoothing of ["exp", "floor", "add-k", "none"] as const) {
    const scores = [bleu(["v w x y z"], ["a b c d e"], { smoothing }), sentenceBleu("v w", "a", { smoothing })];
    expect(scores).toMatchObject(new Array(2).fill({ score: 0, precisions: [0, 0, 0, 0] }));
  }
});

test("of two references as near in length the shorter one counts, whichever comes first", () => {
  for (const references of [
    ["a b", "a b c d"],
    ["a b c d", "a b"],
  ]) {
    expect(bleu(["a b c"], [references]).referenceLength).toBe(2);
  }
});

test.each([
  ["exam-\nple <skipped>of 1990-91, 3.5 or .5", "example of 1990 - 91 , 3.5 or . 5"],
  ["&lt;q&gt; says &quot;a &amp; b&quot;!", '< q > says " a & b " !'],
  ["don't well-known x. y,z", "don't well-known x . y , z"],
  ["a dash at the end -\n", "a dash at the end -"],
])("13a cuts %j into the words of mteval-v13a.pl", (text, words) => {
  const { score, hypothesisLength } = bleu([text], [words]);
  expect([score, hypothesisLength]).toEqual([100, words.split(" ").length]);
});

test("blanks are those of Python, and those at the end of a text are not there", () => {
  const wordsIn = (text: string, tokenize: "none" | "intl") => bleu([text], ["a"], { tokenize }).hypothesisLength;
  expect(["a\x1cb\x1dc\x1ed\x1fe\u0085f", "  a  b ", "a\x1bb\ufeffc"].map((text) => wordsIn(text, "none"))).toEqual([
    6, 2, 1,
  ]);
  expect(["it costs 5. ", "it costs 5. each"].map((text) => wordsIn(text, "intl"))).toEqual([3, 5]);
});

test("BLEU-1 to BLEU-4 are the means of the precisions up to each length, and the last is BLEU", () => {
  const score = bleu(["the cat sat on a mat today"], ["the cat sat on the mat and slept"], { tokenize: "none" });
  const [one, two, three, four] = score.precisions as [number, number, number, number];
  const penalty = Math.exp(1 - 8 / 7);
  const lengths = bleuByLength(score);
  for (const [n, mean] of [
    one,
    (one * two) ** (1 / 2),
    (one * two * three) ** (1 / 3),
    (one * two * three * four) ** (1 / 4),
  ].entries()) {
    expect(lengths[n]).toBeCloseTo(penalty * mean, 9);
  }
  expect(lengths[3]).toBeCloseTo(score.score, 9);
  expect(bleuByLength({ precisions: [50, 0, 0, 0], brevityPenalty: 1 })).toEqual([expect.closeTo(50, 9), 0, 0, 0]);
});
