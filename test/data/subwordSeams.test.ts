import { expect, test } from "vitest";
import { BytePairs } from "../../lib/data/subwords/bytePairs.js";
import { Component } from "../../lib/data/subwords/component.js";
import { Pipeline } from "../../lib/data/subwords/pipeline.js";
import { Seams } from "../../lib/data/subwords/seams.js";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import { charsmapOf } from "./charsmapTable.js";
import { randomNumbers } from "./randomText.js";
import { jsonOf, randomSettings } from "./subwordFiles.js";
import { models, normalizers, preTokenizers } from "./subwordSettings.js";

/** Texts around seams. */
const parts =
  "word|the|a|aa|ab|cat| |  |\n|\n\n| \n|\r\n|\t|!|...|。|、|/|12|3|'s|가|한국어|日本|<s>|<mask>|[MASK]|▁|é|e|\u0301|\u00a0|\u200b|x|¨|…|ﷺ|Token|👩".split(
    "|",
  );

function seamText(seed: number): string {
  const random = randomNumbers(seed);
  return Array.from({ length: 1 + random(30) }, () => parts[random(parts.length)]).join("");
}

/** The ids of a text that is encoded whole. */
function wholeIds(json: object, text: string): number[] | null {
  try {
    return new Pipeline(json).encode(text, { atStart: true, insideStretch: false });
  } catch {
    return null; // what has no token
  }
}

test("a text that is cut at seams has the tokens of the whole text, whatever the settings are", () => {
  let withSeams = 0;
  for (let seed = 0; seed < 1500; seed++) {
    const json = randomSettings(seed);
    let own: SubwordTokenizer;
    try {
      own = new SubwordTokenizer(json);
    } catch {
      continue; // refused
    }
    if (!new Seams(new Pipeline(json)).any) continue;
    withSeams++;
    for (let round = 0; round < 8; round++) {
      const text = seamText(seed * 8 + round);
      const ids = wholeIds(json, text);
      if (ids === null) continue;
      const about = `seed ${seed}: ${JSON.stringify({ ...json, model: undefined })} ${JSON.stringify(text)}`;
      expect([...own.encode(text)], about).toEqual(ids);
      const encoder = own.encoder();
      const streamed = [...text].flatMap((character) => [...encoder.push(character)]);
      expect([...streamed, ...encoder.end()], about).toEqual(ids);
    }
  }
  expect(withSeams).toBeGreaterThan(150);
});

test.each(Object.entries(preTokenizers))("%s keeps seams apart, or has none", (_, pre_tokenizer) => {
  for (const model of [models.words, models.pieces]) {
    const json = jsonOf({ model, pre_tokenizer, added: 0b11 });
    const own = new SubwordTokenizer(json);
    for (let seed = 0; seed < 200; seed++) {
      const text = seamText(seed);
      expect([...own.encode(text)], JSON.stringify(text)).toEqual(wholeIds(json, text));
    }
  }
});

const marked = { type: "Replace", pattern: { String: " " }, content: "▁" };
const lineEnds = { type: "Precompiled", precompiled_charsmap: charsmapOf({ "\n": " " }) };
const normalizations: Record<string, object[]> = {
  none: [],
  "marks for spaces": [marked],
  "marks for spaces and line ends": [lineEnds, marked],
  "marks, and spaces beside Chinese": [marked, { ...(normalizers["BERT true null"] as object) }],
  "spaces for line ends": [lineEnds],
  "letters for spaces": [{ type: "Precompiled", precompiled_charsmap: charsmapOf({ " ": "a" }) }],
  "letters for line ends": [{ type: "Precompiled", precompiled_charsmap: charsmapOf({ "\n": "a" }) }],
};
const cuts: object[] = [
  ...["WhitespaceSplit", "BertPreTokenizer", "Whitespace"].map((type) => ({ type })),
  ...["▁", "a"].flatMap((replacement) =>
    [true, false].map((split) => ({ type: "Metaspace", replacement, prepend_scheme: "never", split })),
  ),
  ...[" ", "▁", "\n", "a"].map((delimiter) => ({ type: "CharDelimiterSplit", delimiter })),
  ...["\\p{N}+", "[a-c]"].map((Regex) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false })),
];

test.each(Object.entries(normalizations))("%s: whatever cuts the text afterwards, seams part no token", (_, steps) => {
  for (const cut of cuts) {
    for (const model of [models.characters, models.words]) {
      const normalizer = { type: "Sequence", normalizers: steps };
      const json = jsonOf({ model, normalizer, pre_tokenizer: cut, added: 0 });
      const [own, pipeline] = [new SubwordTokenizer(json), new Pipeline(json)];
      for (let seed = 0; seed < 30; seed++) {
        const text = seamText(seed);
        const ids = [...pipeline.encode(text, { atStart: true, insideStretch: false })];
        expect([...own.encode(text)], `${JSON.stringify(cut)} ${JSON.stringify(text)}`).toEqual(ids);
      }
    }
  }
});

/** The usual makes of tokenizers, with few added tokens. */
const usual = {
  "GPT-2": { model: models["byte letters"], pre_tokenizer: preTokenizers.ByteLevel as object },
  "Llama 3": { model: models["byte letters"], pre_tokenizer: preTokenizers["Sequence of llama 3"] as object },
  BERT: {
    model: models.pieces,
    normalizer: normalizers["BERT true null"] as object,
    pre_tokenizer: preTokenizers.BertPreTokenizer as object,
  },
  T5: { model: models.unigrams, pre_tokenizer: preTokenizers["Sequence of T5"] as object },
  "Llama 2": { model: models.bytes, normalizer: normalizers["Llama 2"] as object },
  Gemma: { model: models.bytes, normalizer: normalizers.Gemma as object },
};

test.each(Object.entries(usual))(
  "%s gives tokens before its text is over, and those of the whole text",
  (_, settings) => {
    const json = jsonOf({ ...settings, added: 0b11 });
    const own = new SubwordTokenizer(json);
    expect(own.encoder().push("the word cat then a word").length).toBeGreaterThan(2);
    for (let seed = 0; seed < 2000; seed++) {
      const text = seamText(seed);
      const ids = wholeIds(json, text);
      if (ids !== null) expect([...own.encode(text)], JSON.stringify(text)).toEqual(ids);
    }
  },
);

const flags = { single_word: false, lstrip: false, rstrip: false, special: true };
const cut = preTokenizers.WhitespaceSplit as object;
const bert = { normalizer: normalizers["BERT true null"] as object, pre_tokenizer: cut };
const unicode = { normalizer: { type: "NFC" }, pre_tokenizer: cut };

test.each(Object.entries({ "without a normalizer": { pre_tokenizer: cut }, bert, unicode }))(
  "words are kept apart at spaces and line ends: %s",
  (_, settings) => {
    const seams = new Seams(new Pipeline(jsonOf({ model: models.words, ...settings, added: 0 })));
    expect(seams.pieces("the cat\nthe quick\n cat")).toEqual(["the", " cat\n", "the", " quick\n cat"]);
    expect(seams.last("the cat\nthe", 0)).toBe(8);
  },
);

test("a line end inside of an added token is no seam, whether the token is sought before or after the normalizer", () => {
  // BERT's normalizer makes a space of a line end.
  for (const [content, normalized] of [
    ["the\ncat", false],
    ["the cat", true],
  ] as const) {
    const json = {
      ...jsonOf({ model: models.pieces, ...bert, added: 0 }),
      added_tokens: [{ ...flags, id: Object.keys(models.pieces.vocab).length, content, normalized }],
    };
    const own = new SubwordTokenizer(json);
    const text = "a the\ncat quick\nthe\ncat x\n".repeat(3);
    const ids = [...own.encode(text)];
    expect(ids).toEqual(wholeIds(json, text));
    expect(ids.filter((id) => id === own.size - 1)).toHaveLength(6);
  }
});

test("a character whose byte is the first token of the vocabulary keeps its bytes too", () => {
  const model = {
    type: "BPE",
    vocab: { "<0x20>": 0, "<0x21>": 1, a: 2, b: 3, "a<0x21>": 4 },
    merges: [["a", "<0x21>"]],
  };
  const bytes = new BytePairs(new Component("model", { ...model, byte_fallback: true }));
  expect([" ", "!", "?"].map((character) => bytes.keepsBytesOf(character))).toEqual([true, false, false]);
});

test("a model that joins a letter with the space after it has no seam in front of spaces", () => {
  const json = (merge: readonly [string, string]) =>
    jsonOf({
      model: {
        type: "BPE",
        unk_token: "<unk>",
        vocab: { "<unk>": 0, a: 1, b: 2, "▁": 3, [merge.join("")]: 4 },
        merges: [merge],
      },
      normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" },
      added: 0,
    });
  const joining = json(["a", "▁"]);
  expect([...new SubwordTokenizer(joining).encode("ba b a b")]).toEqual([2, 4, 2, 3, 4, 2]);
  expect(wholeIds(joining, "ba b a b")).toEqual([2, 4, 2, 3, 4, 2]);
  expect(new Seams(new Pipeline(joining)).pieces("ba b a b")).toEqual(["ba b a b"]);
  expect(new Seams(new Pipeline(json(["▁", "b"]))).pieces("ba b a b")).toEqual(["ba", " b", " a", " b"]);
});

const withCut = (...steps: object[]) => ({ pre_tokenizer: { type: "Sequence", pretokenizers: [...steps, cut] } });
const alone = (...steps: object[]) => ({ pre_tokenizer: { type: "Sequence", pretokenizers: steps } });
const after = (...steps: object[]) => ({ normalizer: { type: "Sequence", normalizers: steps }, pre_tokenizer: cut });
const adding = (token: object) => ({
  pre_tokenizer: cut,
  added_tokens: [{ ...flags, id: 3, normalized: false, ...token }],
});
const split = (pattern: object, behavior = "Isolated", invert = false) => ({
  type: "Split",
  pattern,
  behavior,
  invert,
});
const replace = (pattern: object, content: string) => ({ type: "Replace", pattern, content });
const metaspace = (own: object = {}) => ({ type: "Metaspace", replacement: "▁", ...own });
const byteLevel = (add_prefix_space: boolean, use_regex = true) => ({
  type: "ByteLevel",
  add_prefix_space,
  use_regex,
  trim_offsets: true,
});
const delimiter = (character: string) => ({ type: "CharDelimiterSplit", delimiter: character });
const digits = { type: "Digits", individual_digits: true };
const chinese = {
  type: "BertNormalizer",
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: false,
  lowercase: false,
};
const stripping = (strip_left: boolean, strip_right: boolean) => ({ type: "Strip", strip_left, strip_right });
const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const bpe = (vocab: readonly string[], own: object = {}) => ({
  model: {
    type: "BPE",
    unk_token: "?",
    merges: [],
    ...own,
    vocab: Object.fromEntries(vocab.map((token, id) => [token, id])),
  },
});
const plain = ["?", "a", "b", " ", "\n"];

/** The seams of words apart from models, by the step that keeps both sides of each apart. */
const keepers: readonly [kept: "both" | "spaces" | "lines" | "none", settings: object][] = [
  ["both", withCut()],
  ["none", alone()],
  ["both", alone({ type: "Whitespace" })],
  ["both", alone({ type: "BertPreTokenizer" })],
  ["both", withCut(digits)],
  ["none", alone(digits)],
  ["both", withCut({ type: "Punctuation", behavior: "Isolated" })],
  ["none", withCut({ type: "FixedLength", length: 3 })],
  ["spaces", alone(metaspace())],
  ["none", alone(metaspace({ split: false }))],
  ["spaces", withCut(metaspace())],
  ["both", withCut(metaspace({ prepend_scheme: "never" }))],
  ["spaces", alone(delimiter(" "))],
  ["lines", alone(delimiter("\n"))],
  ["none", alone(delimiter("a"))],
  ["both", withCut(delimiter("a"))],
  ["both", alone(byteLevel(false))],
  ["spaces", alone(byteLevel(true))],
  ["none", alone(byteLevel(false, false))],
  ["lines", alone(byteLevel(false, false), delimiter("Ċ"))],
  ["none", alone(byteLevel(false, false), delimiter("Ġ"))],
  ["spaces", alone(split({ String: " " }))],
  ["spaces", alone(split({ String: " " }, "MergedWithNext"))],
  ["none", alone(split({ String: " " }, "MergedWithPrevious"))],
  ["none", withCut(split({ String: "x" }, "Isolated", true))],
  ["lines", alone(split({ String: "\n" }))],
  ["lines", alone(split({ String: "\n" }, "MergedWithPrevious"))],
  ["none", alone(split({ String: "\n" }, "MergedWithNext"))],
  ["both", withCut(split({ String: "x" }))],
  ["lines", withCut(split({ String: "x " }))],
  ["spaces", withCut(split({ String: "x\n" }))],
  ["both", alone(split({ Regex: gpt2 }))],
  ["both", alone(split({ Regex: gpt2 }, "Removed", true))],
  ["none", alone(split({ Regex: gpt2 }, "Isolated", true))],
  ["none", alone(split({ Regex: gpt2 }, "Removed"))],
  ["both", withCut(split({ Regex: "\\d" }))],
  ["both", withCut(split({ Regex: "[a-c]{1,3}" }))],
  ["none", withCut(split({ Regex: "\\d" }, "Removed"))],
  ["none", withCut(split({ Regex: "\\d" }, "Isolated", true))],
  ["lines", withCut(split({ Regex: "[ a]" }))],
  ["none", withCut(split({ Regex: "\\s" }))],
  ["both", after({ type: "NFC" })],
  ["none", after({ type: "ByteLevel" })],
  ["lines", after(marked)],
  ["none", after(replace({ String: " " }, "a"))],
  ["both", after(replace({ String: "x" }, "y"))],
  ["none", after(replace({ String: "x y" }, "z"))],
  ["none", after(replace({ String: "x" }, " "))],
  ["none", after(replace({ String: "x" }, "▁"))],
  ["both", after(replace({ Regex: " {2,}" }, " "))],
  ["lines", after(replace({ Regex: " {2,}" }, "▁"))],
  ["none", after(replace({ Regex: " {2,}" }, "a"))],
  ["none", after(replace({ Regex: " +" }, " "))],
  ["both", after(stripping(true, false))],
  ["spaces", after(stripping(false, true))],
  ["both", after(chinese)],
  ["none", { ...after(chinese), ...withCut(digits) }],
  ["both", { ...after({ ...chinese, handle_chinese_chars: false }), ...withCut(digits) }],
  ["both", after(lineEnds)],
  ["spaces", after({ type: "Precompiled", precompiled_charsmap: charsmapOf({ "\n": "a" }) })],
  ["spaces", { ...after(marked), ...alone(metaspace()) }],
  ["both", adding({ content: "x" })],
  ["lines", adding({ content: "a b" })],
  ["lines", adding({ content: "a  b" })],
  ["both", adding({ content: " a" })],
  ["both", adding({ content: "  a" })],
  ["spaces", adding({ content: "a\nb" })],
  ["spaces", adding({ content: "\nb" })],
  ["both", adding({ content: "a\n" })],
  ["lines", adding({ content: "x", rstrip: true })],
  ["spaces", adding({ content: "x", lstrip: true })],
  ["both", adding({ content: "x", single_word: true })],
  ["lines", adding({ content: " x", single_word: true })],
  ["both", bpe(plain)],
  ["both", { ...bpe(plain), ...alone(digits) }],
  ["lines", bpe(["?", "a", "b", "\n"])],
  ["spaces", bpe(["?", "a", "b", " "])],
  ["lines", bpe([...plain, "a "])],
  ["both", bpe([...plain, " a", "  a", "a\n"])],
  ["spaces", bpe([...plain, "\na"])],
  ["none", bpe(plain, { ignore_merges: true })],
  ["none", bpe(plain, { continuing_subword_prefix: "##" })],
  ["none", bpe(plain, { end_of_word_suffix: "/" })],
  ["none", { ...bpe(plain), ...after(chinese), pre_tokenizer: null }],
  ["both", { ...bpe(["?", "a", "Ġ", "Ċ"]), ...alone(byteLevel(false, false)) }],
  ["both", bpe(["?", "a", "<0x20>", "<0x0A>"], { byte_fallback: true })],
  ["lines", bpe(["?", "a", "<0x20>", "<0x0A>", "a<0x20>"], { byte_fallback: true, merges: ["a <0x20>"] })],
];

test("spaces and line ends are seams where a step, or the model, keeps their two sides apart", () => {
  for (const [kept, settings] of keepers) {
    const words = { type: "WordLevel", unk_token: "?", vocab: { "?": 0, a: 1, b: 2 } };
    const seams = new Seams(new Pipeline({ ...jsonOf({ model: words, added: 0 }), ...settings }));
    const pieces = {
      both: ["a", " b\n", "b", " a"],
      spaces: ["a", " b\nb", " a"],
      lines: ["a b\n", "b a"],
      none: ["a b\nb a"],
    };
    expect(seams.pieces("a b\nb a"), JSON.stringify(settings)).toEqual(pieces[kept]);
    expect([seams.any, seams.lighten]).toEqual([kept !== "none", kept !== "none" && "model" in settings]);
  }
});

const seamTexts: readonly (readonly [text: string, pieces: readonly string[]])[] = [
  ["a  b", ["a", "  b"]],
  ["a. b$ c", ["a.", " b$", " c"]],
  ["▁ b", ["▁ b"]],
  ["a\u0301 b", ["a\u0301 b"]],
  ["👩 b", ["👩 b"]],
  ["\u{1d518} b", ["\u{1d518}", " b"]],
  ["\ud800 b", ["\ud800 b"]],
  [" b", [" b"]],
  ["a\n\u{1d518}", ["a\n", "\u{1d518}"]],
  ["a\n1", ["a\n", "1"]],
  ["$\nb", ["$\n", "b"]],
  ["a\n$b", ["a\n$b"]],
  ["\nb", ["\nb"]],
  ["a\n\nb", ["a\n\nb"]],
  ["a \nb", ["a", " \nb"]],
  ["a\n b", ["a\n b"]],
  ["\udc00\nb", ["\udc00\nb"]],
];

test("a seam in front of a space follows a letter, a digit or a sign, and one after a line is followed by a word", () => {
  const seams = new Seams(new Pipeline(jsonOf({ model: models.words, pre_tokenizer: cut, added: 0 })));
  for (const [text, pieces] of seamTexts) {
    expect(seams.pieces(text), JSON.stringify(text)).toEqual(pieces);
    expect(seams.last(text, 0), JSON.stringify(text)).toBe(text.length - (pieces.at(-1) as string).length);
  }
});

test("the last seam is sought from two characters before those that have been searched", () => {
  const seams = new Seams(new Pipeline(jsonOf({ model: models.words, pre_tokenizer: cut, added: 0 })));
  expect([0, 5, 6].map((searched) => seams.last("a b c", searched))).toEqual([3, 3, 0]);
  const none = new Seams(new Pipeline(jsonOf({ model: models.words, added: 0 })));
  expect([none.last("a b c", 0), none.any, none.lighten]).toEqual([0, false, false]);
});
