import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { labelOfCell, readFrameTable } from "../../lib/data/frameTable.js";
import { columnIn, numberIn, readColumnNames, readNumberTable } from "../../lib/data/numberTable.js";
import { temporaryFolder } from "./temporaryFolder.js";

async function file(name: string, content: string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

test("a table has its names, and a text in each column of a row, whatever was written around it", async () => {
  const csv = await file("a.csv", '\n a ,"b\r\nc",d\r\n1,"x\r\ny"\r\n, ,\r\n\n2,3,4,, \r\n5\r\n,,\n,,,\n');
  expect(await readNumberTable("test", csv)).toEqual({
    file: csv,
    names: ["a", "b\r\nc", "d"],
    rows: [
      { place: `${csv}, line 4`, line: 4, cells: ["1", "x\r\ny", ""] },
      { place: `${csv}, line 6`, line: 6, cells: ["", " ", ""] },
      { place: `${csv}, line 8`, line: 8, cells: ["2", "3", "4"] },
      { place: `${csv}, line 9`, line: 9, cells: ["5", "", ""] },
    ],
  });
  expect(await readColumnNames(csv)).toEqual(["a", "b\r\nc", "d"]);
  const json = await file("a.jsonl", '{"a":1,"b":"x"}\n\n{"b":2.5}\n{"a":null}\n');
  expect(await readNumberTable("test", json)).toEqual({
    file: json,
    names: ["a", "b"],
    rows: [
      { place: `${json}, line 1`, line: 1, cells: ["1", "x"] },
      { place: `${json}, line 3`, line: 3, cells: ["", "2.5"] },
      { place: `${json}, line 4`, line: 4, cells: ["", ""] },
    ],
  });
  expect(await readColumnNames(json)).toEqual(["a", "b"]);
  const cellsOf = async (name: string, content: string) =>
    (await readNumberTable("test", await file(name, content))).rows.map(({ cells }) => cells.join("|"));
  // In one column, an empty line is an empty cell.
  expect(await cellsOf("a.csv", 'a\n1\n\n""\n2\n\n\n')).toEqual(["1", "", "", "2"]);
  expect(await cellsOf("a.tsv", "\na\tb\n1\t2\n\n\t\n3\t\n\t\n\n")).toEqual(["1|2", "|", "3|"]);
  const bars = await file("a.txt", "a|b\n1|2\n");
  expect((await readNumberTable("test", bars, "|")).names).toEqual(["a", "b"]);
  expect(await readColumnNames(bars, "|")).toEqual(["a", "b"]);
  expect(await readColumnNames(bars)).toEqual(["a|b"]);
});

test("tables without rows, rows that are too long and fields that are no cells are refused by their line", async () => {
  const refused = async (name: string, content: string, message: string) =>
    expect(readNumberTable("test", await file(name, content))).rejects.toThrow(message);
  await refused("a.csv", "a,b\n", "a.csv has no rows but the names of its columns.");
  await refused("a.csv", "\n\n", "a.csv has no rows.");
  await refused("a.jsonl", '{}\n{"a":1}\n', "a.jsonl, line 1 names no fields.");
  await refused("a.csv", "a\n1\n1,2,\n", "a.csv, line 3 has 2 columns, and the first row has 1.");
  await refused(
    "a.jsonl",
    '{"a":1}\n{"a":2,"b":5}\n',
    'a.jsonl, line 2 has the field "b", and the first object has a alone. Give it all fields, null where a value is missing.',
  );
  await refused(
    "a.jsonl",
    '{"a":1}\n{"a":[1]}\n',
    'a.jsonl, line 2: expected the field "a" to be a number or a text, got an array of 1.',
  );
  await expect(readColumnNames(await file("a.csv", "\n"))).rejects.toThrow("a.csv has no rows.");
  await expect(readNumberTable("test", 5 as never)).rejects.toThrow("test: expected the file to be the path");
});

test("a cell is a number, or one of the words for none", () => {
  const missing = ["", " ", "NA", "n/a", "NaN", "null", "None", "-", "?", "."];
  expect(missing.map((cell) => numberIn(cell, "p", "c"))).toEqual(missing.map(() => Number.NaN));
  expect([" 1.5 ", "-2", "1e3", "0x10"].map((cell) => numberIn(cell, "p", "c"))).toEqual([1.5, -2, 1000, 16]);
  expect(() => numberIn("x", "t.csv, line 2", "c")).toThrow(
    /^t\.csv, line 2, column "c": expected a number, or nothing where it is missing, got "x"\.$/,
  );
  for (const cell of ["1,5", "-1.000,5", "1.000.000,25"])
    expect(() => numberIn(cell, "p", "c")).toThrow("Decimal commas are to be written as points.");
  for (const cell of ["1,5x", "10.00,5", "Infinity"]) {
    expect(() => numberIn(cell, "p", "c")).toThrow(/expected a number, or nothing where it is missing, got "[^"]+"\.$/);
  }
});

test("a column is found by its number or by a name that no other has", () => {
  const table = { file: "t.csv", names: ["a", "b", "a", "price"] };
  expect([1, 4, "b", "price"].map((column) => columnIn(table, column))).toEqual([0, 3, 1, 3]);
  expect(columnIn({ file: "t.csv", names: ["x", "y"] }, "x")).toBe(0);
  expect(() => columnIn(table, "a")).toThrow('t.csv has several columns "a": take a number, from 1.');
  expect(() => columnIn(table, 5)).toThrow("t.csv has no column 5: its first line names a, b, a, price.");
  expect(() => columnIn(table, "prise")).toThrow(
    't.csv has no column "prise": its first line names a, b, a, price. Did you mean price?',
  );
  const names = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`);
  expect(() => columnIn({ file: "t", names: names(20) }, "z")).toThrow(/c18, c19\.$/);
  expect(() => columnIn({ file: "t", names: names(21) }, "z")).toThrow(/c18, c19 \.\.\.\.$/);
});

test("the labels of a cell are its parts, each once, and an empty cell has none", () => {
  expect([" up ", "", " "].map((cell) => labelOfCell(cell, undefined))).toEqual(["up", null, null]);
  expect([" up ; down;up;; ", "", ";"].map((cell) => labelOfCell(cell, ";"))).toEqual([["up", "down"], [], []]);
});

const plain = {
  label: undefined,
  labelSeparator: undefined,
  sequence: undefined,
  features: undefined,
  separator: undefined,
};

test("the rows of a sequence are its frames, with the features and labels of their columns", async () => {
  const path = await file("f.csv", "walk,step,place,label\na,1,2,x\n a,3,,\nb,5,6,y;z\n");
  const read = { ...plain, sequence: "walk" };
  const [a, b] = [
    { file: path, lines: [2, 3], name: "a" },
    { file: path, lines: [4], name: "b" },
  ];
  const features = ["step", "place"];
  expect(await readFrameTable(path, read)).toEqual([
    { ...a, frames: { shape: [2, 2], values: Float64Array.of(1, 2, 3, Number.NaN) }, features, labels: ["x", null] },
    { ...b, frames: { shape: [1, 2], values: Float64Array.of(5, 6) }, features, labels: ["y;z"] },
  ]);
  const lists = await readFrameTable(path, { ...read, labelSeparator: ";" });
  expect(lists.map(({ labels }) => labels)).toEqual([[["x"], []], [["y", "z"]]]);
  expect(await readFrameTable(path, { ...read, features: [2], label: "place" })).toEqual([
    { ...a, frames: { shape: [2, 1], values: Float64Array.of(1, 3) }, features: ["step"], labels: ["2", null] },
    { ...b, frames: { shape: [1, 1], values: Float64Array.of(5) }, features: ["step"], labels: ["6"] },
  ]);
  const bare = await file("g.csv", "a|b\n1|2\n");
  expect(await readFrameTable(bare, { ...plain, separator: "|" })).toEqual([
    { frames: { shape: [1, 2], values: Float64Array.of(1, 2) }, features: ["a", "b"], file: bare, lines: [2] },
  ]);
});

test("columns that are two things, tables without features and rows of no sequence are refused", async () => {
  const refused = async (content: string, options: object, message: string) =>
    expect(readFrameTable(await file("r.csv", content), { ...plain, ...options })).rejects.toThrow(message);
  const twice = "cannot be a feature and something else.";
  await refused("walk,a\nx,1\n", { sequence: "walk", features: ["a", "walk"] }, twice);
  await refused("label,a\nx,1\n", { features: [1] }, twice);
  await refused("label\nx\n", {}, "has no column of features: say which (features).");
  await refused("w,a\nx,1\n ,2\n", { sequence: "w" }, "line 3 does not say which sequence it is of.");
  await refused(
    "w,a\nx,1\ny,2\nx,3\n",
    { sequence: "w" },
    'line 4: the sequence "x" comes again: expected its rows to follow',
  );
});

test("empty rows between sequences of frames are none of them, and within a single sequence a frame that is missing", async () => {
  const rules = { label: undefined, labelSeparator: undefined, features: undefined, separator: undefined };
  const named = await file("a.csv", "s,x\na,1\n,\nb,2\n");
  const read = await readFrameTable(named, { ...rules, sequence: "s" });
  expect(read.map(({ name }) => name)).toEqual(["a", "b"]);
  const [single] = await readFrameTable(await file("a.csv", "x,y\n1,2\n,\n3,4\n"), { ...rules, sequence: undefined });
  expect([single?.lines, Array.from((single?.frames.values ?? []) as number[])]).toEqual([
    [2, 3, 4],
    [1, 2, Number.NaN, Number.NaN, 3, 4],
  ]);
});
