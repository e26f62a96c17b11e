import { expect, test } from "vitest";
import { ByteTokenizer } from "../../lib/data/byteTokenizer.js";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import { Segmenter } from "../../lib/data/segmenter.js";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import type { Tokenizer } from "../../lib/data/tokenizer.js";
import { WordTokenizer } from "../../lib/data/wordTokenizer.js";
import { tokenizerJsons } from "./subwords.js";

const tokenizers: Record<string, Tokenizer> = {
  bytes: new ByteTokenizer(),
  characters: CharacterTokenizer.fromText("ab"),
  jamo: CharacterTokenizer.fromText("가", { unit: "jamo" }),
  words: WordTokenizer.fromText("a b", { unknown: true }),
  subwords: new SubwordTokenizer(tokenizerJsons["byte-level BPE"]()),
};

const noText = [
  undefined,
  null,
  5,
  Number.NaN,
  true,
  {},
  [],
  ["a"],
  Buffer.from("ab"),
  () => "a",
  Symbol("a"),
  1n,
  { length: 2 },
];
test("a text without a place to cut it is refused before it fills the memory", () => {
  const longest = 2 ** 24;
  const segmenter = new Segmenter((text) => (text.endsWith(" ") ? text.length : 0));
  expect(segmenter.push("a".repeat(longest))).toBe("");
  expect(() => segmenter.push("b")).toThrow(
    `The text has ${longest + 1} characters without a place to cut it, such as a space. Is it text? If so, put line ends into it.`,
  );
  const other = new Segmenter((text) => (text.endsWith(" ") ? text.length : 0));
  expect(other.push(`${"a".repeat(longest)} `)).toHaveLength(longest + 1);
});

test("the bytes of a word are its letters', those of its end a line end", () => {
  const words = WordTokenizer.fromText("가 b");
  const bytesOf = (token: string) => Buffer.from(words.tokenBytes(words.id(token) as number)).toString();
  expect(["가", "b", "\n"].map(bytesOf)).toEqual(["가", "b", "\n"]);
  expect(() => new WordTokenizer(["a", "<eos>"] as never)).toThrow(
    "WordTokenizer: expected a Vocabulary, got an array of 2.",
  );
});

const noTokens = [
  undefined,
  null,
  5,
  true,
  {},
  "a",
  "",
  () => [],
  Symbol("a"),
  { length: 1e9 },
  ["a"],
  [0.5],
  [-1],
  [1e9],
  [undefined],
];
const noToken = [undefined, null, "0", "length", 0.5, -1, 1e9, Number.NaN, [], {}, Symbol("a")];

test.each(Object.entries(tokenizers))("%s refuse what is no text, no tokens or no token by name", (_, tokenizer) => {
  const refusal = expect.objectContaining({ code: expect.stringMatching(/^ERR_OSTINATO_(OPTION|INPUT)$/) });
  for (const value of noText as string[]) {
    expect(() => tokenizer.encode(value), String(value)).toThrow(refusal);
    expect(() => tokenizer.normalize(value), String(value)).toThrow(refusal);
    expect(() => tokenizer.id(value), String(value)).toThrow(refusal);
    expect(() => tokenizer.encoder().push(value), String(value)).toThrow(refusal);
  }
  for (const value of noTokens) expect(() => tokenizer.decode(value as number[]), String(value)).toThrow(refusal);
  for (const value of noToken) {
    expect(() => tokenizer.token(value as number), String(value)).toThrow(refusal);
    expect(() => tokenizer.tokenBytes(value as number), String(value)).toThrow(refusal);
    expect(() => tokenizer.decoder().push(value as number), String(value)).toThrow(refusal);
  }
});

test("the error says what to do with bytes, and with a text in place of a corpus", async () => {
  expect(() => tokenizers.bytes?.encode(Buffer.from("ab") as unknown as string)).toThrow(
    "ByteTokenizer.encode: expected a text, got a Buffer. Decode the bytes first, for example with bytes.toString().",
  );
  await expect(CharacterTokenizer.fromCorpus("a text" as never)).rejects.toThrow(
    'CharacterTokenizer.fromCorpus: expected a corpus, got "a text". For a text use fromText.',
  );
});

test("options of tokenizers are checked when the tokenizer is made", async () => {
  const refusal = expect.objectContaining({ code: "ERR_OSTINATO_OPTION" });
  for (const options of [{ unit: "letter" }, { unkown: true }, { unknown: "no" }, { unit: "" }, "jamo", []]) {
    expect(() => CharacterTokenizer.fromText("ab", options as object)).toThrow(refusal);
  }
  for (const options of [
    { maximumSize: 2 },
    { maximumSize: 2 ** 32 },
    { minimumCount: 0 },
    { unknown: 1 },
    { size: 9 },
  ]) {
    expect(() => WordTokenizer.fromText("a b", options as object)).toThrow(refusal);
  }
  for (const options of [
    undefined,
    {},
    { size: 300.5 },
    { size: 300, onProgress: 1 },
    { size: 300, temporaryFolder: "" },
  ]) {
    await expect(SubwordTokenizer.fromText("ab", options as never)).rejects.toThrow(refusal);
  }
});
