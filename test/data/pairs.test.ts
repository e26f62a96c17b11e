import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  expectPairs,
  placeOf,
  readPairTable,
  readParallelText,
  readParallelTexts,
  readTableOfPairs,
} from "../../lib/data/pairs.js";

const folder = mkdtempSync(join(tmpdir(), "ostinato-pairs-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const texts = (pairs: readonly { source: string; target: string }[]) =>
  pairs.map(({ source, target }) => [source, target]);

test("two files are read line by line, whatever ends their lines", async () => {
  const pairs = await readParallelText(
    file("a.de", "ein haus\r\nzwei häuser\r\n"),
    file("a.en", "\ufeffa house\ntwo houses"),
  );
  expect(texts(pairs)).toEqual([
    ["ein haus", "a house"],
    ["zwei häuser", "two houses"],
  ]);
  expect(pairs[1]?.place).toMatch(/a\.de and .*a\.en, line 2$/);
});

test("files that do not fit together, and empty lines, are named with their line", async () => {
  const [two, three] = [file("two", "a\nb\n"), file("three", "x\ny\nz\n")];
  await expect(readParallelText(two, three)).rejects.toThrow(
    /two has 2 lines and .*three has 3.*Line 3 of .*three has no partner/,
  );
  await expect(readParallelText(three, two)).rejects.toThrow(/Line 3 of .*three has no partner/);
  await expect(readParallelText(file("gap", "a\n \nc\n"), three)).rejects.toThrow(/gap, line 2 is empty/);
  await expect(readParallelText(file("none", ""), three)).rejects.toThrow(/none is empty/);
  await expect(readParallelText(join(folder, "missing"), three)).rejects.toThrow(/There is no file .*missing/);
});

test("lines with an empty side are refused, or left out together where that is asked for", async () => {
  const [sources, targets] = [file("s", "a\nb\n\nd\n"), file("t", "A\n \nC\nD\n")];
  await expect(readParallelText(sources, targets)).rejects.toThrow(/t, line 2 is empty: .*--empty skip/);
  const pairs = await readParallelText(sources, targets, { empty: "skip" });
  expect(pairs.map(({ source, place }) => [source, place?.replace(/.*, /, "")])).toEqual([
    ["a", "line 1"],
    ["d", "line 4"],
  ]);
  await expect(readParallelText(file("s1", "\n"), file("t1", "a\n"), { empty: "skip" })).rejects.toThrow(/no pairs/);
});

test("one line is a line", async () => {
  await expect(readParallelText(file("one", "a\n"), file("three", "x\ny\nz\n"))).rejects.toThrow(
    /one has 1 line and .*has 3:/,
  );
});

test("several files of targets are references of one source, side by side", async () => {
  const pairs = await readParallelText(file("src", "a\nb\n"), [file("ref.0", "A\nB\n"), file("ref.1", "Ä\nß\n")]);
  expect(texts(pairs)).toEqual([
    ["a", "A"],
    ["a", "Ä"],
    ["b", "B"],
    ["b", "ß"],
  ]);
  await expect(
    readParallelText(file("src", "a\nb\n"), [file("ref.0", "A\nB\n"), file("ref.1", "Ä\n")]),
  ).rejects.toThrow(/ref\.1 has 1: .* Line 2 of .*src has no partner/);
  await expect(readParallelText(file("src", "a\n"), [])).rejects.toThrow(
    /expected a file of sources and one of targets/,
  );
});

test("tables have tabs, and quotes mean nothing in them", async () => {
  const table = file("table.tsv", `"'bout"\tB AW T\textra\na\tAH\n`);
  expect(texts(await readPairTable(table))).toEqual([
    [`"'bout"`, "B AW T"],
    ["a", "AH"],
  ]);
  expect(texts(await readPairTable(file("three.tsv", "1\ta\tb\n"), { source: 3, target: 2 }))).toEqual([["b", "a"]]);
});

test("CSV has quoted columns with commas, quotes and line ends, and lines are counted as an editor does", async () => {
  const csv = file("chat.csv", `Q,A,label\n"새출발, ""트라우마""",많은 용기가\n\n"two\nlines",b,1\nc,d\n`);
  const pairs = await readPairTable(csv, { source: "Q", target: "A" });
  expect(texts(pairs)).toEqual([
    [`새출발, "트라우마"`, "많은 용기가"],
    ["two\nlines", "b"],
    ["c", "d"],
  ]);
  expect(pairs.map(({ place }) => place?.replace(/.*, /, ""))).toEqual(["line 2", "line 4", "line 6"]);
  await expect(readPairTable(file("bad.csv", `Q,A\n"a\nb",\n`), { source: "Q", target: "A" })).rejects.toThrow(
    /bad\.csv, line 2: column "A" is empty/,
  );
});

test("a header alone has no pairs, and what is no list of pairs is named", async () => {
  await expect(readPairTable(file("head.csv", "Q,A\n"), { source: "Q", target: "A" })).rejects.toThrow(
    /head\.csv has no rows but the names/,
  );
  await expect(readPairTable(undefined as never)).rejects.toThrow(/readPairTable: expected the file to be the path/);
  await expect(readParallelText(Buffer.from("a") as never, "b")).rejects.toThrow(/got a Buffer/);
  await expect(readPairTable("x.csv", { columns: 2 } as never)).rejects.toThrow(/unknown option "columns"/);
  await expect(readPairTable("x.csv", "Q" as never)).rejects.toThrow(/expected an object of options, got "Q"/);
  await expect(readPairTable("x.csv", { source: 0 })).rejects.toThrow(/source to be a column: its number from 1/);
});

test("a reading says what was read, how, and how many were left out", async () => {
  const [sources, one, other] = [file("r.src", "\nb\nc\n"), file("r.1", "A\nB\n\n"), file("r.2", "Ä\nß\nC\n")];
  expect(await readParallelTexts("test", [sources, one, other], { empty: "skip" })).toEqual({
    pairs: [
      { source: "b", target: "B", place: `${sources} and ${one}, line 2` },
      { source: "b", target: "ß", place: `${sources} and ${other}, line 2` },
    ],
    targets: 2,
    skipped: 2,
    description: `lines of ${sources} and ${one} and ${other}`,
  });
  expect((await readParallelTexts("test", [other, other])).description).toBe(`lines of ${other}`);
  await expect(readParallelTexts("test", [sources, other])).rejects.toThrow(/r\.src, line 1 is empty/);
  const table = file("r.tsv", "b\tB\n\tC\n");
  expect(await readTableOfPairs("test", table, { empty: "skip" })).toEqual({
    pairs: [{ source: "b", target: "B", place: `${table}, line 1` }],
    targets: 1,
    skipped: 1,
    description: `${table}: columns 1 and 2, separated by tabs`,
  });
  const json = file("r.jsonl", '{"target":"B","source":"b"}\n');
  expect((await readTableOfPairs("test", json)).description).toBe(`${json}: fields source and target of lines of JSON`);
  expect([placeOf({ source: "", target: "" }, 0, 3), placeOf({ source: "", target: "", place: "x" }, 0, 3)]).toEqual([
    "pair 1 of 3",
    "x",
  ]);
});

const shared = new URL("../../../shared/data/", import.meta.url).pathname;
const corpora: [string, number, () => Promise<{ source: string; target: string }[]>][] = [
  [
    "multi30k",
    29_000,
    () => readParallelText(`${shared}multi30k/tok/train.lc.norm.tok.de`, `${shared}multi30k/tok/train.lc.norm.tok.en`),
  ],
  ["g2p-cmudict", 117_044, () => readPairTable(`${shared}g2p-cmudict/train.tsv`)],
  ["tatoeba-eng-kor", 3_048, () => readPairTable(`${shared}tatoeba-eng-kor/train.tsv`)],
];

test.skipIf(!existsSync(shared)).each(corpora)(
  "%s has %i pairs (skipped where the corpora are absent)",
  async (_, count, read) => {
    expect((await read()).length).toBe(count);
  },
);

test.skipIf(!existsSync(shared))(
  "the Korean chat has questions and answers (skipped where the corpora are absent)",
  async () => {
    const pairs = await readPairTable(`${shared}korean-chatbot/valid.csv`, { source: "Q", target: "A" });
    expect(texts(pairs)).toContainEqual(["새출발, 트라우마", "많은 용기가 필요했을 거예요."]);
  },
);

test("a table of which every row is left out has no pairs", async () => {
  const reading = readPairTable(file("gone.tsv", "a\t\n\tb\n"), { empty: "skip" });
  await expect(reading).rejects.toThrow(/gone\.tsv has no pairs that are not empty\./);
});

test("what is no pair of texts is refused by its place, before any file is read", async () => {
  const pair = { source: "a", target: "b" };
  const expecting = (pairs: unknown) => () => expectPairs("who", pairs as []);
  expect(expecting([pair, pair])).not.toThrow();
  expect(expecting("ab")).toThrow('who: expected a list of pairs, got "ab".');
  expect(expecting([pair, { source: "a" }])).toThrow(
    "who: expected the target of pair 2 of 2 to be a text, got undefined.",
  );
  expect(expecting([{ target: "b", source: 5, place: "x.tsv, line 3" }])).toThrow(
    "who: expected the source of x.tsv, line 3 to be a text, got 5.",
  );
  expect(expecting([null])).toThrow("who: expected the source of pair 1 of 1 to be a text, got undefined.");
  await expect(readParallelTexts("who", [join(folder, "none"), 5 as never])).rejects.toThrow(
    /^who: expected the file to be/,
  );
});
