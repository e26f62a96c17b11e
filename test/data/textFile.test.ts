import { chmod, mkdir, readdir, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { readWordVectors } from "../../lib/data/readWordVectors.js";
import { decodeText } from "../../lib/data/textDecoder.js";
import { readLines, readTextFile, textFileSize } from "../../lib/data/textFile.js";
import { randomText } from "./randomText.js";
import { temporaryFolder } from "./temporaryFolder.js";

async function read(file: string, chunk?: number): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of readTextFile(file, chunk === undefined ? {} : { chunk })) pieces.push(piece);
  expect(pieces).not.toContain("");
  return pieces.join("");
}

async function fileOf(content: string | Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(), "text.txt");
  await writeFile(file, content);
  return file;
}

test("a file has the same text whatever is read at a time", async () => {
  for (const seed of [1, 2, 3]) {
    const text = randomText(seed, 60);
    const file = await fileOf(text);
    const expected = text.replace(/^\ufeff/, "").replaceAll(/\r+\n/g, "\n");
    for (const chunk of [1, 2, 3, 4, 5, 7, 64, 65536]) expect(await read(file, chunk)).toBe(expected);
  }
});

test("a byte-order mark at the start goes, one inside stays", async () => {
  expect(await read(await fileOf("\ufeffa\ufeffb"))).toBe("a\ufeffb");
  expect(await read(await fileOf("\ufeffa\ufeffb"), 1)).toBe("a\ufeffb");
});

test("line ends of Windows are line ends, converted twice too; a carriage return elsewhere and U+2028 are characters", async () => {
  for (const chunk of [1, 2, 3, 4, 100]) {
    expect(await read(await fileOf("a\r\nb\r\r\n\rc\u2028\r\rd\r"), chunk)).toBe("a\nb\n\rc\u2028\r\rd\r");
  }
  const file = await fileOf("a\rb\r\n\u2028c\u0085d");
  expect(await readLines(file)).toEqual(["a\rb", "\u2028c\u0085d"]);
});

test("a run of carriage returns costs as much as other text", async () => {
  const file = await fileOf(`${"\r".repeat(2 ** 20)}x`);
  const start = performance.now();
  expect((await read(file)).length).toBe(2 ** 20 + 1);
  expect(performance.now() - start).toBeLessThan(1000);
});

test("an empty file is an error", async () => {
  await expect(read(await fileOf(""))).rejects.toThrow(/text.txt is empty/);
  await expect(read(await fileOf("\ufeff"))).rejects.toThrow(/text.txt is empty/);
});

/** Ill-formed sequences, and how many bytes before them are sound. */
const illFormed: [what: string, bytes: number[]][] = [
  ["a continuation byte alone", [0x80]],
  ["an overlong slash", [0xc0, 0xaf]],
  ["an overlong three-byte form", [0xe0, 0x80, 0xaf]],
  ["a surrogate", [0xed, 0xa0, 0x80]],
  ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
  ["a byte that UTF-8 never has", [0xff]],
  ["a character cut off", [0xea, 0xb0]],
  ["a character cut off by another", [0xea, 0xb0, 0x61]],
  ["EUC-KR", [0xc7, 0xd1, 0xb1, 0xdb]],
];

test.each(illFormed)("%s is found at its byte and line", async (_, bytes) => {
  const before = Buffer.from("first\n두 번째\nx");
  for (const after of ["", "\nmore"]) {
    const file = await fileOf(Buffer.concat([before, Buffer.from(bytes), Buffer.from(after)]));
    const byte = (bytes[0] as number).toString(16).toUpperCase();
    for (const chunk of [1, 2, 3, 5, 65536]) {
      await expect(read(file, chunk)).rejects.toThrow(
        `text.txt is not UTF-8: byte 0x${byte} at offset ${before.length} (line 3) cannot stand there.`,
      );
    }
  }
});

const bytesOf = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));
const utf16 = (text: string, swap = false) => {
  const bytes = Buffer.from(text, "utf16le");
  return swap ? bytes.swap16() : bytes;
};

test.each<[what: string, content: Buffer, hint: RegExp]>([
  ["UTF-16 with a mark", utf16("\ufeff한국어"), / is UTF-16, not UTF-8\. Convert it: iconv -f UTF-16 -t UTF-8 /],
  ["UTF-16 of the other order with a mark", utf16("\ufeff한국어", true), /Convert it: iconv -f UTF-16 -t UTF-8 /],
  ["UTF-16 without a mark", utf16("to be or not\r\n"), / is UTF-16, not UTF-8\. .*-f UTF-16LE/],
  ["UTF-16 of the other order", utf16("to be or not\r\n", true), / is UTF-16, not UTF-8\. .*-f UTF-16BE/],
  [
    "Korean UTF-16 without a mark",
    utf16("안녕 하세요\n오늘 뭐 해요\n".repeat(9)),
    / is UTF-16, not UTF-8\. .*-f UTF-16LE/,
  ],
  ["CP949", bytesOf("Q,A\n", [0xbe, 0xc8, 0xb3, 0xe7, 0x20, 0xb6, 0xfb, 0x0a]), /Korean text in CP949\. .*-f CP949/],
  ["a program", bytesOf("\x7fELF\x02\x01\0\0\0\xd0\xe9 \0\x10@\0"), /It looks like no text but a binary file/],
  ["Latin-1", bytesOf("caf\xe9 au lait, na\xefve, \xe9t\xe9\n"), /It looks like Latin-1 .*-f WINDOWS-1252/],
  [
    "Latin-1 with neighbours",
    bytesOf("Gr\xf6\xdfe, Fl\xf6\xdfe, Bl\xf6\xdfe\n"),
    /It looks like Latin-1 .*-f WINDOWS-1252/,
  ],
  ["gzip", bytesOf([0x1f, 0x8b, 8, 0, 1, 2]), /It looks like a gzip file\. Unpack it: gzip -dc .*text\.txt > new\.txt/],
  ["bzip2", bytesOf("BZh91AY&SY", [0xff]), /It looks like a bzip2 file\. Unpack it: bzip2 -dc .*text\.txt > new\.txt/],
  ["xz", bytesOf([0xfd], "7zXZ", [0]), /It looks like an xz file\. Unpack it: xz -dc /],
  ["zstd", bytesOf([0x28, 0xb5, 0x2f, 0xfd, 4]), /It looks like a zstd file\. Unpack it: zstd -dc /],
  ["Parquet", bytesOf("PAR1", [0x15, 0xff]), /It looks like a Parquet file\. Export its columns/],
  ["PDF", bytesOf("%PDF-1.7\n%", [0xe2, 0xe3]), /It looks like a PDF\. Extract its text: pdftotext /],
  ["a workbook", bytesOf("PK\x03\x04", [0x14, 0, 0xff]), /a zip archive, as workbooks .* CSV in UTF-8/],
  [
    "Cyrillic of one byte a letter",
    bytesOf([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0x20]),
    /from the encoding that it has/,
  ],
])("%s gets a hint of its own", async (_, content, hint) => {
  const error = await read(await fileOf(content)).catch((caught: Error) => caught);
  expect((error as Error).message).toMatch(hint);
  expect((error as Error).message.match(/It looks like|is UTF-16|the encoding that it has/g)).toHaveLength(1);
});

test("what is no file gets no command that names one", async () => {
  const hintOf = async (bytes: Buffer) => {
    const pieces = decodeText(Readable.from([bytes]), { name: "standard input", isFile: false });
    try {
      while (!(await pieces.next()).done);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  expect(await hintOf(utf16("\ufeffto be"))).toBe(
    "standard input is UTF-16, not UTF-8. Convert it: iconv -f UTF-16 -t UTF-8",
  );
  expect(await hintOf(bytesOf("caf\xe9 au lait\n"))).toMatch(/Convert it: iconv -f WINDOWS-1252 -t UTF-8$/);
});

test("the text before a wrong byte is given out first", async () => {
  const file = await fileOf(bytesOf("one\ntwo\n\xff"));
  const pieces: string[] = [];
  const reading = (async () => {
    for await (const piece of readTextFile(file)) pieces.push(piece);
  })();
  await expect(reading).rejects.toThrow(/offset 8 \(line 3\)/);
  expect(pieces.join("")).toBe("one\ntwo\n");
});

test.each([undefined, 5, "", Buffer.from("x"), ["a"]])("%o is no path", async (file) => {
  await expect(read(file as never)).rejects.toThrow(/expected the file to be the path of a text file, got/);
});

test("a file that is not there, a folder, and a locked file are told apart", async () => {
  const folder = await temporaryFolder();
  await expect(read(join(folder, "none.txt"))).rejects.toThrow(/There is no file .*none.txt/);
  await mkdir(join(folder, "folder"));
  await expect(read(join(folder, "folder"))).rejects.toThrow(/folder is not a plain file/);
  const locked = await fileOf("secret");
  await chmod(locked, 0);
  if (process.getuid?.() !== 0) await expect(read(locked)).rejects.toThrow(/No permission to read/);
});

test("a NUL is a character of a text in UTF-8, not a sign of UTF-16", async () => {
  const text = "abc\0def\n".repeat(100);
  expect(await read(await fileOf(text))).toBe(text);
});

async function piecesOf(chunks: (string | Buffer)[], keepReturns = false) {
  const pieces: string[] = [];
  const bytes = chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk));
  try {
    const source = { name: "t", isFile: false, keepReturns };
    for await (const piece of decodeText(Readable.from(bytes), source)) pieces.push(piece);
  } catch (error) {
    return { pieces, error: (error as Error).message };
  }
  return { pieces };
}

test("a return is held back until what follows it is known, and given out before a wrong byte and at the end", async () => {
  expect(await piecesOf(["a\r", "\r", "\nb\r"])).toEqual({ pieces: ["a", "\nb", "\r"] });
  expect(await piecesOf(["a\r", "b\r", "\r\n"])).toEqual({ pieces: ["a", "\rb", "\n"] });
  expect(await piecesOf(["a\r", "\r", "\nb\r"], true)).toEqual({ pieces: ["a\r", "\r", "\nb\r"] });
  const { pieces, error } = await piecesOf(["a\n", bytesOf("b\r\xffx")]);
  expect(pieces).toEqual(["a\n", "b\r"]);
  expect(error).toMatch(/^t is not UTF-8: byte 0xFF at offset 4 \(line 2\)/);
  expect((await piecesOf(["a", bytesOf("\xea\xb0")])).error).toMatch(/byte 0xEA at offset 1 \(line 1\)/);
});

test("nothing but a byte-order mark at the start is taken for one", async () => {
  for (const text of ["\ufefc", "\uff3f", "\u7eff", "a\ufeff"]) expect((await piecesOf([text])).pieces).toEqual([text]);
  expect((await piecesOf(["\ufeffa"])).pieces).toEqual(["a"]);
  expect((await piecesOf(["a", "\ufeffb"])).pieces).toEqual(["a", "\ufeffb"]);
});

test("UTF-16 shows in the first 64 bytes, however they come, and zeros after them are characters", async () => {
  const zeros = utf16("to be or not ".repeat(16));
  const thirds = Array.from({ length: 10 }, (_, i) => zeros.subarray(3 * i, 3 * i + 3));
  expect((await piecesOf(thirds)).error).toMatch(/^t is UTF-16/);
  const ascii = "x".repeat(64);
  expect(await piecesOf([ascii, zeros])).toEqual({ pieces: [ascii, zeros.toString()] });
});

test("the hint looks at the line of the wrong byte, not at those before it", async () => {
  const { error } = await piecesOf(["구구구구 구구구\n", bytesOf("\xe9t\xe9 caf\xe9 ")]);
  expect(error).toMatch(/Latin-1/);
  expect(
    (await piecesOf([bytesOf(Buffer.from("구구구구 구구구\n").toString("latin1"), "\xe9t\xe9 caf\xe9 ")])).error,
  ).toBe(error);
});

test.skipIf(process.platform !== "linux")("a file is closed after reading, whether to its end or not", async () => {
  const opened = async () =>
    Promise.all((await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
  const [text, wrong] = [await fileOf("a 1 2\n"), await fileOf(bytesOf("a\xff"))];
  await read(text);
  await expect(read(wrong)).rejects.toThrow();
  for await (const _ of readTextFile(text, { chunk: 1 })) break;
  expect(await textFileSize(text)).toBe(6);
  await readWordVectors(text);
  const files = await opened();
  expect(files.filter((file) => file === text || file === wrong)).toEqual([]);
});
