import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileError } from "../../lib/errors.js";
import { parseJson } from "../../lib/formats/json.js";
import { readJsonFile } from "../../lib/formats/jsonFile.js";
import { list, whole } from "../../lib/options.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

test("JSON is read down to 64 levels, and refused below them", () => {
  const nested = (levels: number) => Buffer.from(`${"[".repeat(levels)}${"]".repeat(levels)}`);
  expect(JSON.stringify(parseJson(nested(64), "a.json"))).toHaveLength(128);
  expect(() => parseJson(nested(65), "a.json")).toThrow(FileError);
  expect(() => parseJson(nested(65), "a.json")).toThrow("nested more than 64 levels deep");
});

test("only what lies in each other counts as depth, and all objects and arrays together are counted", () => {
  const beside = `[${"{},[],".repeat(64)}0]`;
  expect(parseJson(Buffer.from(beside), "a.json")).toHaveLength(129);
  expect(() => parseJson(Buffer.alloc(4_000_002, "[]"), "a.json")).toThrow(
    "it has 2000001 objects and arrays, more than 2000000",
  );
});

const parsed = (text: string) => parseJson(Buffer.from(text), "a.json");

test("a name may come again in another object, as a value, and in an array, but not in its own object", () => {
  for (const text of [
    '{"a":{"a":"a"},"b":["a","a",{"a":1},{"a":2}],"c":"a"}',
    '[{"a":1},{"a":1}]',
    '{"a\\"":1,"a":[],"{":"}"}',
    "5",
  ]) {
    expect(parsed(text)).toEqual(JSON.parse(text));
  }
  for (const [text, name] of [
    ['{"a":1,"b":2,"a":3}', '"a"'],
    ['[{"x":1},{"b":[1,{"c":[]}],"d":{"e":1,"e":2}}]', '"e"'],
    ['{"b":[1,2],"c":{},"b":"b"}', '"b"'],
    ['{"c":"c","d":["c","c"],"b":1,"b":2}', '"b"'],
    ['{"a\\"b":"{","\\u0061\\"b":1}', '"a\\"b"'],
    ['{"a":{"x":1},"b":{"y":[{"z":1}],"y":2}}', '"y"'],
  ] as const) {
    expect(() => parsed(text), text).toThrow(
      `a.json is cut off or damaged: it is not JSON (the name ${JSON.stringify(JSON.parse(name))} is there twice in one object)`,
    );
  }
});

test("a byte-order mark is dropped, and what is no JSON or no UTF-8 says so", () => {
  expect(parsed("\ufeff[1]")).toEqual([1]);
  expect(() => parsed("[1")).toThrow(
    /^a\.json is cut off or damaged: it is not JSON \(.+\)\. Copy it again from where it came\.$/,
  );
  for (const bytes of [
    [0xef, 0xbb, 0x31],
    [0x31, 0xff],
  ])
    expect(() => parseJson(Buffer.from(bytes), "a.json")).toThrow("(it is not UTF-8)");
});

test("a file of 64 MiB is read, and a larger one is something else", async () => {
  const file = join(await temporaryFolder(), "a.json");
  const content = Buffer.alloc(2 ** 26, " ");
  content.write("[5]");
  await writeFile(file, content);
  expect(await readJsonFile(file, list(whole()))).toEqual([5]);
  await writeFile(file, " ", { flag: "a" });
  await expect(readJsonFile(file, list(whole()))).rejects.toThrow(
    /a\.json has 67108865 bytes, and such a file has at most 67108864/,
  );
});
