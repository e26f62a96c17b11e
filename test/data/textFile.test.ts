import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTextFile } from "../../lib/data/textFile.js";
import { randomText } from "./randomText.js";
import { temporaryFolder } from "./temporaryFolder.js";

async function read(file: string, chunk?: number): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of readTextFile(file, chunk)) pieces.push(piece);
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
    const expected = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
    for (const chunk of [1, 2, 3, 4, 5, 7, 64, 65536]) expect(await read(file, chunk)).toBe(expected);
  }
});

test("a byte-order mark at the start goes, one inside stays", async () => {
  expect(await read(await fileOf("\ufeffa\ufeffb"))).toBe("a\ufeffb");
  expect(await read(await fileOf("\ufeffa\ufeffb"), 1)).toBe("a\ufeffb");
});

test("line ends of Windows are line ends; a lone carriage return stays", async () => {
  for (const chunk of [1, 2, 3, 100]) {
    expect(await read(await fileOf("a\r\nb\r\r\n\rc\r"), chunk)).toBe("a\nb\r\n\rc\r");
  }
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

test("UTF-16 is recognised", async () => {
  const utf16 = Buffer.from("\ufeff한국어", "utf16le");
  await expect(read(await fileOf(utf16))).rejects.toThrow(/It looks like UTF-16. Convert it: iconv/);
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
