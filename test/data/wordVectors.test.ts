import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { WordVectorOptions } from "../../lib/data/readWordVectors.js";
import { readWordVectors } from "../../lib/data/readWordVectors.js";
import { WordVectors } from "../../lib/data/wordVectors.js";
import { temporaryFolder } from "./temporaryFolder.js";

async function reading(content: string | Buffer, options: WordVectorOptions = {}, name = "v.txt") {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, content);
  const { words, values, size, duplicates } = await readWordVectors(file, options);
  const rows = words.map((word, i) => `${word}: ${[...values.subarray(i * size, (i + 1) * size)].join(" ")}`);
  return { rows, duplicates };
}

/** A binary file as word2vec.c writes it, with a line end after each vector, or as gensim does, without. */
function binary(vectors: [string, number[]][], lineEnd: string): Buffer {
  const rows = vectors.flatMap(([word, values]) => [
    Buffer.from(`${word} `),
    Buffer.from(Float32Array.from(values).buffer),
    Buffer.from(lineEnd),
  ]);
  return Buffer.concat([Buffer.from(`${vectors.length} ${vectors[0]?.[1].length}\n`), ...rows]);
}

test("text is read with and without a first line that says its size, words with spaces included", async () => {
  const glove = "the 0.5 -1 2\n. . . 1 2 3\nNew York 4 5e-1 6\n각 7 8 9\n";
  const rows = ["the: 0.5 -1 2", ". . .: 1 2 3", "New York: 4 0.5 6", "각: 7 8 9"];
  expect(await reading(glove)).toEqual({ rows, duplicates: 0 });
  // word2vec writes a space before the line end, Windows a return.
  expect((await reading(`4 3\n${glove.replaceAll("\n", " \r\n")}`)).rows).toEqual(rows);
  expect((await reading(glove, { size: 3 })).rows).toEqual(rows);
  // A word that is a number.
  expect((await reading("1 2\n3.5 1 2\n")).rows).toEqual(["3.5: 1 2"]);
});

test("the binary files of word2vec and gensim are read, whatever bytes their floats have", async () => {
  const vectors: [string, number[]][] = [
    ["</s>", [1, 2, 3]],
    // Floats whose bytes are spaces and line ends.
    ["sea", [1.3572523e-19, 6.6463464e-33, -0.5]],
    ["각", [7, 8, 9]],
  ];
  for (const lineEnd of ["\n", ""]) {
    const { rows } = await reading(binary(vectors, lineEnd), {}, "v.bin");
    expect(rows).toEqual(vectors.map(([word, values]) => `${word}: ${[...Float32Array.from(values)].join(" ")}`));
  }
  // More than one piece of the file.
  const many = Array.from({ length: 9000 }, (_, i): [string, number[]] => [
    `w${i}`,
    Array.from({ length: 50 }, (_, k) => i + k),
  ]);
  const { rows } = await reading(binary(many, "\n"), { words: new Set(["w0", "w5000", "w8999"]) });
  expect(rows.map((row) => row.split(" ").slice(0, 3).join(" "))).toEqual([
    "w0: 0 1",
    "w5000: 5000 5001",
    "w8999: 8999 9000",
  ]);
});

test("the words that are wanted are kept, and the first ones; of one that comes again the first vector", async () => {
  const text = "a 1 1\nb 2 2\na 3 3\nc 4 4\nb 5 5\n";
  expect(await reading(text)).toEqual({ rows: ["a: 1 1", "b: 2 2", "c: 4 4"], duplicates: 2 });
  expect((await reading(text, { words: new Set(["c", "z"]) })).rows).toEqual(["c: 4 4"]);
  expect((await reading(text, { words: new Set(["c"]), first: 1 })).rows).toEqual(["a: 1 1", "c: 4 4"]);
  expect((await reading(text, { first: 2 })).rows).toEqual(["a: 1 1", "b: 2 2"]);
});

test("a word has its own vector, or that of the word in lower case", () => {
  const vectors = new WordVectors(["sea", "Sea", "us"], Float32Array.of(1, 2, 3), 1);
  expect(["sea", "Sea", "SEA", "US", "sky"].map((word) => vectors.of(word)?.[0] ?? null)).toEqual([1, 2, 1, 3, null]);
});

test("a word without a vector is named with its nearest, where there are not too many to look through", () => {
  const asked = (count: number) => () => {
    const words = Array.from({ length: count }, (_, i) => `word${i}`);
    new WordVectors(words, new Float32Array(count).fill(1), 1).similarity("word1", "wrod2");
  };
  expect(asked(9)).toThrow('there is no vector of "wrod2" among 9 words. Did you mean "word2"?');
  expect(asked(300_000)).toThrow(/no vector of "wrod2" among 300000 words\.$/);
});

test("what does not fit is named with file and line", async () => {
  const refused = (content: string | Buffer, words: RegExp, options = {}, name = "v.txt") =>
    expect(reading(content, options, name)).rejects.toThrow(words);
  await refused("a 1 2\nb 1\n", /v\.txt, line 2: the vector of "b" has 1 number, expected 2/);
  await refused("a 1 2\nb 1 2 3\n", /v\.txt, line 2: the vector of "b" has 3 numbers, expected 2/);
  await refused("a 1 2\nb 1 x\n", /v\.txt, line 2: expected 2 numbers after "b", got "x"/);
  await refused("a 1 nan\n", /line 1: expected 2 numbers after "a", got "nan"/);
  await refused("3 2\na 1 2\nb 3 4\n", /ends after 2 of the 3 vectors that its first line announces/);
  await refused("3 2\na 1 2\n\n\n", /ends after 1 of the 3 vectors that its first line announces/);
  await refused("a 1 2\n", /line 1: the vector of "a" has 2 numbers, expected 3/, { size: 3 });
  await refused("2 2\na 1 2\nb 3 4\n", /line 1: the vectors have 2 numbers, and 3 are expected/, { size: 3 });
  await refused("word\n", /line 1: the vector of "word" has 0 numbers/);
  const whole = binary(
    [
      ["a", [1, 2]],
      ["b", [3, 4]],
    ],
    "\n",
  );
  const large = Buffer.concat([Buffer.from("1 600000000\n"), Buffer.from([1, 2, 3, 255, 254])]);
  await refused(large, /v\.bin: line 1 says that a vector has 600000000 numbers, more than the \d+ bytes/, {}, "v.bin");
  await refused(whole.subarray(0, whole.length - 4), /v\.bin ends in vector 2 of 2/, {}, "v.bin");
  const endless = Buffer.concat([Buffer.from("1 2\n"), Buffer.alloc(5000, "x")]);
  await refused(endless, /v\.bin ends in vector 1 of 1, or is not a binary file of word2vec/, {}, "v.bin");
  await refused(binary([["a", [1, Number.NaN]]], "\n"), /v\.bin, vector 1 of 1: number 2 of "a" is NaN/, {}, "v.bin");
  await expect(readWordVectors("no-such-file")).rejects.toThrow(/There is no file no-such-file/);
});

test("a file without vectors is refused, and one that says its size may have fewer bytes than that", async () => {
  await expect(reading("\n\n")).rejects.toThrow(/v\.txt has no vectors\./);
  await expect(reading("0 3\n")).rejects.toThrow(/line 1: expected the numbers of words and of their values/);
  await expect(reading("3 0\n")).rejects.toThrow(/line 1: expected the numbers of words and of their values/);
});

test("a long word is shown by its beginning, and none is kept where none is wanted", async () => {
  const refusal = async (word: string) => (await reading(`${word} x\n`).catch((error: Error) => error)) as Error;
  const long = "abcdefghij".repeat(5);
  expect((await refusal(long.slice(0, 40))).message).toContain(`after "${long.slice(0, 40)}", got "x"`);
  expect((await refusal(long.slice(0, 41))).message).toContain(`after "${long.slice(0, 39)}…", got "x"`);
  expect((await reading("a 1\nb 2\n", { first: 0 })).rows).toEqual([]);
  expect((await reading("1\t2\na\t1\t2 \n")).rows).toEqual(["a: 1 2"]);
});
