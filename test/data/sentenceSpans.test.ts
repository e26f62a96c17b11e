import { expect, test } from "vitest";
import { ByteTokenizer } from "../../lib/data/byteTokenizer.js";
import { beyondContext, expectWindows, tokensOf } from "../../lib/data/contextLimit.js";
import { Corpus } from "../../lib/data/corpus.js";
import { findSentences, longRules } from "../../lib/data/sentenceSpans.js";
import { memoryStream } from "../../lib/data/tokenStream.js";

const stream = (...ids: number[]) => memoryStream(Int32Array.from(ids), 0);
const end = 9;

test("sentences end with their mark, empty ones are none, and the last may lack its end", async () => {
  expect(await findSentences(stream(1, 2, end, end, 3, end, 4, 5, 6), { end })).toEqual({
    starts: [0, 4, 6],
    lengths: [2, 1, 3],
    steps: [3, 2, 4],
    lines: [1, 3, 4],
    skipped: 0,
    tokens: 9,
    blanks: [3],
  });
  expect(await findSentences(stream(1, end), { end })).toMatchObject({ starts: [0], lengths: [1], steps: [2] });
  const lined = { ...stream(1, end, 2, end), lines: Uint32Array.of(5, 8) };
  expect((await findSentences(lined, { end })).lines).toEqual([5, 8]);
});

test("a sentence that is too long is cut, left out or refused, and one of the greatest length is whole", async () => {
  const text = stream(1, 2, 3, end, 4, 5, end, 6, 7, 8, 1, end);
  expect(longRules).toEqual(["refuse", "cut", "skip"]);
  const rest = { lines: [1, 2, 3], skipped: 0, tokens: 12, blanks: [] };
  expect(await findSentences(text, { end, maximumLength: 4 })).toMatchObject({
    lengths: [3, 2, 4],
    steps: [4, 3, 5],
    ...rest,
  });
  expect(await findSentences(text, { end, maximumLength: 3, long: "cut" })).toEqual({
    starts: [0, 4, 7],
    lengths: [3, 2, 3],
    steps: [4, 3, 3],
    ...rest,
  });
  expect(await findSentences(text, { end, longest: 3, long: "cut" })).toMatchObject({
    lengths: [3, 2, 3],
    steps: [3, 3, 3],
  });
  expect(await findSentences(text, { end, maximumLength: 3, long: "skip" })).toEqual({
    starts: [0, 4],
    lengths: [3, 2],
    steps: [4, 3],
    lines: [1, 2],
    skipped: 1,
    tokens: 12,
    blanks: [],
  });
  expect(await findSentences(text, { end, longest: 4, long: "skip" })).toMatchObject({ lengths: [3, 2], skipped: 1 });
  await expect(findSentences(text, { end, maximumLength: 3 })).rejects.toThrow(
    "Line 3 of the text has 4 tokens, and at most 3 are allowed.",
  );
  await expect(findSentences(text, { end, longest: 4, remedy: "Cut it" })).rejects.toThrow(
    "Line 3 of the text has 4 tokens, 5 with its end, and this model reads at most 4 (contextLength). Cut it, or train a model",
  );
  await expect(findSentences(text, { end, maximumLength: 3, longest: 4 })).rejects.toThrow("at most 3 are allowed");
  await expect(findSentences(text, { end, maximumLength: 3, longest: 3 })).rejects.toThrow(
    "reads at most 3 (contextLength)",
  );
  const lined = { ...text, lines: Uint32Array.of(5, 8, 9) };
  await expect(findSentences(lined, { end, maximumLength: 3 })).rejects.toThrow("Line 9 of the text has 4 tokens");
  // A model that reads one token has room for no end.
  const short = stream(1, end, 2, 3, end);
  expect(await findSentences(short, { end, longest: 1, long: "cut" })).toMatchObject({
    lengths: [1, 1],
    steps: [1, 1],
  });
  await expect(findSentences(short, { end, longest: 1, long: "skip" })).rejects.toThrow(
    "All 2 lines have more than 0 tokens",
  );
  await expect(findSentences(short, { end, longest: 1 })).rejects.toThrow(
    "Line 1 of the text has 1 token, 2 with its end",
  );
});

test("where nothing is left, the error says why", async () => {
  await expect(findSentences({ ...stream(1), read: () => [1] as never }, { end })).rejects.toThrow(
    "expected the stream to read an Int32Array of tokens, got an array of 1.",
  );
  await expect(findSentences(stream(end, end), { end })).rejects.toThrow(
    "The text has 2 tokens, but no sentence among them.",
  );
  await expect(findSentences(stream(1, 2, end), { end, maximumLength: 1, long: "skip" })).rejects.toThrow(
    "All 1 lines have more than 1 tokens. Raise the maximum length, or have long lines cut.",
  );
  await expect(findSentences(stream(1, 2, end), { end, longest: 2, long: "skip" })).rejects.toThrow(
    "All 1 lines have more than 1 tokens. Give the model a longer context, or have long lines cut.",
  );
});

test("sentences are found across the pieces in which a stream is read", async () => {
  const ids = new Int32Array(2 ** 17 + 10).fill(1);
  for (const at of [2 ** 16 - 1, 2 ** 16, 2 ** 17 + 5]) ids[at] = end;
  expect(await findSentences(memoryStream(ids, 0), { end })).toMatchObject({
    starts: [0, 2 ** 16 + 1, 2 ** 17 + 6],
    lengths: [2 ** 16 - 1, 2 ** 16 + 4, 4],
  });
});

test("plain words are runs of letters and digits in lower case, apostrophes inside of them included", async () => {
  const words = async (text: string) => {
    const pieces: string[] = [];
    for await (const piece of Corpus.fromText(text).plainWords().pieces()) pieces.push(piece);
    return pieces.join("");
  };
  expect(await words("“Don’t, O'Neill's — NO!” 3rd 각\n'tis rock'\n\n...\nLast")).toBe(
    "don’t o'neill's no 3rd 각\ntis rock\n\n\nlast",
  );
  const corpus = Corpus.fromText("A-b\n");
  expect((await corpus.plainWords().tokenize(new ByteTokenizer())).length).toBe(4);
});

test("a text or a window that is longer than a model reads is named with the remedy", () => {
  expect([tokensOf({ length: 3, ends: true }), tokensOf({ length: 3, ends: false })]).toEqual([4, 3]);
  const context = "train a model with a longer context (contextLength; --context-length on the command line).";
  expect(beyondContext({ place: "It", length: 1, ends: false }, 1).message).toBe(
    `It has 1 token, and this model reads at most 1 (contextLength). Shorten it, or ${context}`,
  );
  expect(beyondContext({ place: "It", length: 2, ends: true }, 2, "Cut it").message).toBe(
    `It has 2 tokens, 3 with its end, and this model reads at most 2 (contextLength). Cut it, or ${context}`,
  );
  expect(() => expectWindows("who", 5, 5)).not.toThrow();
  expect(() => expectWindows("who", 1e9)).not.toThrow();
  expect(() => expectWindows("who", 6, 5)).toThrow(
    "who: this model reads at most 5 tokens at a time (contextLength), got windows of 6. Make them shorter",
  );
});
