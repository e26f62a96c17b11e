import { readdir, readlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ByteTokenizer } from "../../lib/data/byteTokenizer.js";
import { countCharacters } from "../../lib/data/characters.js";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import { Corpus } from "../../lib/data/corpus.js";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import { TokenFile } from "../../lib/data/tokenFile.js";
import { WordTokenizer } from "../../lib/data/wordTokenizer.js";
import { inChild } from "../addon/child.js";
import { randomText } from "./randomText.js";
import { jsonOf } from "./subwordFiles.js";
import { temporaryFolder } from "./temporaryFolder.js";

async function files(contents: Record<string, string>): Promise<string[]> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(contents)) await writeFile(join(folder, name), content);
  return Object.keys(contents).map((name) => join(folder, name));
}

const longText = Array.from({ length: 800 }, (_, seed) => randomText(seed)).join("\n");

test("a corpus has the tokens of its text, in memory and on disk", async () => {
  const [file] = (await files({ "text.txt": longText })) as [string];
  const text = longText.replaceAll(/\r+\n/g, "\n");
  for (const make of [
    (from: Corpus) => CharacterTokenizer.fromCorpus(from),
    (from: Corpus) => CharacterTokenizer.fromCorpus(from, { unit: "jamo" }),
    (from: Corpus) => WordTokenizer.fromCorpus(from),
    async () => new ByteTokenizer(),
  ]) {
    const corpus = Corpus.fromFile(file);
    const tokenizer = await make(corpus);
    const expected = tokenizer.encode(tokenizer.kind === "word" ? `${text}\n` : text);
    for (const memoryLimit of [0, 100_000, 2 ** 30]) {
      const stream = await corpus.tokenize(tokenizer, { memoryLimit });
      expect(stream.length).toBe(expected.length);
      expect(await stream.read(0, stream.length)).toEqual(expected);
      for (const [start, end] of [
        [0, 1],
        [1000, 1000],
        [777, 3777],
        [stream.length - 3, stream.length],
      ] as const) {
        expect(await stream.read(start, end)).toEqual(expected.slice(start, end));
      }
      const characters = countCharacters(tokenizer.normalize(text)) + (tokenizer.kind === "word" ? 1 : 0);
      expect(stream.characters).toBe(characters);
      await stream.close();
    }
  }
});

test("a temporary token file leaves nothing behind, and needs one byte for a small vocabulary", async () => {
  const folder = await temporaryFolder();
  const corpus = Corpus.fromText("to be or not to be\n".repeat(10_000));
  const stream = await corpus.tokenize(await CharacterTokenizer.fromCorpus(corpus), {
    memoryLimit: 1000,
    temporaryFolder: folder,
  });
  if (process.platform !== "win32") expect(await readdir(folder)).toEqual([]);
  expect(await stream.read(0, 5)).toHaveLength(5);
  await stream.close();
  expect(await readdir(folder)).toEqual([]);
});

test("ids of vocabularies of any size come back from a temporary file", async () => {
  for (const size of [2 ** 8, 2 ** 8 + 1, 2 ** 16, 2 ** 16 + 1, 2 ** 31 - 1]) {
    const file = await TokenFile.create(size);
    const parts = [[0, size - 1, 1], [], [size - 1, size >> 1]];
    // A view of a larger array, of which only the middle is added.
    for (const ids of parts) await file.append(Int32Array.of(7, ...ids, 7).subarray(1, 1 + ids.length));
    const stream = file.stream(3);
    expect("tokenizer" in stream).toBe(false);
    expect([...(await stream.read(0, stream.length))]).toEqual(parts.flat());
    expect([...(await stream.read(1, 4))]).toEqual(parts.flat().slice(1, 4));
    expect([...(await stream.read(-2, 2))]).toEqual(parts.flat().slice(0, 2));
    expect([...(await stream.read(3, 99)), ...(await stream.read(9, 12))]).toEqual(parts.flat().slice(3));
    const tokenizer = new ByteTokenizer();
    expect(file.stream(7, tokenizer)).toMatchObject({ length: 5, characters: 7, tokenizer });
    await stream.close();
  }
});

test.skipIf(process.platform !== "linux")("a temporary file that someone else cuts short is named", async () => {
  const file = await TokenFile.create(2 ** 8);
  await file.append(Int32Array.of(1, 2, 3));
  const stream = file.stream(3);
  const links = await Promise.all(
    (await readdir("/proc/self/fd")).map(async (fd) => [fd, await readlink(`/proc/self/fd/${fd}`).catch(() => "")]),
  );
  const [fd] = links.find(([, path]) => path?.startsWith(file.path)) as [string];
  await truncate(`/proc/self/fd/${fd}`, 1);
  expect([...(await stream.read(0, 1))]).toEqual([1]);
  await expect(stream.read(0, 3)).rejects.toThrow(
    `The temporary token file ${file.path} was cut short by someone else.`,
  );
  await stream.close();
});

test("a temporary folder that cannot be written is named", async () => {
  const corpus = Corpus.fromText("to be or not to be");
  await expect(corpus.tokenize(new ByteTokenizer(), { memoryLimit: 0, temporaryFolder: "/proc/none" })).rejects.toThrow(
    /tokens of a large corpus in the temporary file .*set TMPDIR/,
  );
});

test("several files are one text, with a line end between", async () => {
  const corpus = Corpus.fromFiles(await files({ a: "one two", b: "three\n", c: "four" }));
  const pieces: string[] = [];
  for await (const piece of corpus.pieces()) pieces.push(piece);
  expect(pieces.join("")).toBe("one two\nthree\nfour");
});

test("the last line ends in words even where the file lacks a line end", async () => {
  const tokenizer = WordTokenizer.fromText("a b\n");
  const [complete, cut] = [
    await Corpus.fromText("a\nb\n").tokenize(tokenizer),
    await Corpus.fromText("a\nb").tokenize(tokenizer),
  ];
  expect(await cut.read(0, 4)).toEqual(await complete.read(0, 4));
  expect(cut.characters).toBe(4);
});

test("an unknown character is named with its file and its line there", async () => {
  const list = await files({ a: "aaa\naaa", b: "\n", c: `${"aaaa\n".repeat(30_000)}aab`, d: "aaa" });
  const tokenizer = CharacterTokenizer.fromText("a\n");
  await expect(Corpus.fromFiles(list).tokenize(tokenizer)).rejects.toThrow(
    `Unknown character "b" (U+0062) at ${list[2]}, line 30001, column 3: it is not among the 2 characters`,
  );
  await expect(Corpus.fromFile(list[2] as string).tokenize(tokenizer)).rejects.toThrow(/c, line 30001, column 3/);
  await expect(Corpus.fromText("a\nab").tokenize(tokenizer)).rejects.toThrow(/the text, line 2, column 2/);
});

test("a reversed corpus has each line from its end to its beginning, with its marks on their letters", async () => {
  const decode = async (text: string) => {
    const pieces: string[] = [];
    for await (const piece of Corpus.fromText(text).reversed().pieces()) pieces.push(piece);
    return pieces.join("");
  };
  expect(await decode("to be\n\nor e\u0301😀n")).toBe("eb ot\n\nn😀\u00e9 ro");
  const long = Array.from({ length: 30_000 }, (_, i) => `line ${i}`).join("\n");
  const lines = long.split("\n").map((line) => [...line].reverse().join(""));
  expect(await decode(long)).toBe(lines.join("\n"));
  await expect(Corpus.fromText("a\nab\n").reversed().tokenize(CharacterTokenizer.fromText("a\n"))).rejects.toThrow(
    /the text, line 2/,
  );
});

test("empty texts and files are errors", async () => {
  const [a, empty] = (await files({ a: "a", empty: "" })) as [string, string];
  await expect(Corpus.fromText("").tokenize(new ByteTokenizer())).rejects.toThrow("the text is empty");
  await expect(Corpus.fromFiles([a, empty]).tokenize(new ByteTokenizer())).rejects.toThrow(/empty is empty/);
  expect(() => Corpus.fromFiles([])).toThrow(/list of files is empty/);
  const model = { type: "WordLevel", unk_token: "<unk>", vocab: { "<unk>": 0 } };
  const words = new SubwordTokenizer(jsonOf({ model, pre_tokenizer: { type: "Whitespace" }, added: 0 } as never));
  await expect(Corpus.fromText(" \n ").tokenize(words)).rejects.toThrow("the text has no tokens in it.");
});

test("the parts of a split are the whole, and their characters too", async () => {
  const corpus = Corpus.fromText(longText);
  for (const tokenizer of [
    await CharacterTokenizer.fromCorpus(corpus),
    await WordTokenizer.fromCorpus(corpus),
    new ByteTokenizer(),
  ]) {
    const stream = await corpus.tokenize(tokenizer);
    const { train, validation, test: held } = stream.split({ validation: 0.1, test: 0.05 });
    const parts = [train, validation, held];
    const tokens: number[] = [];
    for (const part of parts) for (const id of await part.read(0, part.length)) tokens.push(id);
    expect(tokens).toEqual([...(await stream.read(0, stream.length))]);
    expect(parts.reduce((sum, part) => sum + part.characters, 0)).toBe(stream.characters);
    for (const part of parts) {
      const exact = countCharacters(tokenizer.decode(await part.read(0, part.length)));
      // Other tokens are not all of one length: within a few thousand characters they are counted in proportion.
      const tolerance = tokenizer.kind === "character" ? 0 : 100;
      expect(Math.abs(part.characters - exact)).toBeLessThanOrEqual(tolerance);
    }
  }
});

test("nine tenths of 1,115,394 tokens are 1,003,854", async () => {
  const stream = await Corpus.fromText("a".repeat(1_115_394)).tokenize(new ByteTokenizer());
  const { train, validation } = stream.split();
  expect([train.length, validation.length]).toEqual([1_003_854, 111_540]);
  expect(() => stream.split({ validation: 0.6, test: 0.4 })).toThrow(/leave nothing to train on/);
  expect(() => stream.split({ validation: 10 })).toThrow(/validation/);
});

test("tokenising reports how far it is, and can be stopped", async () => {
  const corpus = Corpus.fromText("abc".repeat(100_000));
  const shares: number[] = [];
  await corpus.tokenize(new ByteTokenizer(), { onProgress: (share) => shares.push(share) });
  expect(shares.at(-1)).toBe(1);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  await expect(corpus.tokenize(new ByteTokenizer(), { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});

test("files are read to their end, of which bytes that are no text are a part", async () => {
  const [text, table] = (await files({ "a.txt": "\ufeffone\r\ntwo\r\n", "b.csv": "id,text\n1,one\n2,two\n" })) as [
    string,
    string,
  ];
  for (const corpus of [Corpus.fromFile(text), await Corpus.fromTable(table, { text: "text" })]) {
    const shares: number[] = [];
    const stream = await corpus.tokenize(new ByteTokenizer(), { onProgress: (share) => shares.push(share) });
    expect(stream.length).toBe("one\ntwo\n".length);
    expect(shares.at(-1)).toBe(1);
    expect(shares[0]).toBeLessThan(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  }
});

test("a corpus goes to a file when its tokens take more bytes than the limit, and not before", async () => {
  const corpus = Corpus.fromText("x".repeat(1000));
  const nowhere = { temporaryFolder: "/proc/none" };
  const stream = await corpus.tokenize(new ByteTokenizer(), { ...nowhere, memoryLimit: 4000 });
  expect(stream.length).toBe(1000);
  await expect(corpus.tokenize(new ByteTokenizer(), { ...nowhere, memoryLimit: 3999 })).rejects.toThrow(/temporary/);
});

test("a column of tables is a text of lines, and an unknown character is named with its line in the table", async () => {
  const [a, b, c] = (await files({
    "a.csv": 'id,text\n1,"one, two"\n2,"three\r\nfour"\n\n3,fïve\n',
    "b.csv": "id,text\n4,six\n",
    "c.jsonl": '{"id":1,"text":"one"}\n{"id":2,"text":"x\\ny"}\n',
  })) as [string, string, string];
  const corpus = await Corpus.fromTable([a, b], { text: "text" });
  const pieces: string[] = [];
  for await (const piece of corpus.pieces()) pieces.push(piece);
  expect(pieces.join("")).toBe("one, two\nthree\nfour\nfïve\nsix\n");
  const known = CharacterTokenizer.fromText("one, twhrfuvesix\n");
  await expect(corpus.tokenize(known)).rejects.toThrow(/at .*a\.csv, line 6, column 2/);
  const second = await Corpus.fromTable([b, a], { text: "text" });
  await expect(second.tokenize(known)).rejects.toThrow(/at .*a\.csv, line 6, column 2/);
  const inside = await Corpus.fromTable(a, { text: "text" });
  await expect(inside.tokenize(CharacterTokenizer.fromText("one, twhrïve\n"))).rejects.toThrow(
    /a\.csv, line 4, column 1/,
  );
  const json = await Corpus.fromTable(c, { text: "text" });
  expect((await json.tokenize(new ByteTokenizer())).length).toBe("one\nx\ny\n".length);
});

test("columns, empty texts and data that is none are named", async () => {
  const [a] = (await files({ "a.csv": "text,id\none,1\n,2\n" })) as [string];
  await expect(Corpus.fromTable(a, { text: "texts" })).rejects.toThrow(/no column "texts".*Did you mean text/);
  await expect(Corpus.fromTable(a, {} as never)).rejects.toThrow(/expected text to be a column/);
  const corpus = await Corpus.fromTable(a, { text: "text" });
  await expect(corpus.tokenize(new ByteTokenizer())).rejects.toThrow(/line 3: column "text" is empty/);
  const skipping = await Corpus.fromTable(a, { text: "text", empty: "skip" });
  expect((await skipping.tokenize(new ByteTokenizer())).length).toBe(4);
  const [none] = (await files({ "none.csv": "text,id\n,1\n ,2\n" })) as [string];
  const nothing = await Corpus.fromTable(none, { text: "text", empty: "skip" });
  await expect(nothing.tokenize(new ByteTokenizer())).rejects.toThrow(`${none} has no texts that are not empty.`);
  for (const data of [5, undefined, null, Buffer.from("text"), ["text"]]) {
    expect(() => Corpus.fromText(data as never)).toThrow(/Corpus\.fromText: expected the text to be a text, got/);
    expect(() => Corpus.fromFile(data as never)).toThrow(/expected the file to be the path of a text file, got/);
  }
  expect(() => Corpus.fromFiles("a.txt" as never)).toThrow(/expected a list of files, got "a\.txt"/);
  const text = Corpus.fromText("abc");
  await expect(text.tokenize(5 as never)).rejects.toThrow(/tokenize: expected a tokenizer, got 5/);
  const tokenizer = new ByteTokenizer();
  await expect(text.tokenize(tokenizer, { memoryLimit: -1 })).rejects.toThrow(/memoryLimit/);
  await expect(text.tokenize(tokenizer, { temporaryFolder: "" })).rejects.toThrow(/temporaryFolder/);
  await expect(text.tokenize(tokenizer, { memorylimit: 1 } as never)).rejects.toThrow(/did you mean memoryLimit/);
});

test("the file of a token stream that nobody closed is closed once nothing can read it, without a warning", () => {
  const { status, stdout, stderr } = inChild(
    `
    import { readdirSync } from "node:fs";
    import { ByteTokenizer, Corpus } from "./dist/index.js";
    const open = () => readdirSync("/dev/fd").length;
    const before = open();
    for (let i = 0; i < 20; i++) await Corpus.fromText("abc".repeat(100)).tokenize(new ByteTokenizer(), { memoryLimit: 0 });
    const kept = await Corpus.fromText("xyz").tokenize(new ByteTokenizer(), { memoryLimit: 0 });
    for (let i = 0; i < 100 && open() > before + 1; i++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log(open() - before, [...(await kept.read(0, 3))].join());
    `,
    { args: ["--expose-gc"] },
  );
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "1 120,121,122\n", stderr: "" });
});

test("reversed, every mark stays with its letter, and a line may come in many pieces", async () => {
  const read = async (file: string) => {
    const pieces: string[] = [];
    for await (const piece of Corpus.fromFile(file).reversed().pieces()) pieces.push(piece);
    return pieces.join("");
  };
  const lines = ["ax\u030cc", "\u0915\u093f\u0924", "e\u0301\u0323f"];
  const long = "abcdefgh".repeat(300_000);
  const [marks = "", one = ""] = await files({ "marks.txt": `${lines.join("\n")}\n`, "long.txt": `${long}\nab` });
  expect(await read(marks)).toBe("cx\u030ca\n\u0924\u0915\u093f\nf\u1eb9\u0301\n");
  expect((await read(one)) === `${"hgfedcba".repeat(300_000)}\nba`).toBe(true);
});

async function piecesOf(corpus: Corpus): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of corpus.pieces()) pieces.push(piece);
  return pieces;
}

test("progress is the share of the bytes that have been read, and ends with 1, once", async () => {
  const [a = "", b = "", marked = "", table = ""] = await files({
    a: "ab",
    b: "cdef",
    marked: "\ufeffa\r\n",
    "t.csv": "id,text\n1,ab\n",
  });
  const shares = async (corpus: Corpus) => {
    const done: number[] = [];
    await corpus.tokenize(new ByteTokenizer(), { onProgress: (share) => done.push(share) });
    return done;
  };
  expect(await shares(Corpus.fromText("ab\ncd"))).toEqual([1]);
  expect(await shares(Corpus.fromFiles([a, b]))).toEqual([2 / 6, 3 / 6, 1]);
  expect(await shares(Corpus.fromFile(marked))).toEqual([2 / 6, 1]);
  expect(await shares(await Corpus.fromTable(table, { text: 2, header: true }))).toEqual([3 / 13, 1]);
});

test("a corpus is called by its file, or by how many there are, and a text as somebody wants", async () => {
  expect([
    Corpus.fromFile("a"),
    Corpus.fromFiles(["a", "b"]),
    Corpus.fromText("x"),
    Corpus.fromText("x", "mine"),
  ]).toMatchObject([{ name: "a" }, { name: "2 files" }, { name: "the text" }, { name: "mine" }]);
  await expect(Corpus.fromText("", "mine").tokenize(new ByteTokenizer())).rejects.toThrow("mine is empty");
});

test("a text in memory comes in pieces of 2^16, and half a surrogate pair at its end by itself", async () => {
  expect((await piecesOf(Corpus.fromText("a".repeat(2 ** 16 + 1)))).map(({ length }) => length)).toEqual([2 ** 16, 1]);
  expect(await piecesOf(Corpus.fromText("ab"))).toEqual(["ab"]);
  expect(await piecesOf(Corpus.fromText("a\ud800"))).toEqual(["a", "\ud800"]);
  expect(await piecesOf(Corpus.fromText("ab\n\nc").reversed())).toEqual(["ba\n\n", "c"]);
  expect((await piecesOf(Corpus.fromText("\nab").reversed())).join("")).toBe("\nba");
  expect((await piecesOf(Corpus.fromText("ab").reversed())).join("")).toBe("ba");
});

test("an unknown character of a reversed table is named with its line there, and the tokens' file is closed then", async () => {
  const [table = ""] = await files({ "t.csv": 'id,text\n1,ab\n2,"a\nb"\n3,ax\n' });
  const folder = await temporaryFolder();
  const corpus = (await Corpus.fromTable(table, { text: "text" })).reversed();
  const tokenizing = corpus.tokenize(CharacterTokenizer.fromText("ab\n"), { memoryLimit: 0, temporaryFolder: folder });
  await expect(tokenizing).rejects.toThrow(/t\.csv, line 5, column 1/);
  if (process.platform !== "linux") return;
  const links = await Promise.all(
    (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  expect(links.filter((path) => path.startsWith(folder))).toEqual([]);
});

test("parts of a stream have their tokens and characters, and only words get the line end that a text lacks", async () => {
  const ids = async (stream: { length: number; read(start: number, end: number): unknown }) => [
    ...((await stream.read(0, stream.length)) as Int32Array),
  ];
  const stream = await Corpus.fromText("ééabcdef").tokenize(new ByteTokenizer());
  const bytes = [...Buffer.from("ééabcdef")];
  expect([stream.length, stream.characters, await ids(stream)]).toEqual([10, 8, bytes]);
  const { train, validation, test: last } = stream.split({ validation: 0.2, test: 0.1 });
  expect([await ids(train), await ids(validation), await ids(last)]).toEqual([
    bytes.slice(0, 7),
    bytes.slice(7, 9),
    bytes.slice(9),
  ]);
  expect([await ids(stream.slice(2)), await ids(stream.slice(2, 5))]).toEqual([bytes.slice(2), bytes.slice(2, 5)]);
  expect(stream.slice(0, 10).characters).toBe(8);
  const words = WordTokenizer.fromText("a b\n");
  for (const text of ["a\nb", "a\nb\n"]) {
    expect(words.decode(await ids(await Corpus.fromText(text).tokenize(words)))).toBe("a\nb\n");
  }
  const lines = await (await Corpus.fromText("a\nbb\nccc").tokenize(new ByteTokenizer())).splitLines({
    validation: 0.3,
    test: 0.3,
  });
  const parts = [lines.train, lines.validation, lines.test];
  expect(parts.map(({ length }) => length > 0)).toEqual([true, true, true]);
  const texts = await Promise.all(parts.map(async (part) => Buffer.from(await ids(part)).toString()));
  expect(texts.map((text) => text.replace("\n", "")).sort()).toEqual(["a", "bb", "ccc"]);
});
