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
