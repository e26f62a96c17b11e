import { expect, test } from "vitest";
import { forbiddenTransitions, TagScheme } from "../../../lib/models/sequenceTagger/scheme.js";

/** For each tag, and null for the beginning, those that may follow it; null for the end. */
function followers(labels: readonly string[], scheme: "IOB1" | null = null) {
  const own = TagScheme.of(labels, scheme) as TagScheme;
  const ends = [...labels, null];
  return Object.fromEntries(
    [null, ...labels].map((before) => [before ?? "begin", ends.filter((after) => own.allows(before, after))]),
  );
}

test("BIO: I-X goes on after B-X or I-X alone, and a span may end anywhere", () => {
  const anywhere = ["O", "B-X", "B-Y", null];
  expect(followers(["O", "B-X", "I-X", "B-Y"])).toEqual({
    begin: anywhere,
    O: anywhere,
    "B-X": ["O", "B-X", "I-X", "B-Y", null],
    "I-X": ["O", "B-X", "I-X", "B-Y", null],
    "B-Y": anywhere,
  });
});

test.each([
  ["BIOES", ["O", "B-X", "I-X", "E-X", "S-X", "S-Y"]],
  ["BILOU", ["O", "B-X", "I-X", "L-X", "U-X", "U-Y"]],
])("%s: a span that begins ends, with its own kind", (name, labels) => {
  const [O, B, I, E, S, other] = labels as [string, string, string, string, string, string];
  expect(TagScheme.of(labels)?.name).toBe(name);
  const outside = [O, B, S, other, null];
  expect(followers(labels)).toEqual({
    begin: outside,
    [O]: outside,
    [B]: [I, E],
    [I]: [I, E],
    [E]: outside,
    [S]: outside,
    [other]: outside,
  });
});

test("IOB1: I-X stands anywhere, and B-X only after a span of X", () => {
  const labels = ["O", "I-X", "B-X", "I-Y"];
  const others = ["O", "I-X", "I-Y", null];
  expect(followers(labels, "IOB1")).toEqual({
    begin: others,
    O: others,
    "I-X": ["O", "I-X", "B-X", "I-Y", null],
    "B-X": ["O", "I-X", "B-X", "I-Y", null],
    "I-Y": others,
  });
});

test("what the scheme forbids is impossible in the scores of a field: after each tag, at the beginning, and at the end", () => {
  const labels = ["O", "B-X", "E-X"];
  // Rows: what stands before, the tags and then the beginning; last the end after each tag.
  const allowed = [
    [1, 1, 0],
    [0, 0, 1],
    [1, 1, 0],
    [1, 1, 0],
    [1, 0, 1],
  ];
  const scores = forbiddenTransitions(labels, TagScheme.of(labels));
  expect(Array.from(scores, (score) => Number(score === 0))).toEqual(allowed.flat());
  expect(scores.every((score) => score === 0 || score < -1e29)).toBe(true);
  expect([...forbiddenTransitions(labels, null)]).toEqual(new Array(15).fill(0));
});

test("tags of another form have no scheme, nor those of spans that nothing begins", () => {
  for (const labels of [["NOUN", "B-X"], ["O"], ["O", "I-X"], ["B-X", "I-Y"], ["Q-X", "B-X"], ["BX", "B-X"]]) {
    expect(TagScheme.of(labels), labels.join()).toBeNull();
  }
  expect(TagScheme.of(["B-X"])?.name).toBe("BIO");
});

test("a tag that cannot stand where it does is refused by the line of its token", () => {
  const scheme = TagScheme.of(["O", "B-X", "I-X", "E-X"]) as TagScheme;
  const sentence = { tokens: ["a", "b", "c"], file: "x.conll", lines: [7, 8, 9] };
  const refused =
    (...tags: string[]) =>
    () =>
      scheme.expect({ ...sentence, tags }, { index: 0, count: 1 });
  expect(refused("O", "B-X", "E-X")).not.toThrow();
  expect(refused("O", "B-X", "I-X")).toThrow(
    /^x\.conll, line 9: I-X cannot end a sentence: the tags look like BIOES\./,
  );
  expect(refused("O", "B-X", "O")).toThrow(/^x\.conll, line 9: O cannot follow B-X: /);
  expect(refused("E-X", "O", "O")).toThrow(/^x\.conll, line 7: E-X cannot begin a sentence: /);
});
