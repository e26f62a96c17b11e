import { describe, expect, test } from "vitest";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import { tokenizerFromJSON } from "../../lib/data/tokenizerFromJSON.js";

const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };

/** Words with added tokens: those of `special` are special, those of `other` are not. */
function jsonOf(tokens: { special?: string[]; other?: string[] }, parts: object = {}) {
  const { special = [], other = [] } = tokens;
  const added = [
    ...special.map((content) => ({ content, special: true })),
    ...other.map((content) => ({ content, special: false })),
  ];
  const vocab = { "<unk>": 0, the: 1, word: 2 };
  return {
    version: "1.0",
    added_tokens: added.map((token, i) => ({ id: 3 + i, ...flags, ...token })),
    pre_tokenizer: { type: "WhitespaceSplit" },
    model: { type: "WordLevel", unk_token: "<unk>", vocab },
    ...parts,
  };
}

/** The special tokens by name. */
function specialsOf(json: object, names = {}): Record<string, string> {
  const tokenizer = new SubwordTokenizer(json, names);
  return Object.fromEntries(Object.entries(tokenizer.special).map(([meaning, id]) => [meaning, tokenizer.token(id)]));
}

describe("special tokens", () => {
  test("are added tokens that the file calls special, whatever others are called", () => {
    // Gemma: </s> is a tag of HTML there.
    const gemma = jsonOf({ special: ["<pad>", "<eos>", "<bos>"], other: ["</s>", "<s>"] });
    expect(specialsOf(gemma)).toEqual({
      unknown: "<unk>",
      padding: "<pad>",
      endOfSentence: "<eos>",
      beginOfSentence: "<bos>",
    });
    expect(specialsOf(jsonOf({ other: ["</s>"] }))).toEqual({ unknown: "<unk>" });
  });

  test("are none where two have usual names", () => {
    expect(specialsOf(jsonOf({ special: ["</s>", "<|endoftext|>"] }))).toEqual({ unknown: "<unk>" });
  });

  test("are what a post-processor puts around a text", () => {
    const part = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
    const single = [part("<|endoftext|>"), { Sequence: { id: "A", type_id: 0 } }, part("</s>")];
    const template = { type: "TemplateProcessing", single, pair: [], special_tokens: {} };
    const tokens = { special: ["</s>", "<|endoftext|>", "[CLS]", "[SEP]"] };
    const expected = { unknown: "<unk>", beginOfSentence: "<|endoftext|>", endOfSentence: "</s>" };
    expect(specialsOf(jsonOf(tokens, { post_processor: template }))).toEqual(expected);
    const steps = { type: "Sequence", processors: [{ type: "ByteLevel" }, template] };
    expect(specialsOf(jsonOf(tokens, { post_processor: steps }))).toEqual(expected);
    const bert = { type: "BertProcessing", sep: ["[SEP]", 6], cls: ["[CLS]", 5] };
    expect(specialsOf(jsonOf(tokens, { post_processor: bert }))).toMatchObject({
      beginOfSentence: "[CLS]",
      endOfSentence: "[SEP]",
    });
    const two = { ...template, single: [part("[CLS]"), part("[SEP]"), ...single.slice(1)] };
    expect(specialsOf(jsonOf(tokens, { post_processor: two }))).toEqual({
      unknown: "<unk>",
      endOfSentence: "</s>",
      beginOfSentence: "[CLS]",
    });
  });

  test("are those that are named, also after saving", () => {
    const json = jsonOf({ special: ["</s>", "<|endoftext|>"], other: ["<begin>"] });
    const names = { endOfSentence: "<|endoftext|>", beginOfSentence: "<begin>", unknown: null };
    const expected = { endOfSentence: "<|endoftext|>", beginOfSentence: "<begin>" };
    expect(specialsOf(json, names)).toEqual(expected);
    const saved = JSON.parse(JSON.stringify(new SubwordTokenizer(json, names)));
    expect(specialsOf(saved)).toEqual(expected);
    expect(tokenizerFromJSON(saved).special).toEqual(new SubwordTokenizer(json, names).special);
    expect(specialsOf(saved, { padding: "the" })).toEqual({ ...expected, padding: "the" });
    expect(new SubwordTokenizer(json).toJSON()).toEqual(json);
  });

  test("have to be in the vocabulary, and their names to be texts", () => {
    const json = jsonOf({ special: ["</s>"] });
    expect(() => new SubwordTokenizer(json, { endOfSentence: "<s>" })).toThrow(
      'tokenizer.json has no token "<s>" (endOfSentence); did you mean "</s>"?',
    );
    for (const names of [{ endOfSentence: "" }, { endOfSentence: 3 }, { end: "</s>" }, "</s>"]) {
      expect(() => new SubwordTokenizer(json, names as object)).toThrow(
        expect.objectContaining({ code: "ERR_OSTINATO_OPTION" }),
      );
    }
  });
});
