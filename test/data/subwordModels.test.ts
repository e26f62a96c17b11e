import { expect, test } from "vitest";
import { BytePairs } from "../../lib/data/subwords/bytePairs.js";
import { Charsmap } from "../../lib/data/subwords/charsmap.js";
import { Component } from "../../lib/data/subwords/component.js";
import { PairTable } from "../../lib/data/subwords/pairTable.js";
import type { SubwordModel } from "../../lib/data/subwords/subwordModel.js";
import { Unigram } from "../../lib/data/subwords/unigram.js";
import { WordPiece } from "../../lib/data/subwords/wordPiece.js";
import { charsmapOf } from "./charsmapTable.js";
import { randomNumbers } from "./randomText.js";

const idsOf = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));
const written = (model: SubwordModel, tokens: readonly string[], word: string) =>
  model
    .encode(word)
    .map((id) => tokens[id])
    .join("|");

function pairs(tokens: string, merges: readonly unknown[], settings: object = {}) {
  const list = tokens.split(" ");
  const model = () =>
    new BytePairs(new Component("model", { unk_token: "?", ...settings, vocab: idsOf(list), merges }));
  return (word: string) => written(model(), list, word);
}

type Case = readonly [what: string, encode: (word: string) => string, words: Readonly<Record<string, string>>];

const bytePairWords: readonly Case[] = [
  [
    "the merge of lowest rank first",
    pairs("a b c ab bc abc", ["b c", "a b", "a bc"]),
    { abc: "abc", ab: "ab", abab: "ab|ab" },
  ],
  ["what is merged is gone", pairs("a b c ab bc", ["a b", "b c"]), { abc: "ab|c", bc: "bc", b: "b" }],
  ["of equal ranks the leftmost", pairs("a aa aaaa", ["a a", "aa aa"]), { aaa: "aa|a", aaaa: "aaaa", aaaaa: "aaaa|a" }],
  [
    "merges as pairs, after a line with a version",
    pairs("a b c ab bc", ["#version: 0.2", ["b", "c"], "a b"]),
    { abc: "a|bc" },
  ],
  ["an unknown token each", pairs("a ? b", []), { axxb: "a|?|?|b", xx: "?|?" }],
  ["an unknown token together", pairs("a ? b", [], { fuse_unk: true }), { axxbx: "a|?|b|?", xx: "?" }],
  [
    "bytes before the unknown token",
    pairs("a ? <0x78>", [], { byte_fallback: true }),
    { axa: "a|<0x78>|a", yxa: "<0x78>|?|a", yx: "<0x78>|?" },
  ],
  ["all bytes or none", pairs("? <0xC3> <0xA9>", [], { byte_fallback: true }), { é: "<0xC3>|<0xA9>", è: "?" }],
  ["no bytes unless asked", pairs("? <0x78>", []), { x: "?" }],
  [
    "a prefix inside of words",
    pairs("a b ##b ##c ab ##bc ?", ["a ##b"], { continuing_subword_prefix: "##" }),
    { abc: "ab|##c", b: "b", ba: "b|?" },
  ],
  ["two parts inside", pairs("a ##b ##c ##bc", ["##b ##c"], { continuing_subword_prefix: "##" }), { abc: "a|##bc" }],
  [
    "a suffix at the end",
    pairs("a b</w> ab</w> ?", ["a b</w>"], { end_of_word_suffix: "</w>" }),
    { aab: "a|ab</w>", a: "?" },
  ],
  ["a whole word first", pairs("a b ab", [], { ignore_merges: true }), { ab: "ab", aba: "a|b|a" }],
  ["no whole word unless asked", pairs("a b ab", []), { ab: "a|b" }],
];

test("byte pairs give the tokens that their rules say", () => {
  for (const [what, encode, words] of bytePairWords) {
    expect(Object.fromEntries(Object.keys(words).map((word) => [word, encode(word)])), what).toEqual(words);
  }
});

test("a merge that is no pair is shown by its beginning, and what is unknown where there is no token for it", () => {
  for (const merge of ["a b c", "ab", 5, ["a"], ["a", 1]]) {
    expect(() => pairs("a b ab", ["a b", merge])("a")).toThrow(
      `merge 1 (${JSON.stringify(merge)}) is not a pair of tokens.`,
    );
  }
  expect(() => pairs("a", ["x".repeat(100)])("a")).toThrow(`merge 0 ("${"x".repeat(79)}) is not a pair of tokens.`);
  const encode = pairs("a b", [], { unk_token: null });
  expect(encode("ab")).toBe("a|b");
  expect(() => encode("axb")).toThrow('Unknown subword "x" in "axb"');
});

/** Joins the leftmost pair of the lowest rank until there is none. */
function naively(word: string, ranks: ReadonlyMap<string, number>): string {
  const parts = [...word];
  for (;;) {
    const found = parts.slice(1).map((part, i) => ranks.get(`${parts[i]} ${part}`) ?? Number.POSITIVE_INFINITY);
    const least = Math.min(...found);
    if (least === Number.POSITIVE_INFINITY) return parts.join("|");
    const at = found.indexOf(least);
    parts.splice(at, 2, `${parts[at]}${parts[at + 1]}`);
  }
}

test("byte pairs are those that a search through the word finds merge by merge, for random merges and words", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = randomNumbers(seed);
    const tokens = [..."abcd"];
    const merges: string[] = [];
    while (merges.length < 30) {
      const [a, b] = [tokens[random(tokens.length)], tokens[random(tokens.length)]] as [string, string];
      // Two merges that make the same token may stand for each other in the library.
      if (tokens.includes(a + b)) continue;
      tokens.push(a + b);
      merges.push(`${a} ${b}`);
    }
    const encode = pairs(tokens.join(" "), merges);
    const ranks = new Map(merges.map((merge, rank) => [merge, rank]));
    for (let i = 0; i < 20; i++) {
      const word = Array.from({ length: 1 + random(40) }, () => "abcd"[random(4)]).join("");
      expect(encode(word)).toBe(naively(word, ranks));
    }
  }
});

function unigrams(vocab: readonly (readonly [string, number])[], settings: object = { unk_id: 0 }) {
  const tokens = vocab.map(([token]) => token);
  const model = () => new Unigram(new Component("model", { type: "Unigram", vocab, ...settings }));
  return (word: string) => written(model(), tokens, word);
}
const few: [string, number][] = [
  ["?", 0],
  ["a", -1],
  ["b", -2],
  ["c", -3],
];

const unigramWords: readonly Case[] = [
  ["the likeliest tokens", unigrams([...few, ["ab", -2.5], ["abc", -9]]), { ab: "ab", abc: "ab|c", cab: "c|ab" }],
  ["several where one is rarer", unigrams([...few, ["ab", -3.5], ["abc", -5.5]]), { ab: "a|b", abc: "abc" }],
  ["of two ways as likely the one whose last token begins first", unigrams([...few, ["ab", -3]]), { ab: "ab" }],
  ["one unknown token for neighbours", unigrams(few), { axb: "a|?|b", axyb: "a|?|b", "👩a👩👩": "?|a|?", x: "?" }],
  ["a sign of two units", unigrams([...few, ["👩", -4], ["a👩", -4.5]]), { "b👩": "b|👩", "a👩b": "a👩|b" }],
  // Unknown is the rarest, -5, less 10: with 12 for "b" it is -3, and with 9 it is -6.
  [
    "what is unknown costs ten more than the rarest",
    unigrams([
      ["?", 0],
      ["b", 12],
      ["xb", -5],
    ]),
    { xb: "?|b" },
  ],
  [
    "and no more than that",
    unigrams([
      ["?", 0],
      ["b", 9],
      ["xb", -5],
    ]),
    { xb: "xb" },
  ],
  [
    "an unknown token only where there is no other way",
    unigrams([
      ["?", 0],
      ["a", -30],
      ["b", -2],
      ["xb", -12],
    ]),
    { axb: "a|xb" },
  ],
  [
    "bytes",
    unigrams([...few, ["<0x78>", -9], ["<0xC3>", -9]], { unk_id: 0, byte_fallback: true }),
    { axxa: "a|<0x78>|<0x78>|a", é: "?" },
  ],
  ["no bytes unless asked", unigrams([...few, ["<0x78>", -9]]), { x: "?" }],
  [
    "an empty token is never there",
    unigrams(
      [
        ["", 5],
        ["a", -1],
      ],
      {},
    ),
    { aa: "a|a" },
  ],
];

test("unigrams give the tokens that their rules say", () => {
  for (const [what, encode, words] of unigramWords) {
    expect(Object.fromEntries(Object.keys(words).map((word) => [word, encode(word)])), what).toEqual(words);
  }
});

test("entries of unigrams are tokens with their scores, and the unknown one is among them", () => {
  for (const entry of [["b"], ["b", "1"], [1, 1], "b"]) {
    expect(() => unigrams([["a", 1], entry as never])("a")).toThrow(
      "expected entry 1 of the vocabulary to be a token and its score.",
    );
  }
  expect(() => unigrams([["a", 1]], { unk_id: 1 })("a")).toThrow("unk_id 1 is outside the vocabulary.");
  expect(
    unigrams(
      [
        ["a", 1],
        ["?", 0],
      ],
      { unk_id: 1 },
    )("x"),
  ).toBe("?");
});

test("word pieces are the longest first, of words that are not too long", () => {
  const tokens = ["?", "a", "ab", "##b", "##bc", "##c", "👩", "##👩"];
  const settings = { unk_token: "?", continuing_subword_prefix: "##", max_input_chars_per_word: 3 };
  const model = new WordPiece(new Component("model", { ...settings, vocab: idsOf(tokens) }));
  const words = {
    a: "a",
    ac: "a|##c",
    abc: "ab|##c",
    abb: "ab|##b",
    abd: "?",
    b: "?",
    abcc: "?",
    "👩👩👩": "👩|##👩|##👩",
  };
  expect(Object.fromEntries(Object.keys(words).map((word) => [word, written(model, tokens, word)]))).toEqual(words);
});

test("of several entries that a text begins with the shortest replaces all of it", () => {
  const table = new Charsmap(
    new Component("normalizer", { precompiled_charsmap: charsmapOf({ a: "1", ab: "2", é: "e", xyz: "" }) }),
  );
  const found = ["ab", "a", "é", "xyz", "xy", "b", "b\x03", "", "\0a", "ab"].map((text) => table.replacement(text));
  expect(found).toEqual(["1", "1", "e", "", null, null, null, null, null, "1"]);
});

test("a table of replacements has its size in front, a number of whole units that are there", () => {
  const table = (size: number, bytes: number) => {
    const buffer = Buffer.alloc(4 + bytes);
    buffer.writeUInt32LE(size);
    return new Charsmap(new Component("normalizer", { precompiled_charsmap: buffer.toString("base64") }));
  };
  expect(table(4, 4).replacement("a")).toBeNull();
  expect(table(4, 7).replacement("a")).toBeNull();
  for (const [size, bytes] of [
    [0, 4],
    [3, 4],
    [6, 8],
    [8, 4],
    [8, 7],
  ] as const) {
    expect(() => table(size, bytes), `${size} of ${bytes}`).toThrow("precompiled_charsmap is damaged.");
  }
  expect(() => new Charsmap(new Component("normalizer", { precompiled_charsmap: "AAA=" }))).toThrow("damaged");
});

test("a table of pairs keeps every value while it grows, and the later of two", () => {
  const [table, wanted] = [new PairTable(1), new Map<string, number>()];
  const random = randomNumbers(3);
  for (let i = 0; i < 500; i++) {
    const [left, right] = [random(40), 2 ** 32 - 1 - random(40)];
    table.set(left, right, i);
    wanted.set(`${left} ${right}`, i);
  }
  for (let left = 0; left < 40; left++) {
    for (let far = 0; far < 40; far++) {
      const right = 2 ** 32 - 1 - far;
      expect(table.get(left, right)).toBe(wanted.get(`${left} ${right}`) ?? -1);
    }
  }
  expect([new PairTable().get(0, 0), table.get(41, 0)]).toEqual([-1, -1]);
});
