import { expect, test } from "vitest";
import { CharacterTokenizer } from "../../../lib/data/index.js";
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
