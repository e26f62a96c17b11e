import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Charsmap } from "../../lib/data/subwords/charsmap.js";
import { Component } from "../../lib/data/subwords/component.js";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import { charsmapOf } from "./charsmapTable.js";
import { jsonOf } from "./subwordFiles.js";
import { subwordTokenizers, tokenizerJsons } from "./subwords.js";

/** Figures of Hugging Face's own implementation, in Rust. */
const figures = JSON.parse(readFileSync(new URL("./subwords.json", import.meta.url), "utf8")) as {
  cases: Record<keyof typeof subwordTokenizers, { text: string; ids: number[]; decoded: string }[]>;
};

test.each(Object.keys(subwordTokenizers) as (keyof typeof subwordTokenizers)[])(
  "%s gives the tokens of the Rust implementation",
  (name) => {
    const tokenizer = subwordTokenizers[name]();
    for (const { text, ids, decoded } of figures.cases[name]) {
      expect([...tokenizer.encode(text)], JSON.stringify(text)).toEqual(ids);
      expect(tokenizer.decode(ids), JSON.stringify(text)).toBe(decoded);
    }
  },
);

test("special tokens are found by their usual names", () => {
  const names = (name: keyof typeof subwordTokenizers) => {
    const tokenizer = subwordTokenizers[name]();
    return Object.fromEntries(Object.entries(tokenizer.special).map(([key, id]) => [key, tokenizer.token(id)]));
  };
  expect(names("byte-level BPE")).toEqual({ endOfSentence: "<|endoftext|>" });
  expect(names("BPE with byte fallback")).toEqual({ unknown: "<unk>", beginOfSentence: "<s>", endOfSentence: "</s>" });
  expect(names("WordPiece")).toEqual({
    unknown: "[UNK]",
    beginOfSentence: "[CLS]",
    endOfSentence: "[SEP]",
    padding: "[PAD]",
  });
});

test("tokens are shown as text, with their spaces", () => {
  const bytes = subwordTokenizers["byte-level BPE"]();
  expect(bytes.token(bytes.id("Ġthe") as number)).toBe("␣the");
  expect(bytes.token(bytes.id("ĊĊ") as number)).toBe("\\n\\n");
  expect(bytes.token(bytes.id("ê") as number)).toBe("ê");
  const marked = subwordTokenizers["BPE with byte fallback"]();
  expect(marked.token(marked.id("▁the") as number)).toBe("␣the");
  expect(marked.token(marked.id("the") as number)).toBe("the");
});

test("a character whose bytes are several tokens comes when it is whole, and not at all when it is not", () => {
  for (const name of ["byte-level BPE", "BPE with byte fallback"] as const) {
    const tokenizer = subwordTokenizers[name]();
    const ids = [...tokenizer.encode("the 👩")];
    const decoder = tokenizer.decoder();
    const pieces = ids.map((id) => decoder.push(id));
    expect(pieces.slice(-4)).toEqual(["", "", "", "👩"]);
    const cut = tokenizer.decoder();
    const written = ids.slice(0, -1).map((id) => cut.push(id));
    expect([...written, cut.end()].join("")).toBe("the ");
  }
});

test("a text without line ends is cut at spaces, always at the same ones", () => {
  const tokenizer = subwordTokenizers["byte-level BPE"]();
  const text = "the word the quick ".repeat(20_000);
  const whole = tokenizer.encode(text);
  expect(tokenizer.decode(whole)).toBe(text);
  const encoder = tokenizer.encoder();
  const ids: number[] = [];
  for (let at = 0; at < text.length; at += 9_973)
    for (const id of encoder.push(text.slice(at, at + 9_973))) ids.push(id);
  ids.push(...encoder.end());
  expect(ids).toEqual([...whole]);
});

test("what the vocabulary lacks is an error where there is no unknown token", () => {
  const json = tokenizerJsons.WordPiece();
  const { "[UNK]": id, ...vocab } = json.model.vocab;
  const lacking = { ...json, added_tokens: [], model: { ...json.model, vocab: { ...vocab, "##zz": id } } };
  expect(() => new SubwordTokenizer(lacking).encode("the zebra")).toThrow(
    /Unknown subword .* which has no unknown token/,
  );
});

test("merges that are dropped at random are refused, and a dropout of 0 drops none", () => {
  const json = tokenizerJsons["byte-level BPE"]();
  const tokenizerWith = (dropout: number | null) =>
    new SubwordTokenizer({ ...json, model: { ...json.model, dropout } });
  const ids = tokenizerWith(null).encode("the theatre");
  expect(tokenizerWith(0).encode("the theatre")).toEqual(ids);
  expect(() => tokenizerWith(0.1)).toThrow(/dropout draws other tokens each time/);
});

test("a table of replacements that is cut short has the texts that are left of it", () => {
  const table = (bytes: Buffer) =>
    new Charsmap(new Component("normalizer", { precompiled_charsmap: bytes.toString("base64") }));
  const whole = Buffer.from(charsmapOf({ a: "bc", d: "ef" }), "base64");
  const replaced = (own: Charsmap) => ["a", "d", "x"].map((letter) => own.replacement(letter));
  expect(replaced(table(whole))).toEqual(["bc", "ef", null]);
  expect(replaced(table(whole.subarray(0, -1)))).toEqual(["bc", "ef", null]);
  expect(replaced(table(whole.subarray(0, -2)))).toEqual(["bc", "e", null]);
  expect(replaced(table(whole.subarray(0, -3)))).toEqual(["bc", null, null]);
});

test("a Unigram without an unknown token names the character that it lacks", () => {
  const model = {
    type: "Unigram",
    vocab: [
      ["a", -1],
      ["ab", -1.5],
    ],
  };
  const tokenizer = new SubwordTokenizer(jsonOf({ model, added: 0 }));
  expect([...tokenizer.encode("aba")]).toEqual([1, 0]);
  expect(() => tokenizer.encode("abc\u{1f600}")).toThrow('Unknown subword "c" in "abc\u{1f600}"');
  expect(() => tokenizer.encode("ab\u{1f600}")).toThrow('Unknown subword "\u{1f600}" in "ab\u{1f600}"');
});

test("a decoder takes a character off both ends, as often as it is told at most, down to nothing", () => {
  const tokens = ["<unk>", "a", "aa", "aaaa", "abaaa", "aabaa", "b"];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const decoded = (start: number, stop: number) => {
    const decoder = { type: "Strip", content: "a", start, stop };
    const tokenizer = new SubwordTokenizer(
      jsonOf({ model: { type: "WordLevel", unk_token: "<unk>", vocab }, decoder, added: 0 }),
    );
    return tokens.slice(1).map((_, i) => tokenizer.decode([i + 1]));
  };
  expect(decoded(0, 2)).toEqual(["", "", "aa", "aba", "aab", "b"]);
  expect(decoded(2, 1)).toEqual(["", "", "a", "baa", "ba", "b"]);
});

test("steps that make a text longer and longer are refused, in normalizers, pre-tokenizers and decoders", () => {
  const json = tokenizerJsons["byte-level BPE"]();
  const bytes = json.pre_tokenizer;
  const doubling = { type: "Replace", pattern: { String: "a" }, content: "aa" };
  const many = <T>(step: T, count: number) => new Array<T>(count).fill(step);
  const grown = /by (ByteLevel|Replace) and the steps before it, a text of 1 characters has become one of \d+/;
  const letters = new SubwordTokenizer({
    ...json,
    pre_tokenizer: { type: "Sequence", pretokenizers: many(bytes, 60) },
  });
  expect(() => letters.encode("\u00e9")).toThrow(grown);
  const normal = new SubwordTokenizer({ ...json, normalizer: { type: "Sequence", normalizers: many(doubling, 60) } });
  expect(() => normal.encode("a")).toThrow(grown);
  const decoded = new SubwordTokenizer({ ...json, decoder: { type: "Sequence", decoders: many(doubling, 60) } });
  expect(() => decoded.decode([decoded.id("a") as number])).toThrow(grown);
  const nested = { type: "Sequence", pretokenizers: many({ type: "Sequence", pretokenizers: many(bytes, 60) }, 60) };
  expect(() => new SubwordTokenizer({ ...json, pre_tokenizer: nested })).toThrow(
    "tokenizer.json: pre_tokenizer has 3600 steps, and can have 100.",
  );
});
