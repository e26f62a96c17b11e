import { expect, test } from "vitest";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import { jsonOf } from "./subwordFiles.js";
import { models, preTokenizers } from "./subwordSettings.js";

const words = { type: "WordLevel", unk_token: "<unk>", vocab: { "<unk>": 0, a: 1, b: 2 } };
const pairs = { type: "BPE", unk_token: "<unk>", vocab: { "<unk>": 0, a: 1, b: 2, ab: 3 }, merges: ["a b"] };
const added = {
  id: 3,
  content: "<s>",
  special: true,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
};
const split = (Regex: string) => ({
  pre_tokenizer: { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false },
});
const nested = (depth: number): object =>
  depth === 0 ? { type: "Whitespace" } : { type: "Sequence", pretokenizers: [nested(depth - 1)] };

const refusals: Record<string, [parts: object, message: RegExp]> = {
  "a model of another kind": [
    { model: { ...words, type: "Magic" } },
    /model is of type "Magic", which is not supported.*BPE, WordPiece/,
  ],
  "a normalizer of another kind": [{ normalizer: { type: "Uppercase" } }, /normalizer is of type "Uppercase".*NFC/],
  "a pre-tokenizer of another kind": [
    { pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "UnicodeScripts" }] } },
    /pre_tokenizer\.pretokenizers\[0\] is of type "UnicodeScripts", which is not supported/,
  ],
  "a decoder of another kind": [{ decoder: { type: "toString" } }, /decoder is of type "toString"/],
  "a component without a type": [{ normalizer: {} }, /expected normalizer\.type to be a text, got undefined/],
  "a component that is a list": [{ normalizer: [] }, /expected normalizer to be an object, got an array of 0/],
  "a setting that is missing": [
    { pre_tokenizer: { type: "Digits" } },
    /expected pre_tokenizer\.individual_digits to be true or false/,
  ],
  "a behaviour that does not exist": [
    { pre_tokenizer: { type: "Punctuation", behavior: "isolated" } },
    /expected pre_tokenizer\.behavior to be one of Removed, Isolated.*got "isolated"/,
  ],
  "settings that contradict": [
    { pre_tokenizer: { type: "Metaspace", replacement: "▁", add_prefix_space: false } },
    /add_prefix_space is false, and prepend_scheme is "always"/,
  ],
  "two marks in front": [
    { normalizer: { type: "Prepend", prepend: "▁" }, pre_tokenizer: preTokenizers["Metaspace first"] },
    /prepend_scheme "first" after Prepend/,
  ],
  "tokens that are drawn": [
    { model: { ...pairs, dropout: 0.1 } },
    /dropout draws other tokens each time. Set it to null/,
  ],
  "a merge that makes no token": [
    { model: { ...pairs, merges: ["b a"] } },
    /merge 0 \("b a"\) has a token that is not in the vocabulary/,
  ],
  "a merge that is no pair": [{ model: { ...pairs, merges: [["a", 1]] } }, /merge 0 .* is not a pair of tokens/],
  "a merge without the prefix of tokens inside words": [
    { model: { ...pairs, continuing_subword_prefix: "##" } },
    /merge 0 \("a b"\) lacks the prefix "##" of tokens inside words/,
  ],
  "an unknown token that is none": [
    {
      model: {
        type: "Unigram",
        unk_id: 2,
        vocab: [
          ["<unk>", 0],
          ["a", -1],
        ],
      },
    },
    /unk_id 2 is outside the vocabulary/,
  ],
  "an added token that the normalizer takes away": [
    {
      normalizer: { type: "Replace", pattern: { String: "s" }, content: "" },
      added_tokens: [{ ...added, content: "ss", normalized: true }],
    },
    /the added token "ss" is "" after normalization, which stands nowhere in a text\./,
  ],
  "a vocabulary without tokens": [{ model: { ...words, vocab: {} } }, /tokenizer\.json: the vocabulary is empty\./],
  "an empty suffix": [
    { decoder: { type: "BPEDecoder", suffix: "" } },
    /expected decoder\.suffix to be a text that is not empty, got ""/,
  ],
  "two characters for one": [
    { decoder: { ...(preTokenizers["Metaspace first"] as object), replacement: "ab" } },
    /expected decoder\.replacement to be one character, got "ab"/,
  ],
  "a length below its least": [
    { pre_tokenizer: { type: "FixedLength", length: 0 } },
    /expected pre_tokenizer\.length to be a whole number of at least 1, got 0/,
  ],
  "an id that is no number": [
    { model: { ...words, vocab: { "<unk>": 0, a: "1" } } },
    /expected the id of "a" to be a whole number, got "1"/,
  ],
  "a gap between ids": [
    { model: { ...words, vocab: { "<unk>": 0, a: 2 } } },
    /token "a" has the id 2, but there are 2 tokens: expected the ids 0 to 1/,
  ],
  "an id far away": [{ model: { ...words, vocab: { "<unk>": 0, a: 1e7 } } }, /has the id 10000000/],
  "two tokens of one id": [
    { model: { ...words, vocab: { "<unk>": 0, a: 1, b: 1 } } },
    /"a" and "b" both have the id 1/,
  ],
  "an added token of another id": [
    { added_tokens: [{ ...added, id: 4 }] },
    /"<s>" has the id 4, but the library gives it 3/,
  ],
  "an added token that is there twice": [{ added_tokens: [added, { ...added, id: 4 }] }, /"<s>" is there twice/],
  "an empty added token": [
    { added_tokens: [{ ...added, content: "" }] },
    /^tokenizer\.json: added_tokens\[0\]: an empty token stands nowhere/,
  ],
  "added tokens that are the same after normalization": [
    {
      normalizer: { type: "Lowercase" },
      added_tokens: [
        { ...added, content: "X", normalized: true },
        { ...added, id: 4, content: "x", normalized: true },
      ],
    },
    /"x" is "x" after normalization, as another one is/,
  ],
  "an expression that can take for ever": [
    split("(a+)+b"),
    /"\(a\+\)\+b" is not supported: it repeats what itself repeats/,
  ],
  "another one": [split("(a|a)*b"), /it repeats what itself repeats or has alternatives/],
  "a third one": [split("a*a*a*b"), /more than 2 repetitions without a limit follow one another/],
  "an expression with a back reference": [split("(a)\\1"), /"\\1" is not read here/],
  "an expression with an unknown property": [split("\\p{Emoji}"), /the property Emoji is not read here/],
  "an expression with conditions": [split("(?<x>a)"), /"\(\?<x" is not read here/],
  ...Object.fromEntries(
    ["ff", "st", "xFi"].map((letters) => [
      `an expression that would match a ligature, as "${letters}" does,`,
      [split(`(?i:${letters})`), new RegExp(`"${letters.slice(-2)}" without regard to case is not read here`)],
    ]),
  ),
  "an expression that ends early": [
    split("(a"),
    /^tokenizer\.json: pre_tokenizer \("Split"\): the regular expression "\(a" is not supported: a "\)" is missing\.$/,
  ],
  "a pattern that matches nothing at all": [
    { normalizer: { type: "Replace", pattern: { Regex: "a*" }, content: "b" } },
    /it can match nothing at all/,
  ],
  "an empty pattern": [{ normalizer: { type: "Replace", pattern: { String: "" }, content: "b" } }, /an empty pattern/],
  "a table that is cut off": [
    { normalizer: { type: "Precompiled", precompiled_charsmap: "AAAA" } },
    /precompiled_charsmap is damaged/,
  ],
  "components in each other without end": [{ pre_tokenizer: nested(40) }, /components lie more than 16 deep/],
  "components 17 deep": [
    { pre_tokenizer: nested(16) },
    /components lie more than 16 deep in pre_tokenizer\.(pretokenizers\[0\]\.?){16}/,
  ],
  "a number among pre-tokenizers": [
    { pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Whitespace" }, 5] } },
    /expected pre_tokenizer\.pretokenizers\[1\] to be an object, got 5/,
  ],
  "a number for an added token": [{ added_tokens: [5] }, /expected added_tokens\[0\] to be an object, got 5/],
  "a number for all added tokens": [{ added_tokens: 5 }, /expected added_tokens to be an array, got 5/],
  "offsets that are trimmed by a number": [
    { pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, trim_offsets: 1 } },
    /expected pre_tokenizer\.trim_offsets to be true or false, got 1/,
  ],
  "half a character": [{ added_tokens: [{ ...added, content: "\ud800" }] }, /a text without half a character/],
};

test.each(Object.entries(refusals))("%s is refused by name when the file is read", (_, [parts, message]) => {
  const begun = performance.now();
  const refused = () => new SubwordTokenizer({ ...jsonOf({ model: words, added: 0 }), ...parts });
  expect(refused).toThrow(message);
  expect(refused).toThrow(expect.objectContaining({ code: "ERR_OSTINATO_INPUT" }));
  expect(performance.now() - begun).toBeLessThan(500);
});

test("truncation, padding and special tokens around a text are not for a tokenizer here", () => {
  const json = jsonOf({ model: words, pre_tokenizer: { type: "Whitespace" }, added: 1 });
  const part = { SpecialToken: { id: "<s>", type_id: 0 } };
  const longer = {
    ...json,
    truncation: { max_length: 1, strategy: "LongestFirst", stride: 0, direction: "Right" },
    padding: { strategy: { Fixed: 9 }, direction: "Right", pad_id: 0, pad_type_id: 0, pad_token: "a" },
    post_processor: {
      type: "TemplateProcessing",
      single: [part, { Sequence: { id: "A", type_id: 0 } }],
      pair: [],
      special_tokens: {},
    },
  };
  expect([...new SubwordTokenizer(longer).encode("a b a")]).toEqual([1, 2, 1]);
  expect(new SubwordTokenizer(longer).special).toEqual({ unknown: 0, beginOfSentence: 3, padding: 1 });
});

test("components lie in each other 16 deep", () => {
  const own = new SubwordTokenizer(jsonOf({ model: words, pre_tokenizer: nested(15), added: 0 }));
  expect([...own.encode("a b")]).toEqual([1, 2]);
});

test("a file of the first years names no type of model", () => {
  for (const name of ["pairs", "pieces", "words", "unigrams"] as const) {
    const { type: _, ...model } = models[name] as { type: string };
    const [old, now] = [model, models[name]].map(
      (one) => new SubwordTokenizer(jsonOf({ model: one, pre_tokenizer: { type: "Whitespace" } })),
    );
    expect(old?.encode("the cat, café 한국어 cathe")).toEqual(now?.encode("the cat, café 한국어 cathe"));
  }
});

test("a word too long for the expressions of a file is an error that says so", () => {
  const own = new SubwordTokenizer(jsonOf({ model: models["byte letters"], ...split("\\p{L}+|\\P{L}"), added: 0 }));
  expect(() => own.encode("가".repeat(8_000_000))).toThrow(
    /a word that is too long for the regular expressions of tokenizer\.json/,
  );
});
