import { expect, test } from "vitest";
import { taggedTexts } from "../../lib/cli/writeTagReport.js";
import type { SequenceTagger } from "../../lib/models/sequenceTagger/sequenceTagger.js";

const { signal } = new AbortController();

/** The texts that a report shows of sentences, written as tokens with their true tags, for a tagger that gives them the other tags. */
function shown(...sentences: readonly { tokens: string; truth: string; found: string }[]) {
  const words = (text: string) => text.split(" ");
  const tagger = {
    labels: sentences.flatMap(({ truth }) => words(truth)),
    tag: async () => sentences.map(({ found }) => ({ tags: words(found) })),
  } as unknown as SequenceTagger;
  const tagged = sentences.map(({ tokens, truth }) => ({ tokens: words(tokens), tags: words(truth) }));
  return taggedTexts(tagger, tagged, signal);
}

test("a span is right where its type, its beginning and its end are those of a true one", async () => {
  const tokens = "in New York City today";
  const truth = "O B-place I-place I-place O";
  const of = async (found: string) => {
    const [{ pieces, missed }] = (await shown({ tokens, truth, found })) as [Awaited<ReturnType<typeof shown>>[0]];
    return { pieces: pieces.map(({ tokens: own, tag, right }) => [own.join(" "), tag, right]), missed };
  };
  const whole = [{ text: "New York City", tag: "place" }];
  const outside = [
    ["in", null, true],
    ["today", null, true],
  ] as const;
  expect(await of(truth)).toEqual({ pieces: [outside[0], ["New York City", "place", true], outside[1]], missed: [] });
  expect(await of("O B-person I-person I-person O")).toEqual({
    pieces: [outside[0], ["New York City", "person", false], outside[1]],
    missed: whole,
  });
  expect(await of("O B-place I-place O O")).toEqual({
    pieces: [outside[0], ["New York", "place", false], ["City today", null, true]],
    missed: whole,
  });
  expect(await of("B-place I-place I-place I-place O")).toEqual({
    pieces: [["in New York City", "place", false], outside[1]],
    missed: whole,
  });
  expect(await of("O O O O O")).toEqual({ pieces: [[tokens, null, true]], missed: whole });
});

test("tags that mark no spans stand at each token, and sentences with something wrong come first", async () => {
  const right = { tokens: "it sails", truth: "PRON VERB", found: "PRON VERB" };
  const wrong = { tokens: "the ship", truth: "DET NOUN", found: "DET VERB" };
  const [first, second] = await shown(right, wrong);
  expect(first).toEqual({
    pieces: [
      { tokens: ["the"], tag: "DET", right: true },
      { tokens: ["ship"], tag: "VERB", right: false },
    ],
    missed: [{ text: "ship", tag: "NOUN" }],
  });
  expect(second?.pieces.map(({ tag }) => tag)).toEqual(["PRON", "VERB"]);
});
