import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTableOfCaptions } from "../../lib/data/captions.js";
import { encodingHint, utf16Order } from "../../lib/data/encodingHint.js";
import { readTableOfLabels } from "../../lib/data/labelledTexts.js";
import { temporaryFolder } from "./temporaryFolder.js";

async function file(name: string, content: string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

test("rows of one image are its captions, without what was written around them", async () => {
  const path = await file("c.tsv", " b.jpg#1 \t two cats \na.jpg\tone dog\nb.jpg#0\ta cat\nc.jpg\t\n#7\tx\n");
  expect(await readTableOfCaptions("test", path, { empty: "skip" })).toEqual({
    images: [
      { image: "b.jpg", captions: ["two cats", "a cat"], places: [`${path}, line 1`, `${path}, line 3`] },
      { image: "a.jpg", captions: ["one dog"], places: [`${path}, line 2`] },
      { image: "", captions: ["x"], places: [`${path}, line 5`] },
    ],
    skipped: 1,
    description: `${path}: columns 1 and 2, separated by tabs`,
  });
  const named = await file("d.csv", "text,number,name\nx,1,a.jpg\n");
  expect((await readTableOfCaptions("test", named, { image: "name", caption: "text" })).images).toEqual([
    { image: "a.jpg", captions: ["x"], places: [`${named}, line 2`] },
  ]);
  const json = await file("c.jsonl", '{"caption":"x","image":"a"}\n');
  expect((await readTableOfCaptions("test", json)).description).toBe(
    `${json}: fields image and caption of lines of JSON`,
  );
});

test("a text has its label, or several of them, each once and without the spaces around it", async () => {
  const path = await file("l.csv", 'a,b,tags\nx,y," p , q ,p,"\nz,w,\n');
  const options = { text: ["a", "b"], label: "tags", labelSeparator: "," };
  expect(await readTableOfLabels("test", path, options)).toEqual({
    examples: [
      { text: "x\ny", label: ["p", "q"], place: `${path}, line 2` },
      { text: "z\nw", label: [], place: `${path}, line 3` },
    ],
    skipped: 0,
    description: `${path}: columns a and b and tags, separated by commas, named in the first row`,
  });
  const plain = await file("l.tsv", "x\t p \n\tq\n");
  expect(await readTableOfLabels("test", plain, { empty: "skip" })).toEqual({
    examples: [{ text: "x", label: "p", place: `${plain}, line 1` }],
    skipped: 1,
    description: `${plain}: columns 1 and 2, separated by tabs`,
  });
  const json = await file("l.jsonl", '{"text":"x","label":["p","q"]}\n{"text":"y","label":"q"}\n');
  const { examples } = await readTableOfLabels("test", json, { labelSeparator: "|" });
  expect(examples.map(({ label }) => label)).toEqual([["p", "q"], ["q"]]);
});

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));

test("every byte of a container's mark counts", () => {
  const marks: [mark: number[], hint: RegExp][] = [
    [[0x1f, 0x8b], /gzip/],
    [[0x42, 0x5a, 0x68], /bzip2/],
    [[0xfd, 0x37, 0x7a, 0x58, 0x5a], /xz/],
    [[0x28, 0xb5, 0x2f, 0xfd], /zstd/],
    [[0x50, 0x4b, 0x03, 0x04], /zip archive/],
    [[0x50, 0x41, 0x52, 0x31], /Parquet/],
    [[0x25, 0x50, 0x44, 0x46], /PDF/],
  ];
  for (const [mark, hint] of marks) {
    const start = bytes(mark, [0xff]);
    expect(encodingHint(start, start, "f")).toMatch(hint);
    for (const at of mark.keys()) {
      const other = Buffer.from(start);
      other[at] = (other[at] as number) ^ 1;
      expect(encodingHint(other, other, "f")).not.toMatch(hint);
    }
  }
});

test("the command that converts a file names it as a shell reads it, and keeps the ending of a table", () => {
  const korean = bytes([0xbe, 0xc8, 0xb3, 0xe7]);
  const hint = (file?: string) =>
    encodingHint(korean, korean, file).replace("It looks like Korean text in CP949. Convert it: ", "");
  expect(hint("a/b-c.txt")).toBe("iconv -f CP949 -t UTF-8 a/b-c.txt > new.txt");
  expect(hint("it's.csv")).toBe("iconv -f CP949 -t UTF-8 'it'\\''s.csv' > new.csv");
  expect(["x.tsv", "x.JSONL", "x.ndjson", "x.doc"].map((name) => hint(name).replace(/.* > /, ""))).toEqual([
    "new.tsv",
    "new.JSONL",
    "new.ndjson",
    "new.txt",
  ]);
  expect(hint()).toBe("iconv -f CP949 -t UTF-8");
  const gzip = bytes([0x1f, 0x8b]);
  expect([encodingHint(gzip, gzip, undefined), encodingHint(gzip, gzip, "a b")]).toEqual([
    "It looks like a gzip file. Unpack it: gzip -dc FILE > new.txt",
    "It looks like a gzip file. Unpack it: gzip -dc 'a b' > new.txt",
  ]);
});

test("UTF-16 shows by its mark, or by zeros in every second byte", () => {
  const le = Buffer.from("to be or not", "utf16le");
  const be = Buffer.from(le).swap16();
  const marks = [[0xff, 0xfe], [0xfe, 0xff], [0xff, 0xff], [0xfe, 0xfe], [0xff], [0xfe, 0xfe, 0xff]];
  expect(marks.map((mark) => utf16Order(Buffer.from(mark)))).toEqual(["", "", null, null, null, null]);
  expect([le, be, le.subarray(0, 6), le.subarray(0, 8), Buffer.alloc(0)].map((own) => utf16Order(own))).toEqual([
    "LE",
    "BE",
    null,
    "LE",
    null,
  ]);
  // Text of other letters has few zeros: one in twenty bytes is enough where some are not ASCII.
  const other = (zeros: number, length: number) =>
    Buffer.from(Array.from({ length }, (_, i) => (i % 2 === 1 && i < 2 * zeros ? 0 : 0xac)));
  expect([other(5, 100), other(4, 100), other(4, 80), other(3, 20)].map((own) => utf16Order(own))).toEqual([
    "LE",
    null,
    "LE",
    null,
  ]);
  // Where all is ASCII, four in ten bytes are zeros.
  const zeros = (odd: number, even: number, letter = 0x61, first = letter) =>
    Buffer.from(
      Array.from({ length: 100 }, (_, i) => ((i + 1) / 2 <= (i % 2 ? odd : even) ? 0 : i === 0 ? first : letter)),
    );
  const order = (...counts: [odd: number, even: number, letter?: number, first?: number]) =>
    utf16Order(zeros(...counts));
  expect([order(40, 0), order(39, 0), order(0, 40), order(0, 39)]).toEqual(["LE", null, "BE", null]);
  expect([order(10, 0, 0x80), order(10, 0, 0x61, 0xac), order(0, 5, 0xac), order(0, 4, 0xac)]).toEqual([
    "LE",
    "LE",
    "BE",
    null,
  ]);
  // One zero on the other side for twenty.
  expect([order(20, 1, 0xac), order(19, 1, 0xac), order(1, 20, 0xac), order(1, 19, 0xac)]).toEqual([
    "LE",
    null,
    "BE",
    null,
  ]);
  expect(utf16Order(other(4, 84))).toBeNull();
  expect(utf16Order(Buffer.from("a\0b".repeat(40)))).toBeNull();
  expect(utf16Order(Buffer.alloc(64))).toBeNull();
});

test("letters of Western Europe stand alone or in twos, Hangul is nearly all that is not ASCII, and the rest is asked for", () => {
  const hint = (...parts: (string | number[])[]) => encodingHint(bytes(...parts), bytes(...parts), "f");
  expect(hint("gr\xf6\xdfer")).toMatch(/Latin-1/);
  expect(hint("gr\xf6\xdf\xf6r")).toMatch(/from the encoding that it has: iconv -f ENCODING/);
  // Four of five letters are enough, three of four are not.
  expect(hint("\xe9a\xe9a\xe9a\xe9a\xe9a\xe9a\xe9a\xe9a\xe9a\xe9a\xe9a\xe9b\xe9\xe9\xe9")).toMatch(/Latin-1/);
  expect(hint("\xe9a\xe9a\xe9a\xe9a\xe9a\xe9a\xe9a\xe9a\xe9b\xe9\xe9\xe9")).toMatch(/ENCODING/);
  expect(hint("abc\0def\xff")).toMatch(/It looks like no text but a binary file/);
  expect(hint([0xbe, 0xc8, 0xb3])).toMatch(/CP949/);
});

test("zeros show a binary file, a space without a break Latin-1, and wrong bytes among Hangul are not of CP949", () => {
  const hint = (start: Buffer, passage = start) => encodingHint(start, passage, "f");
  const binary = /It looks like no text but a binary file/;
  expect(hint(bytes([0, 0xff]), bytes([0xff]))).toMatch(binary);
  expect(hint(bytes([0xff]), bytes([0xff, 0]))).toMatch(binary);
  expect(hint(bytes("x\xa0 y"))).toMatch(/Latin-1/);
  expect(hint(bytes("x\x9f y"))).toMatch(/ENCODING/);
  expect(hint(bytes("abc"))).toMatch(/ENCODING/);
  expect(hint(bytes([0xbe, 0xc8, 0xb3, 0xe7, 0xff, 0x20]))).toMatch(/ENCODING/);
  // Hangul and kana, both of which CP949 has: 17 of 20 letters are enough.
  const mixed = (hangul: number) =>
    bytes(...Array.from({ length: 20 }, (_, i) => (i < hangul ? [0xb0, 0xa1] : [0xaa, 0xa2])));
  expect([hint(mixed(17)), hint(mixed(16))]).toEqual([
    expect.stringMatching(/Korean text in CP949/),
    expect.stringMatching(/ENCODING/),
  ]);
  expect(hint(Buffer.from("to be or not", "utf16le"))).toBe("Convert it: iconv -f UTF-16LE -t UTF-8 f > new.txt");
});
