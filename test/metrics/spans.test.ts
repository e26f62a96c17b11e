import { expect, test } from "vitest";
import { spanScores, tagSpans } from "../../lib/metrics/spans.js";
import { randomNumbers } from "../data/randomText.js";

const spansOf = (tags: string) => tagSpans(tags.split(" ")).map(({ type, begin, end }) => `${type}:${begin}-${end}`);

// Each row by the cases of endOfChunk and startOfChunk in conlleval (2004-01-26).
test.each([
  ["B-X I-X O B-X", ["X:0-2", "X:3-4"]],
  // IOB1: I-X begins a span where none is open; B-X only after one of the same type.
  ["I-X I-X B-X I-X O I-X", ["X:0-2", "X:2-4", "X:5-6"]],
  // Another type ends a span and begins one, whatever its mark is.
  ["B-X I-Y I-Y B-Y", ["X:0-1", "Y:1-3", "Y:3-4"]],
  ["B-X B-X I-X", ["X:0-1", "X:1-3"]],
  // BIOES and IOE.
  ["B-X I-X E-X S-X E-X O E-X I-X", ["X:0-3", "X:3-4", "X:4-5", "X:6-7", "X:7-8"]],
  ["S-X S-X I-X", ["X:0-1", "X:1-2", "X:2-3"]],
  // Brackets stand for spans of one token; a dot for none.
  ["[-X ]-X . I-X", ["X:0-1", "X:1-2", "X:3-4"]],
  // A span that goes on after a bracket begins nothing, and is not told a second time; a mark may be no letter.
  ["[-X I-X I-X O B-X", ["X:0-1", "X:4-5"]],
  ["O -X O", ["X:1-2"]],
  ["O O", []],
  // A tag without a type, and types with dashes.
  ["B I O B-a-b I-a-b I-a", [":0-2", "a-b:3-5", "a:5-6"]],
])("%s marks %j", (tags, expected) => {
  expect(spansOf(tags)).toEqual(expected);
});

test("BILOU and BMES mark the spans of BIOES, also where they break its rules", () => {
  const random = randomNumbers(7);
  const marks = ["B", "I", "E", "S"];
  for (let round = 0; round < 200; round++) {
    const tags = Array.from({ length: 8 }, () => (random(4) === 0 ? "O" : `${marks[random(4)]}-${"XY"[random(2)]}`));
    const inForm = (form: Record<string, string>) =>
      tags.map((tag) => (form[tag[0] as string] ?? tag[0]) + tag.slice(1));
    expect(tagSpans(inForm({ E: "L", S: "U" }))).toEqual(tagSpans(tags));
    expect(tagSpans(inForm({ I: "M" }))).toEqual(tagSpans(tags));
  }
  expect(spansOf("B-X L-X B-X L-X U-X U-X")).toEqual(["X:0-2", "X:2-4", "X:4-5", "X:5-6"]);
  expect(spanScores([["B-X", "L-X", "O", "O"]], [["B-X", "L-X", "B-X", "L-X"]])).toMatchObject({
    recall: 0.5,
    support: 2,
  });
});

test("the figures are those that conlleval prints, of all and of each type", () => {
  const truth = ["B-PER I-PER O B-LOC", "O B-ORG I-ORG I-ORG", "B-LOC O O O"].map((tags) => tags.split(" "));
  const found = ["B-PER I-PER O B-ORG", "O B-ORG I-ORG O", "B-LOC O B-LOC O"].map((tags) => tags.split(" "));
  const scores = spanScores(found, truth);
  // processed 12 tokens with 4 phrases; found: 5 phrases; correct: 2.
  // accuracy: 75.00%; precision: 40.00%; recall: 50.00%; FB1: 44.44
  expect(scores).toMatchObject({ count: 12, accuracy: 9 / 12, precision: 0.4, recall: 0.5, given: 5, support: 4 });
  expect(scores.f1).toBeCloseTo(4 / 9, 12);
  //  LOC: precision: 50.00%; recall: 50.00%; FB1: 50.00  2    ORG: 0, 0, 0  2    PER: 100, 100, 100  1
  expect(scores.types).toEqual([
    { type: "LOC", precision: 0.5, recall: 0.5, f1: 0.5, given: 2, support: 2 },
    { type: "ORG", precision: 0, recall: 0, f1: 0, given: 2, support: 1 },
    { type: "PER", precision: 1, recall: 1, f1: 1, given: 1, support: 1 },
  ]);
  const mixed = spanScores([["B-b", "B-d", "B-a"]], [["B-b", "B-c", "B-a"]]);
  expect(mixed.types.map(({ type }) => type)).toEqual(["a", "b", "c", "d"]);
  // A span does not go on in the next sentence.
  expect(spanScores([["B-X"], ["I-X"]], [["B-X"], ["I-X"]])).toMatchObject({ given: 2, f1: 1 });
  expect(() => spanScores([["O"]], [["O", "O"]])).toThrow(/sentence 1 has 2 tags, and its prediction 1/);
  expect(() => spanScores([], [["O"]])).toThrow(/got 0 predictions for 1 sentence/);
  expect(() => spanScores([], [])).toThrow(/there are no tokens/);
  expect(() => spanScores([[]], [[]])).toThrow(/there are no tokens/);
  expect(() => spanScores(["O"] as never, [["O"]])).toThrow(/expected lists of the tags of each sentence/);
  expect(() => tagSpans(["O", 5] as never)).toThrow(/tagSpans: expected a list of tags/);
  expect(() => tagSpans("O" as never)).toThrow(/tagSpans: expected a list of tags/);
  expect(spanScores([["O"]], [["O"]])).toEqual({
    count: 1,
    accuracy: 1,
    precision: 0,
    recall: 0,
    f1: 0,
    given: 0,
    support: 0,
    types: [],
  });
});
