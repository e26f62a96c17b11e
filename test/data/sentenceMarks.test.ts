import { expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import { sentenceMarks, sentenceTokenizer } from "../../lib/data/sentenceMarks.js";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import { TokenizerPair, tokenizerPairRule } from "../../lib/data/tokenizerPair.js";
import { WordTokenizer } from "../../lib/data/wordTokenizer.js";

/** A tokenizer whose tokens have the ids of their places. */
function tokenizerOf(tokens: readonly string[], special: readonly string[]): SubwordTokenizer {
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return new SubwordTokenizer({
    model: { type: "WordLevel", unk_token: "<unk>", vocab },
    pre_tokenizer: { type: "Whitespace" },
    added_tokens: special.map((content) => ({ ...flags, content, id: vocab[content] })),
  });
}

test("a sentence stands between its special tokens, also where one of them is the first of the vocabulary", () => {
  for (const tokens of [
    ["<s>", "</s>", "<unk>", "a"],
    ["</s>", "<s>", "<unk>", "a"],
    ["<unk>", "a", "<s>", "</s>"],
  ]) {
    const tokenizer = tokenizerOf(tokens, ["<s>", "</s>"]);
    const marks = { begin: tokens.indexOf("<s>"), end: tokens.indexOf("</s>") };
    expect(sentenceMarks(tokenizer)).toEqual(marks);
    expect(sentenceMarks(sentenceTokenizer(tokenizer))).toEqual(marks);
  }
});

test("lines of a tokenizer without a line end are its own, with the mark of the end between them", () => {
  const tokenizer = tokenizerOf(["<unk>", "a", "b", "</s>"], ["</s>"]);
  const lines = sentenceTokenizer(tokenizer);
  const text = "a b\n\nb a a\n";
  const ids = [1, 2, 3, 3, 2, 1, 1, 3];
  expect([...lines.encode(text)]).toEqual(ids);
  const encoder = lines.encoder();
  const pieces = [...text].map((character) => [...encoder.push(character)]);
  expect([...pieces.flat(), ...encoder.end()]).toEqual(ids);
  expect(encoder.characters).toBe(text.length);
  const open = lines.encoder();
  expect([...open.push("a\nb a"), ...open.end()]).toEqual([1, 3, 2, 1]);
  expect(open.characters).toBe(5);
  expect([lines.kind, lines.size, lines.special]).toEqual(["subword", 4, tokenizer.special]);
  expect(lines.normalize("a  b\n\nb")).toBe("a  b\n\nb");
  expect([1, 3].map((id) => Buffer.from(lines.tokenBytes(id)).toString())).toEqual(["a", "\n"]);
  expect([lines.token(1), lines.token(3)]).toEqual(["a", "</s>"]);
  expect(lines.decode(ids)).toBe(
    text
      .split("\n")
      .map((line) => tokenizer.decode(tokenizer.encode(line)))
      .join("\n"),
  );
  expect(["\n", "a", "</s>", "c"].map((token) => lines.id(token))).toEqual([3, 1, 3, undefined]);
  expect(lines.toJSON()).toEqual(tokenizer.toJSON());
});

test("one mark is both where a vocabulary has no more: the end of a sentence, or the line end, which comes first", () => {
  expect(sentenceMarks(tokenizerOf(["</s>", "<unk>", "a"], ["</s>"]))).toEqual({ begin: 0, end: 0 });
  const words = WordTokenizer.fromText("a b\nc\n");
  expect(sentenceMarks(words)).toEqual({ begin: words.id("\n"), end: words.id("\n") });
  expect(() => sentenceMarks(tokenizerOf(["<s>", "<unk>", "a"], ["<s>"]))).toThrow(
    "Sentences need a token that ends them",
  );
});

test("a pair of tokenizers has the marks of its target, and is written with what is not as usual", () => {
  const [letters, words] = [CharacterTokenizer.fromText("ab\n"), WordTokenizer.fromText("a b\n")];
  const both = tokenizerOf(["<unk>", "<s>", "</s>"], ["<s>", "</s>"]);
  const one = tokenizerOf(["<unk>", "a", "</s>"], ["</s>"]);
  const marks = [both, one, words, letters].map((target) => new TokenizerPair(letters, target).marks);
  expect(marks).toEqual([
    { begin: 1, end: 2 },
    { begin: 2, end: 2 },
    { begin: words.id("\n"), end: words.id("\n") },
    { begin: letters.id("\n"), end: letters.id("\n") },
  ]);
  const pair = new TokenizerPair(letters, words, { reversed: true });
  const json = { kind: "pair", source: letters.toJSON(), target: words.toJSON(), reversed: true };
  expect(pair.toJSON()).toEqual(json);
  expect(TokenizerPair.fromJSON(json).toJSON()).toEqual(json);
  const plain = new TokenizerPair(words, words);
  expect(JSON.parse(JSON.stringify(plain))).toEqual({ kind: "pair", source: words.toJSON() });
  expect([plain.reversed, TokenizerPair.fromJSON({ ...json, reversed: "yes" }).reversed]).toEqual([false, false]);
  expect([[...pair.encodeSource("ab")], [...pair.encodeTarget("a b")]]).toEqual([
    [...letters.encode("ba")],
    [...words.encode("a b")],
  ]);
  for (const wrong of [null, { ...json, kind: "word" }]) {
    expect(() => TokenizerPair.fromJSON(wrong)).toThrow("Expected the vocabularies of a source and a target, got");
  }
  expect([pair, {}, null].map((value) => tokenizerPairRule.fits(value))).toEqual([true, false, false]);
  for (const [source, target] of [
    [{}, words],
    [letters, undefined],
  ] as [never, never][]) {
    expect(() => new TokenizerPair(source, target)).toThrow(
      "TokenizerPair: expected the tokenizers of source and target, got",
    );
  }
});
