import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ByteTokenizer } from "../../lib/data/byteTokenizer.js";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import { Corpus } from "../../lib/data/corpus.js";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import { WordTokenizer } from "../../lib/data/wordTokenizer.js";

const data = (path: string) => fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url));
const corpus = (path: string) => Corpus.fromFile(data(path));

// Not part of the package: these run where the data sets stand beside it.
describe.skipIf(!existsSync(data("ptb")))("Penn Treebank (data sets beside the repository)", () => {
  test("has 10,000 word types and 929,589 / 73,760 / 82,430 tokens", async () => {
    const tokenizer = await WordTokenizer.fromCorpus(corpus("ptb/ptb.train.txt"));
    expect(tokenizer.size).toBe(10_000);
    expect(tokenizer.token(tokenizer.special.unknown as number)).toBe("<unk>");
    const lengths = [];
    for (const part of ["train", "valid", "test"]) {
      lengths.push((await corpus(`ptb/ptb.${part}.txt`).tokenize(tokenizer)).length);
    }
    expect(lengths).toEqual([929_589, 73_760, 82_430]);
  });

  test("has 50 character types and 5,017,482 / 393,042 / 442,423 characters, as words or as characters", async () => {
    const tokenizer = await CharacterTokenizer.fromCorpus(corpus("ptb/ptb.char.train.txt"));
    expect(tokenizer.size).toBe(50);
    const words = await WordTokenizer.fromCorpus(corpus("ptb/ptb.train.txt"));
    for (const [part, characters] of [
      ["train", 5_017_482],
      ["valid", 393_042],
      ["test", 442_423],
    ] as const) {
      const stream = await corpus(`ptb/ptb.char.${part}.txt`).tokenize(tokenizer);
      expect([stream.length, stream.characters]).toEqual([characters, characters]);
      // The same text, but for the last line end that the character files lack.
      const asWords = await corpus(`ptb/ptb.${part}.txt`).tokenize(words);
      expect(asWords.characters - characters).toBeLessThanOrEqual(1);
    }
  });
});

describe.skipIf(!existsSync(data("tiny-shakespeare")))("tiny-shakespeare (beside the repository)", () => {
  test("has 65 characters and 1,115,394 of them, as many as bytes", async () => {
    const text = corpus("tiny-shakespeare/input.txt");
    const tokenizer = await CharacterTokenizer.fromCorpus(text);
    expect(tokenizer.size).toBe(65);
    expect((await text.tokenize(tokenizer)).length).toBe(1_115_394);
    expect((await text.tokenize(new ByteTokenizer())).length).toBe(1_115_394);
  });
});

describe.skipIf(!existsSync(data("korean-lm-kaist")))("KAIST (beside the repository)", () => {
  test("has 2,319 characters under NFC; jamo make that less than 1,000, and stand for the same text", async () => {
    const text = corpus("korean-lm-kaist/train.txt");
    const syllables = await CharacterTokenizer.fromCorpus(text);
    // 2,333 with the line end; NFC replaces 30 compatibility ideographs, 16 of them by characters that are new.
    expect(syllables.size).toBe(2_319);
    const jamo = await CharacterTokenizer.fromCorpus(text, { unit: "jamo" });
    expect(jamo.size).toBeLessThan(1000);
    const [a, b] = [await text.tokenize(syllables), await text.tokenize(jamo)];
    expect(b.characters).toBe(a.characters);
    expect(jamo.decode(await b.read(0, b.length))).toBe(syllables.decode(await a.read(0, a.length)));
  });
});

describe.skipIf(!existsSync(data("multi30k")))("Multi30k (data sets beside the repository)", () => {
  test("needs hardly more subwords than words at a vocabulary of 8,000, and comes back as it was", async () => {
    const english = corpus("multi30k/tok/train.lc.norm.tok.en");
    const tokenizer = await SubwordTokenizer.fromCorpus(english, { size: 8000 });
    expect(tokenizer.size).toBe(8000);
    let text = "";
    for await (const piece of english.pieces()) text += piece;
    const ids = tokenizer.encode(text);
    const words = text.split(/\s+/u).filter(Boolean).length;
    expect(words).toBe(377_534);
    const lineEnds = 29_000;
    expect((ids.length - lineEnds) / words).toBeLessThan(1.05);
    expect((ids.length - lineEnds) / words).toBeGreaterThan(0.98);
    expect(tokenizer.decode(ids)).toBe(text.normalize("NFC"));
  });
});
