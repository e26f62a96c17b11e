import { expect, test } from "vitest";
import { TaggerVocabulary } from "../../../lib/data/taggerVocabulary.js";
import { taggingScores } from "../../../lib/models/sequenceTagger/scores.js";

/** Sentences by their words and tags: "a/X b/Y". */
const of = (...lines: string[]) =>
  lines.map((line) => {
    const pairs = line.split(" ").map((pair) => pair.split("/") as [string, string]);
    return { tokens: pairs.map(([token]) => token), tags: pairs.map(([, tag]) => tag) };
  });

test("whole sentences, words that were never met, and the usual tag of each word are counted by themselves", () => {
  // The usual tag of "a" is Y, that of "b" X, and that of all words together Y.
  const vocabulary = TaggerVocabulary.of(of("a/X a/Y b/X", "a/Y c/Y"));
  const truth = of("a/Y z/X b/X", "z/Y a/X y/X", "b/Y");
  const found = of("a/Y z/Y b/X", "z/Y a/X y/X", "b/X");
  const scores = taggingScores(vocabulary, truth, found);
  expect(scores).toMatchObject({ accuracy: 5 / 7, sentences: 3, sentenceAccuracy: 1 / 3, spans: null });
  expect(scores.unknown).toEqual({ count: 3, accuracy: 2 / 3 });
  // Right by their usual tags: "a" and "b" of the first sentence, and the first "z" of the second.
  expect(scores.usualAccuracy).toBeCloseTo(3 / 7, 12);
  const known = of("a/X b/X");
  expect(taggingScores(vocabulary, known, known).unknown).toEqual({ count: 0, accuracy: 0 });
});

test.each(["B", "I", "E", "S", "L", "U"])("tags that begin with %s- mark spans", (mark) => {
  const sentences = of(`a/O b/${mark}-X`, `a/${mark}-X`);
  const { spans } = taggingScores(TaggerVocabulary.of(sentences), sentences, of("a/O b/O", `a/${mark}-X`));
  expect(spans).toMatchObject({ precision: 1, recall: 1 / 2 });
});

test("a tag with a hyphen elsewhere marks none", () => {
  const sentences = of("a/NB-X b/PRP-S");
  expect(taggingScores(TaggerVocabulary.of(sentences), sentences, sentences).spans).toBeNull();
});
