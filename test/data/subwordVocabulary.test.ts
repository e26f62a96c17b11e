import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { Corpus } from "../../lib/data/corpus.js";
import { LongWords } from "../../lib/data/longWords.js";
import { sentenceMarks } from "../../lib/data/sentenceMarks.js";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import type { SubwordProgress } from "../../lib/data/subwordVocabulary.js";
import { learnSubwords } from "../../lib/data/subwordVocabulary.js";
import { tokenizerFromJSON } from "../../lib/data/tokenizerFromJSON.js";
import { cutAnywhere, randomNumbers, randomText } from "./randomText.js";
import { temporaryFolder } from "./temporaryFolder.js";

const text = "the cat saw the other cat\nthen the cat ran\n한국어 한국어는 한국어를\n".repeat(20);

interface Learnt {
  model: { vocab: Record<string, number>; merges: [string, string][] };
}

const modelOf = (tokenizer: SubwordTokenizer) => (tokenizer.toJSON() as Learnt).model;

/** The algorithm as the paper prints it, on words of ASCII; of equal counts the pair of the older tokens wins. */
function mergesOf(words: readonly string[], count: number): [string, string][] {
  const ids = new Map([...new Set(words.join(""))].sort().map((symbol, id) => [symbol, id]));
  const id = (symbol: string) => ids.get(symbol) as number;
  let pieces = words.map((word) => [...word]);
  const merges: [string, string][] = [];
  while (merges.length < count) {
    const counts = new Map<string, { left: string; right: string; count: number }>();
    for (const symbols of pieces) {
      for (let i = 0; i + 1 < symbols.length; i++) {
        const [left, right] = symbols.slice(i, i + 2) as [string, string];
        const pair = counts.get(`${left} ${right}`) ?? { left, right, count: 0 };
        counts.set(`${left} ${right}`, { ...pair, count: pair.count + 1 });
      }
    }
    const order = [...counts.values()].sort(
      (a, b) => b.count - a.count || id(a.left) - id(b.left) || id(a.right) - id(b.right),
    );
    const [best] = order;
    if (best === undefined) return merges;
    const { left, right } = best;
    if (!ids.has(left + right)) ids.set(left + right, ids.size);
    pieces = pieces.map((symbols) => {
      const joined: string[] = [];
      for (let i = 0; i < symbols.length; i++) {
        const pair = symbols[i] === left && symbols[i + 1] === right;
        joined.push(pair ? left + right : (symbols[i] as string));
        if (pair) i++;
      }
      return joined;
    });
    merges.push([left, right]);
  }
  return merges;
}

test("the merges are those of the paper's algorithm, first learnt first", async () => {
  const random = randomNumbers(1);
  const stems = ["low", "new", "wid", "night", "light"];
  const ends = ["", "er", "est", "ly", "s"];
  const words = Array.from({ length: 200 }, () => `${stems[random(5)]}${ends[random(random(5) + 1)]}`);
  const tokenizer = await SubwordTokenizer.fromText(words.join("\n"), { size: 259 + 25 });
  expect(modelOf(tokenizer).merges).toEqual(mergesOf(words, 25));
});

test("a vocabulary begins with the special tokens and the bytes, and a smaller one is the beginning of a larger", async () => {
  const [small, large] = [265, 285].map((size) => SubwordTokenizer.fromText(text, { size }));
  const tokens = async (tokenizer: Promise<SubwordTokenizer> | undefined) => {
    const { vocab } = modelOf((await tokenizer) as SubwordTokenizer);
    return Object.keys(vocab).sort((a, b) => (vocab[a] as number) - (vocab[b] as number));
  };
  const [few, many] = [await tokens(small), await tokens(large)];
  expect([few.length, many.length]).toEqual([265, 285]);
  expect(many.slice(0, 265)).toEqual(few);
  expect(few.slice(0, 3)).toEqual(["<unk>", "<s>", "</s>"]);
  expect((await small)?.special).toEqual({ unknown: 0, beginOfSentence: 1, endOfSentence: 2 });
  for (let byte = 0x21; byte < 0x7f; byte++) expect(few[3 + byte]).toBe(String.fromCharCode(byte));
  expect((await small)?.decode([3 + 0xed, 3 + 0x95, 3 + 0x9c])).toBe("한");
});

test("the same text and size give the same vocabulary, however the text is cut", async () => {
  const withSpecial = `${text}<unk><s></s><unk`.repeat(10);
  const whole = await SubwordTokenizer.fromText(withSpecial, { size: 280 });
  const corpus = {
    async *pieces() {
      yield* cutAnywhere(withSpecial.normalize("NFD"), 3, 5);
    },
  };
  for (const again of [Corpus.fromText(withSpecial), corpus]) {
    const tokenizer = await SubwordTokenizer.fromCorpus(again, { size: 280 });
    expect(modelOf(tokenizer)).toEqual(modelOf(whole));
  }
});

test("frequent words become single tokens, and rare ones several", async () => {
  const tokenizer = await SubwordTokenizer.fromText(text, { size: 330 });
  for (const word of ["the", " cat", " other", "한국어", "\n"]) expect(tokenizer.encode(word), word).toHaveLength(1);
  expect(tokenizer.encode(" zebra").length).toBeGreaterThan(3);
  expect(tokenizer.token(tokenizer.id(" cat") as number)).toBe("␣cat");
});

test("any text comes back in NFC, whether or not it was learnt from, whole and token by token", async () => {
  const tokenizer = await SubwordTokenizer.fromText(text, { size: 300 });
  const cases = Array.from({ length: 100 }, (_, seed) => `word ${randomText(seed)}`);
  cases.push("  a   b \n\n c\n", "e\u0301", "<s>\u0338 <unk></s>", "\ud83d alone", "👩‍👩‍👧‍👦", "가나다", " ", "\n");
  // Without a line end or space, the line is cut where NFC allows it.
  cases.push("e\u0301".repeat(40_000), "x".repeat(65_535) + "e\u0301\u0323".repeat(2));
  for (const original of cases) {
    // A mark after a special token is none of its characters.
    const parts = original.split(/(<s>|<\/s>|<unk>)/u).map((part) => part.normalize("NFC"));
    const normal = Buffer.from(parts.join("")).toString();
    const ids = tokenizer.encode(original);
    expect(tokenizer.normalize(original)).toBe(normal);
    expect(tokenizer.decode(ids)).toBe(normal);
    const encoder = tokenizer.encoder();
    const pieces = cutAnywhere(original, 1, original.length > 1000 ? 9000 : 3).map((piece) => encoder.push(piece));
    expect([...pieces, encoder.end()].flatMap((piece) => [...piece])).toEqual([...ids]);
    expect(encoder.characters).toBe([...normal].length);
  }
});

test("decoding token by token never gives half a character", async () => {
  const tokenizer = await SubwordTokenizer.fromText(text, { size: 270 });
  const decoder = tokenizer.decoder();
  const pieces = Array.from(tokenizer.encode("한국 👩 ok\n"), (id) => decoder.push(id));
  expect([...pieces, decoder.end()].join("")).toBe("한국 👩 ok\n");
  expect(pieces.join("")).not.toContain("\ufffd");
});

test("words that are looked up have the tokens of the whole line", async () => {
  const cut = await SubwordTokenizer.fromText(text, { size: 330 });
  const json = cut.toJSON() as { added_tokens: object[] };
  // A special token that takes the space around it forbids cutting a text.
  const wide = {
    id: cut.size,
    content: "<a>",
    special: true,
    lstrip: true,
    rstrip: true,
    normalized: false,
    single_word: false,
  };
  const whole = new SubwordTokenizer({ ...json, added_tokens: [...json.added_tokens, wide] });
  for (let seed = 0; seed < 100; seed++) {
    const line = `the cat's  other 한국어 ${randomText(seed)} <s> <unk>then\n the cat`;
    expect(cut.encode(line), JSON.stringify(line)).toEqual(whole.encode(line));
  }
});

test("a line end is one token, always the same, and ends the sentences of a language model", async () => {
  const tokenizer = await SubwordTokenizer.fromText("a b \nc d \n  \n\n\ne\n".repeat(50), { size: 280 });
  const end = tokenizer.id("\n") as number;
  expect(sentenceMarks(tokenizer)).toEqual({ begin: end, end });
  const lines = "a b \n\nc  \n \n\n\nd\n";
  expect(tokenizer.encode(lines).filter((id) => id === end)).toHaveLength(lines.split("\n").length - 1);
});

test("special tokens of the text are not learnt again", async () => {
  const tokenizer = await SubwordTokenizer.fromText("the <unk> of <unk>\n<s>the</s>\n".repeat(50), { size: 259 + 20 });
  const tokens = modelOf(tokenizer).merges.map((merge) => merge.join(""));
  expect(tokens).toContain("the");
  expect(tokens.filter((token) => /[<>]|un|nk/u.test(token))).toEqual([]);
  expect([...tokenizer.encode("<s>the</s>")]).toEqual([1, tokenizer.id("the"), 2]);
});

test("a text with little to merge gives a smaller vocabulary, and comes back from JSON", async () => {
  const tokenizer = await SubwordTokenizer.fromText("ab ab", { size: 8000 });
  expect(tokenizer.size).toBe(259 + 2);
  const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)));
  expect(again.encode("ab ab ab")).toEqual(tokenizer.encode("ab ab ab"));
  expect((await SubwordTokenizer.fromText("ab ab", { size: 259 })).encode("ab")).toHaveLength(2);
});

test("options that make no sense are refused", async () => {
  const learn = (options: object) => SubwordTokenizer.fromText(text, options as { size: number });
  await expect(learn({ size: 258 })).rejects.toThrow(
    /SubwordTokenizer: expected size to be a whole number of at least 259, the 256 bytes and 3 special tokens, .* got 258\./,
  );
  await expect(learn({ size: 30_001 })).rejects.toThrow(/at most 30000, which is what .*for more, pass .* got 30001/);
  await expect(learn({})).rejects.toThrow(/expected size to be a whole number .* got undefined\./);
  await expect(learn({ Size: 300 })).rejects.toThrow(/unknown option "Size"; did you mean size\?/);
  for (const size of [258, 30_001, 0.5]) {
    await expect(learn({ size })).rejects.toMatchObject({ code: "ERR_OSTINATO_OPTION" });
  }
  await expect(learn({ size: 300, temporaryFolder: "/no/such/folder" })).rejects.toThrow(
    /no temporary folder in \/no\/such\/folder/,
  );
});

test("progress is told while the text is read and while pairs are merged", async () => {
  const told: SubwordProgress[] = [];
  const onProgress = (progress: SubwordProgress) => told.push(progress);
  await SubwordTokenizer.fromText(text, { size: 300, onProgress });
  expect(told.map(({ step }) => step)).toEqual(["reading", "merging"]);
  for (const { characters, seconds } of told) {
    expect(characters).toBe(text.length);
    expect(seconds).toBeLessThan(60);
  }
});

test("a text without spaces is learnt from in parts, and one with spaces as it is", () => {
  const parts = (text: string, seed: number) => {
    const words = new LongWords();
    return cutAnywhere(text, seed, 300)
      .map((piece) => words.part(piece))
      .join("");
  };
  const syllables = Array.from({ length: 1000 }, (_, i) => String.fromCharCode(0xac00 + ((i * 7919) % 11_172))).join(
    "",
  );
  expect(parts(syllables, 1)).toBe([0, 256, 512, 768].map((at) => syllables.slice(at, at + 256)).join("\n"));
  for (const whole of [
    text,
    syllables.slice(0, 256),
    `${"a".repeat(256)} ${"b".repeat(256)}`,
    "1a".repeat(600),
    "\n".repeat(999),
  ]) {
    expect(parts(whole, 2)).toBe(whole);
  }
  const astral = "\u{20000}".repeat(600);
  expect(new LongWords().part(astral)).toBe([256, 256, 88].map((length) => "\u{20000}".repeat(length)).join("\n"));
});

test("an empty text has no subwords", async () => {
  await expect(SubwordTokenizer.fromText("", { size: 300 })).rejects.toThrow(/is empty/);
  const nothing = { async *pieces() {} };
  await expect(SubwordTokenizer.fromCorpus(nothing, { size: 300 })).rejects.toThrow(
    "SubwordTokenizer: the text is empty, so there are no subwords to learn.",
  );
});

test("without the library the error says what to install", async () => {
  await expect(learnSubwords(Corpus.fromText(text), { size: 300 }, "no-such-library")).rejects.toThrow(
    'SubwordTokenizer: learning subwords needs the npm package "tokenizers", which is not installed for this system. ' +
      "Run npm install tokenizers, or pass a tokenizer.json.",
  );
});

test("a library that fails is reported in its own words", async () => {
  const other = learnSubwords(Corpus.fromText(text), { size: 300 }, "commander");
  await expect(other).rejects.toThrow(/the library "tokenizers", which learns subwords, failed: .*fromString/);
  const folder = await temporaryFolder();
  const failing = (name: string, source: string) => {
    const file = join(folder, name);
    writeFileSync(file, source);
    return expect(learnSubwords(Corpus.fromText(text), { size: 300 }, file)).rejects;
  };
  await failing("native.cjs", 'throw new Error("Cannot find native binding.")').toThrow(
    /is not installed for this system/,
  );
  await failing("killed.cjs", 'process.kill(process.pid, "SIGKILL")').toThrow("subwords, was ended by SIGKILL.");
  await failing("silent.cjs", "process.exit(3)").toThrow(/subwords, failed: Command failed: [^\n]*\.$/);
});

test("learning leaves the event loop free, stops at a signal and leaves no file behind", async () => {
  const folder = await temporaryFolder();
  const random = randomNumbers(5);
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const word = () => Array.from({ length: 12 }, () => letters[random(26)]).join("");
  const long = Array.from({ length: 100_000 }, word).join(" "); // takes seconds
  const stop = new AbortController();
  const learning = SubwordTokenizer.fromText(long, { size: 30_000, signal: stop.signal, temporaryFolder: folder });
  learning.catch(() => {});
  let turns = 0;
  while (readdirSync(folder).length === 0 || turns < 20) {
    await setTimeout(5);
    turns++;
  }
  stop.abort(new Error("enough"));
  await expect(learning).rejects.toThrow("enough");
  expect(readdirSync(folder)).toEqual([]);
  await expect(
    SubwordTokenizer.fromText(text, { size: 300, signal: stop.signal, temporaryFolder: folder }),
  ).rejects.toThrow("enough");
  await SubwordTokenizer.fromText(text, { size: 300, temporaryFolder: folder });
  expect(readdirSync(folder)).toEqual([]);
});
