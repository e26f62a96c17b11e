import { expect, test } from "vitest";
import { CharacterTokenizer, WordTokenizer } from "../../../lib/data/index.js";
import { completeBeamTexts } from "../../../lib/models/textModel/beamTexts.js";
import { completeGenerateAll } from "../../../lib/models/textModel/generation.js";
import { likeliest } from "../../../lib/models/textModel/nextTokens.js";

test("the likeliest tokens come first, and those that are as likely in the order of their ids", () => {
  const tokenizer = CharacterTokenizer.fromText("abcde");
  const prompt = tokenizer.encode("a");
  const found = likeliest([-2, -1, -3, -1, -2], { top: 4, tokenizer, prompt });
  expect(found.map(({ id, logProbability }) => [id, logProbability])).toEqual([
    [1, -1],
    [3, -1],
    [0, -2],
    [4, -2],
  ]);
  for (const { id, text, token, probability, logProbability } of found) {
    expect([text, token]).toEqual([tokenizer.token(id), tokenizer.token(id)]);
    expect(probability).toBe(Math.exp(logProbability));
  }
});

test("as many texts as one call may write are written for so many prompts, and one where nobody says how many", () => {
  const prompts = (count: number) => completeGenerateAll({ prompts: new Array<string>(count).fill("") }).prompts.length;
  expect(prompts(65_536)).toBe(65_536);
  for (const count of [0, 65_537]) {
    expect(() => prompts(count)).toThrow(`generateAll: expected prompts to hold 1 to 65536 texts, got ${count}.`);
  }
  expect(completeGenerateAll({})).toMatchObject({ prompts: [""], stop: [], maximumLength: 500 });
  expect(completeGenerateAll({ count: 3, stop: "x" })).toMatchObject({ prompts: ["", "", ""], stop: ["x"] });
});

test("a search ends at lines in a model of sentences, else where the tokenizer has an end of a sentence, else never", () => {
  const words = WordTokenizer.fromText("a b\n");
  const letters = CharacterTokenizer.fromText("ab\n");
  const bare = CharacterTokenizer.fromText("ab");
  const endOf = (tokenizer: WordTokenizer | CharacterTokenizer, sentences: boolean, options: object = {}) =>
    completeBeamTexts({ tokenizer, sentences }, options).end;
  const { endOfSentence } = words.special;
  expect([endOf(words, false), endOf(words, true)]).toEqual([endOfSentence, words.id("\n")]);
  expect([endOf(letters, false), endOf(letters, true)]).toEqual([null, letters.id("\n")]);
  expect(endOf(letters, false, { end: "line" })).toBe(letters.id("\n"));
  expect([endOf(words, true, { end: "never" }), endOf(bare, false, { end: "never" })]).toEqual([null, null]);
  expect(() => endOf(bare, false, { end: "line" })).toThrow(
    "beamSearch: the tokenizer has no token for the end of a line.",
  );
  expect(() => endOf(letters, false, { end: "sentence" })).toThrow("no token for the end of a sentence");
});

test("a search takes the options that are given, checked in the name of who was called", () => {
  const tokenizer = CharacterTokenizer.fromText("ab");
  const complete = (options: object) => completeBeamTexts({ tokenizer, sentences: false }, options);
  const { prompt, search } = complete({ prompt: "a", beams: 3, nBest: 2, banned: [1] });
  expect(prompt).toBe("a");
  expect(search).toMatchObject({ beams: 3, nBest: 2, banned: [1], signal: undefined });
  expect(Object.keys(search).filter((name) => search[name as keyof typeof search] === undefined)).toEqual(["signal"]);
  expect(() => complete({ beams: 2, nBest: 3 })).toThrow(/^beamSearch: nBest 3/);
});
