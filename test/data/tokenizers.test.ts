import { describe, expect, test } from "vitest";
import { byteLetters, bytesOfLetters, inByteLetters } from "../../lib/data/byteLetters.js";
import { ByteTokenizer } from "../../lib/data/byteTokenizer.js";
import { countCharacters } from "../../lib/data/characters.js";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import { Corpus } from "../../lib/data/corpus.js";
import { HangulComposer } from "../../lib/data/hangul.js";
import type { Tokenizer } from "../../lib/data/tokenizer.js";
import { tokenizerFromJSON } from "../../lib/data/tokenizerFromJSON.js";
import { Place, UnknownTokenError } from "../../lib/data/unknownToken.js";
import { TokenCounts, Vocabulary } from "../../lib/data/vocabulary.js";
import { WordTokenizer } from "../../lib/data/wordTokenizer.js";
import { cutAnywhere, randomText } from "./randomText.js";
import { subwordTokenizers } from "./subwords.js";

const seeds = Array.from({ length: 100 }, (_, i) => i);

/** Every kind of tokenizer, with a vocabulary from the text. */
const kinds: Record<string, (text: string) => Tokenizer> = {
  characters: (text) => CharacterTokenizer.fromText(text),
  jamo: (text) => CharacterTokenizer.fromText(text, { unit: "jamo" }),
  "characters with <unk>": (text) => CharacterTokenizer.fromText(text, { unknown: true }),
  bytes: () => new ByteTokenizer(),
  words: (text) => WordTokenizer.fromText(text),
  ...Object.fromEntries(Object.entries(subwordTokenizers).map(([name, make]) => [`subwords: ${name}`, () => make()])),
};
const lossless = Object.entries(kinds).filter(([name]) => name !== "subwords: WordPiece");

/** The library's byte fallback loses U+FEFF, which TextDecoder takes for a byte-order mark. */
const textFor = (name: string, seed: number) =>
  `word ${randomText(seed)}`.replaceAll("\ufeff", name.includes("byte fallback") ? "" : "\ufeff");

describe.each(lossless)("%s", (name, make) => {
  test("decoding what was encoded gives the normalised text", () => {
    for (const seed of seeds) {
      const text = textFor(name, seed);
      const tokenizer = make(text);
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(tokenizer.normalize(text));
      expect(tokenizer.normalize(tokenizer.normalize(text))).toBe(tokenizer.normalize(text));
    }
  });

  test("the bytes of the tokens, one after the other, are those of the text", () => {
    if (name === "words") return; // the spaces between words belong to no token
    for (const seed of seeds) {
      const text = textFor(name, seed).normalize("NFC");
      const tokenizer = make(text);
      const bytes = Buffer.concat(Array.from(tokenizer.encode(text), (id) => tokenizer.tokenBytes(id)));
      const start = name.includes("byte fallback") ? " " : ""; // its file puts one in front of each text
      expect(bytes.toString("utf8").normalize("NFC")).toBe(start + tokenizer.normalize(text));
    }
  });

  test("decoding token by token gives the same text, and never half a character", () => {
    for (const seed of seeds) {
      const text = textFor(name, seed);
      const tokenizer = make(text);
      const decoder = tokenizer.decoder();
      const pieces = Array.from(tokenizer.encode(text), (id) => decoder.push(id));
      pieces.push(decoder.end());
      expect(pieces.join("")).toBe(tokenizer.normalize(text));
      for (const piece of pieces) expect(piece).not.toMatch(/[\uD800-\uDBFF]$|^[\uDC00-\uDFFF]/);
    }
  });
});

describe.each(Object.entries(kinds))("%s", (_, make) => {
  test("cutting a text into pieces changes neither tokens nor characters", () => {
    for (const seed of seeds) {
      const text = `word ${randomText(seed)}`;
      const tokenizer = make(text);
      for (const longest of [1, 3, 30]) {
        const encoder = tokenizer.encoder();
        const ids = cutAnywhere(text, seed, longest).flatMap((piece) => [...encoder.push(piece)]);
        ids.push(...encoder.end());
        expect(ids).toEqual([...tokenizer.encode(text)]);
        expect(encoder.characters).toBe(countCharacters(tokenizer.normalize(text)));
      }
    }
  });

  test("comes back from JSON as it was", () => {
    const text = "the 각 of 가\nand e\u0301";
    const tokenizer = make(text);
    const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)));
    expect(again.kind).toBe(tokenizer.kind);
    expect(again.size).toBe(tokenizer.size);
    expect(again.special).toEqual(tokenizer.special);
    expect(again.encode(text)).toEqual(tokenizer.encode(text));
    for (let id = 0; id < tokenizer.size; id++) expect(again.token(id)).toBe(tokenizer.token(id));
  });

  test("refuses ids outside the vocabulary", () => {
    const tokenizer = make("some text");
    for (const id of [-1, tokenizer.size, 0.5, Number.NaN]) {
      expect(() => tokenizer.decode([id])).toThrow(/outside the vocabulary/);
      expect(() => tokenizer.decoder().push(id)).toThrow(/outside the vocabulary/);
      expect(() => tokenizer.token(id)).toThrow(/outside the vocabulary/);
    }
  });
});

test("a vocabulary of characters is that of the normalised text, in the order of code points", () => {
  expect(CharacterTokenizer.fromText("ba\u{1f600}e\u0301\uffeeb").toJSON()).toEqual({
    kind: "character",
    unit: "codepoint",
    tokens: ["a", "b", "é", "\uffee", "\u{1f600}"],
  });
});

test("a vocabulary does not depend on how the corpus is cut", async () => {
  for (const seed of seeds) {
    const text = `word ${randomText(seed)}`;
    const corpus = {
      async *pieces() {
        yield* cutAnywhere(text, seed, 5);
      },
    };
    expect((await CharacterTokenizer.fromCorpus(corpus)).toJSON()).toEqual(CharacterTokenizer.fromText(text).toJSON());
    expect((await WordTokenizer.fromCorpus(corpus)).toJSON()).toEqual(WordTokenizer.fromText(text).toJSON());
  }
});

test("jamo need few tokens for many syllables, and come back as syllables", () => {
  const syllables = Array.from({ length: 11172 }, (_, i) => String.fromCharCode(0xac00 + i)).join("");
  const tokenizer = CharacterTokenizer.fromText(syllables, { unit: "jamo" });
  expect(tokenizer.size).toBe(19 + 21 + 27);
  expect(tokenizer.decode(tokenizer.encode(syllables))).toBe(syllables);
});

test("a syllable is given out when it is complete", () => {
  const tokenizer = CharacterTokenizer.fromText("각하 ", { unit: "jamo" });
  const decoder = tokenizer.decoder();
  const pieces = Array.from(tokenizer.encode("각하 하"), (id) => decoder.push(id));
  expect([...pieces, decoder.end()]).toEqual(["", "", "각", "", "", "하 ", "", "", "하"]);
});

test("bytes wait for the last byte of their character", () => {
  const tokenizer = new ByteTokenizer();
  const decoder = tokenizer.decoder();
  expect(Array.from(tokenizer.encode("a각"), (id) => decoder.push(id))).toEqual(["a", "", "", "각"]);
  decoder.push(0xea);
  expect(decoder.end()).toBe("");
});

test("an unknown character is named with its place", () => {
  const tokenizer = CharacterTokenizer.fromText("abc\n");
  expect(() => tokenizer.encode("ab\nce\u0301")).toThrow(
    'Unknown character "é" (U+00E9) at line 2, column 2: it is not among the 4 characters of the vocabulary. ' +
      "Take it out of the text, or make the vocabulary with a token for the unknown (unknown: true; --unknown on the command line) and train again.",
  );
  expect(() => tokenizer.encode("👩")).toThrow(/"👩" \(U\+1F469\) at line 1, column 1/);
  expect(() => tokenizer.encode("\ud83d")).toThrow(/U\+D83D/);
  const encoder = tokenizer.encoder();
  encoder.push("ab\nab");
  encoder.push("c\n");
  encoder.push("a👩");
  expect(() => encoder.end()).toThrow(/line 3, column 2/);
});

test("with an unknown token nothing is an error", () => {
  const tokenizer = CharacterTokenizer.fromText("abc", { unknown: true });
  expect(tokenizer.special).toEqual({ unknown: 0 });
  expect([...tokenizer.encode("a👩b")]).toEqual([1, 0, 2]);
  expect(tokenizer.decode([1, 0, 2])).toBe("a\ufffdb");
  expect(tokenizer.token(0)).toBe("<unk>");
});

test("words are kept by frequency, and the special tokens always", () => {
  const text = "b b b a a c\nd a b\n";
  const tokens = (options: object) => (WordTokenizer.fromText(text, options).toJSON() as { tokens: string[] }).tokens;
  expect(tokens({})).toEqual(["b", "a", "<eos>", "c", "d"]);
  expect(tokens({ unknown: true })).toEqual(["b", "a", "<eos>", "<unk>", "c", "d"]);
  expect(tokens({ maximumSize: 4 })).toEqual(["b", "a", "<eos>", "<unk>"]);
  expect(tokens({ minimumCount: 2 })).toEqual(["b", "a", "<eos>", "<unk>"]);
  expect(tokens({ minimumCount: 4 })).toEqual(["b", "<eos>", "<unk>"]);
});

test("a word that is not known is an error only without <unk>", () => {
  const full = WordTokenizer.fromText("the whale\nthe sea");
  expect(() => full.encode("the\n the whales")).toThrow(
    /Unknown word "whales" at line 2, column 6: it is not among the 4 words/,
  );
  const cut = WordTokenizer.fromText("the whale\nthe sea", { minimumCount: 2 });
  expect(cut.decode(cut.encode("the  whales \n the"))).toBe("the <unk>\nthe");
});

test("words are written with one space between, and none at line ends", () => {
  const tokenizer = WordTokenizer.fromText("a b\nc\n");
  expect(tokenizer.decode(tokenizer.encode("  a  b \n\n c"))).toBe("a b\n\nc");
  expect(tokenizer.id("\n")).toBe(tokenizer.id("<eos>"));
});

test("an empty text has no vocabulary", async () => {
  expect(() => CharacterTokenizer.fromText("")).toThrow(/the text is empty/);
  expect(() => WordTokenizer.fromText(" \n")).toThrow(/no words/);
  await expect(CharacterTokenizer.fromCorpus(Corpus.fromText(""))).rejects.toThrow(/is empty/);
});

test.each([
  null,
  42,
  {},
  [],
  { kind: "sentence" },
  { kind: "character" },
  { kind: "character", tokens: "abc" },
  { kind: "character", tokens: ["a", "a"] },
  { kind: "character", tokens: ["a", "bc"] },
  { kind: "character", tokens: ["a", 1] },
  { kind: "character", unit: "letter", tokens: ["a"] },
  { kind: "word", tokens: ["a"] },
  { kind: "word", tokens: ["a b", "<eos>"] },
  { model: {} },
  { model: { type: "BPE", vocab: {} } },
  { model: { type: "BPE", vocab: { a: 1 }, merges: [] } },
  { model: { type: "BPE", vocab: { a: 0, b: 0 }, merges: [] } },
  { model: { type: "Magic", vocab: { a: 0 } }, added_tokens: [] },
])("a vocabulary that makes no sense is refused: %j", (json) => {
  expect(() => tokenizerFromJSON(json)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^ERR_OSTINATO_/) }),
  );
});

test.each([undefined, null, 5, Buffer.from("text"), ["text"]])("%o is no text for a tokenizer", (data) => {
  const tokenizers = [CharacterTokenizer.fromText("text"), WordTokenizer.fromText("text")];
  for (const tokenizer of tokenizers) {
    expect(() => tokenizer.encode(data as never)).toThrow(/encode: expected a text, got/);
    expect(() => tokenizer.normalize(data as never)).toThrow(/normalize: expected a text, got/);
  }
  for (const kind of [CharacterTokenizer, WordTokenizer]) {
    expect(() => kind.fromText(data as never)).toThrow(/Tokenizer\.fromText: expected a text, got/);
  }
});

test("options of tokenizers are what they say, and no others", () => {
  expect(() => CharacterTokenizer.fromText("a", { unknown: "yes" } as never)).toThrow(/unknown to be true or false/);
  expect(() => CharacterTokenizer.fromText("a", { unkown: true } as never)).toThrow(/did you mean unknown/);
  expect(() => CharacterTokenizer.fromText("a", "jamo" as never)).toThrow(/expected an object of options, got "jamo"/);
  expect(() => WordTokenizer.fromText("a", { maximumSize: 2 })).toThrow(/maximumSize/);
  expect(() => WordTokenizer.fromText("a", { unknown: 1 } as never)).toThrow(/unknown to be true or false/);
});

test("bytes of ASCII are tokens as people read them, and found by their letter; others have their number", () => {
  const tokenizer = new ByteTokenizer();
  expect([0x41, 0x20, 0x7f, 0x80, 0xff].map((id) => tokenizer.token(id))).toEqual([
    "A",
    "␣",
    "\\u{7F}",
    "0x80",
    "0xFF",
  ]);
  expect(["a", "\x7f", "\x80", "é", "ab", ""].map((token) => tokenizer.id(token))).toEqual([
    97,
    127,
    ...Array(4).fill(undefined),
  ]);
  const decoder = tokenizer.decoder();
  expect([0xef, 0xbb, 0xbf, 0x61].map((id) => decoder.push(id)).join("")).toBe("\ufeffa");
});

test("a vocabulary is a list of different texts", () => {
  const refused = (tokens: unknown, message: string) => expect(() => new Vocabulary(tokens as [])).toThrow(message);
  refused("ab", 'Vocabulary: expected a list of tokens, got "ab".');
  refused([], "Vocabulary: expected a list of tokens, got an array of 0.");
  refused(["a", ""], 'Vocabulary: expected token 1 to be a text, got "".');
  refused([5], "Vocabulary: expected token 0 to be a text, got 5.");
  refused(["b", "a", "b"], 'Vocabulary: token "b" is there twice, with ids 0 and 2.');
  expect(new Vocabulary(["a"]).size).toBe(1);
});

test("tokens are counted, and sorted by count and by code point, the shorter of two that begin alike first", () => {
  const counts = new TokenCounts();
  for (const token of ["ab", "\u{1f600}", "b", "\uffee", "aa", "a"]) counts.add(token);
  expect(counts.sorted()).toEqual(["a", "aa", "ab", "b", "\uffee", "\u{1f600}"]);
  counts.add("b", 3);
  counts.add("ab");
  expect(counts.ranked().slice(0, 3)).toEqual([
    { token: "b", count: 4 },
    { token: "ab", count: 2 },
    { token: "a", count: 1 },
  ]);
  expect([counts.size, counts.has("a"), counts.has("c")]).toEqual([6, true, false]);
});

test("a place counts lines and code points over the segments of a text", () => {
  const place = new Place();
  const at = (segment: string, index: number) => Object.values(place.at(segment, index));
  expect([at("ab", 0), at("a\nbc", 3)]).toEqual([
    [1, 1],
    [2, 2],
  ]);
  place.pass("ab\nc");
  expect([at("de\nfg", 1), at("de\nfg", 4)]).toEqual([
    [2, 3],
    [3, 2],
  ]);
  place.pass("\u{1f600}x");
  expect([at("y", 0), at("\u{1f600}y", 2)]).toEqual([
    [2, 4],
    [2, 5],
  ]);
});

test("an unknown word is named with its place, in a file with its line there", () => {
  const error = new UnknownTokenError("se\ta", { line: 2, column: 3 }, { kind: "word", size: 4 });
  const text =
    "it is not among the 4 words of the vocabulary. Take it out of the text, or make the vocabulary with a token for the unknown " +
    "(unknown: true, or maximumSize for the most frequent words; --vocabulary on the command line) and train again.";
  expect(error.message).toBe(`Unknown word "se\\ta" at line 2, column 3: ${text}`);
  expect(error.in("b.txt, line 7").message).toBe(`Unknown word "se\\ta" at b.txt, line 7, column 3: ${text}`);
});

test("characters beyond U+FFFF and halves of pairs are tokens of their own, which others that begin alike are not", async () => {
  const text = "a\u{1f600}\ud7ff\udfff\ue000\ud800b";
  const tokenizer = CharacterTokenizer.fromText(text);
  const tokens = ["a", "b", "\ud7ff", "\ud800", "\udfff", "\ue000", "\u{1f600}"];
  expect(tokenizer.toJSON()).toMatchObject({ tokens });
  expect([...tokenizer.encode(text)]).toEqual([0, 6, 2, 4, 5, 3, 1]);
  for (const other of ["\u{1f601}", "\u{10000}", "\ud83d"])
    expect(() => tokenizer.encode(other)).toThrow("Unknown character");
  const encoder = tokenizer.encoder();
  expect([...encoder.push("ab\u{1f600}"), ...encoder.end()]).toEqual([0, 1, 6]);
  expect(encoder.characters).toBe(3);
  expect(["unknown" in tokenizer.special, tokenizer.size]).toEqual([false, 7]);
  expect([tokenizer.normalize("e\u0301"), CharacterTokenizer.fromText("a").size]).toEqual(["é", 1]);
  async function* pieces() {
    yield* ["ab", "c"];
  }
  expect((await CharacterTokenizer.fromCorpus({ pieces })).toJSON()).toMatchObject({ tokens: ["a", "b", "c"] });
  expect(() => new CharacterTokenizer(["a"] as never)).toThrow(
    "CharacterTokenizer: expected a Vocabulary, got an array of 1.",
  );
  expect(() => new CharacterTokenizer(new Vocabulary(["a", "bc"]))).toThrow(
    'CharacterTokenizer: expected token 1 to be one character, got "bc".',
  );
});

test("only jamo are joined, and a joined syllable is one character", () => {
  const jamo = new Vocabulary(["\u1112", "\u1161"]);
  const [apart, joined] = [new CharacterTokenizer(jamo), new CharacterTokenizer(jamo, { unit: "jamo" })];
  expect([apart.decode([0, 1]), joined.decode([0, 1])]).toEqual(["\u1112\u1161", "하"]);
  const encoder = joined.encoder();
  expect([...encoder.push("하하"), ...encoder.end()]).toEqual([0, 1, 0, 1]);
  expect(encoder.characters).toBe(2);
});

test("modern jamo make syllables, from the first to the last of each kind, and others stay apart", () => {
  const composed = (text: string) => {
    const composer = new HangulComposer();
    return [...text].map((character) => composer.push(character)).join("") + composer.end();
  };
  const joined = { "\u1100\u1161": "가", "\u1112\u1175\u11c2": "힣", "\u1112\u1161\u11a8": "학", "하\u11ab": "한" };
  for (const [text, syllable] of Object.entries(joined)) expect(composed(text)).toBe(syllable);
  expect(composed("\u1112\u1112\u1161")).toBe("\u1112하");
  const apart = [
    "\u1113\u1161",
    "\u1112\u1160",
    "\u1112\u1176",
    "하\u11a7",
    "하\u11c3",
    "각\u11a8",
    "\ud7a4\u11a8",
    "a\u1161",
  ];
  for (const text of apart) expect(composed(text)).toBe(text);
  const composer = new HangulComposer();
  expect([composer.push("\u1112"), composer.end(), composer.end(), composer.push("\u1161")]).toEqual([
    "",
    "\u1112",
    "",
    "\u1161",
  ]);
});

test("bytes have letters that are seen, and letters their bytes", () => {
  expect([0, 10, 32, 33, 126, 127, 161, 173, 255].map((byte) => byteLetters[byte])).toEqual([..."ĀĊĠ!~ġ¡Ńÿ"]);
  expect([byteLetters.length, new Set(byteLetters).size]).toEqual([256, 256]);
  expect(inByteLetters("é ")).toBe("Ã©Ġ");
  expect([bytesOfLetters("Ã©Ġ"), bytesOfLetters("é한"), bytesOfLetters("")]).toEqual([
    Uint8Array.of(0xc3, 0xa9, 0x20),
    null,
    new Uint8Array(0),
  ]);
});

test("words are given out as soon as a space, a tab or a line end follows, with the characters that they stand for", () => {
  const tokenizer = WordTokenizer.fromText("a b c\n");
  const [end, a, b, c] = ["<eos>", "a", "b", "c"].map((word) => tokenizer.id(word));
  const encoder = tokenizer.encoder();
  const pushed = ["a b", "\tc", "\n", " ", "a"].map((piece) => [...encoder.push(piece), encoder.characters]);
  expect(pushed).toEqual([[a, 1], [b, 3], [c, 5], [end, 6], [6]]);
  expect([...encoder.end(), encoder.characters]).toEqual([a, 7]);
  const other = tokenizer.encoder();
  expect([...other.push("a b "), ...other.push("c")]).toEqual([a, b]);
  expect(() => [other.push(" x"), other.end()]).toThrow('Unknown word "x" at line 1, column 7');
  expect(tokenizer.normalize("e\u0301  x\ny ")).toBe("é x\ny");
  const decoder = tokenizer.decoder();
  expect([decoder.push(a as number), decoder.push(b as number), decoder.push(end as number), decoder.end()]).toEqual([
    "a",
    " b",
    "\n",
    "",
  ]);
  expect(WordTokenizer.fromText("a b c\n", { maximumSize: 3 }).size).toBe(3);
});

test("what makes no tokenizer is named by its kind, or by what it is", () => {
  const made = (json: unknown) => () => tokenizerFromJSON(json);
  const kinds =
    /^Expected a vocabulary of kind character, byte, word(, \w+)*, or a Hugging Face tokenizer\.json, got kind /;
  for (const json of [{ kind: "sentence" }, { kind: "subword" }, { kind: "x", model: {} }, {}])
    expect(made(json)).toThrow(kinds);
  expect(made("word")).toThrow('Expected a vocabulary, got "word".');
  expect(made(null)).toThrow("Expected a vocabulary, got null.");
});
