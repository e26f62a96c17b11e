import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { LabelledTableOptions } from "../../lib/data/labelledTexts.js";
import { readLabelledTable } from "../../lib/data/labelledTexts.js";
import type { PairTableOptions } from "../../lib/data/pairs.js";
import { readPairTable, readTableOfPairs } from "../../lib/data/pairs.js";
import { columnRule, Table } from "../../lib/data/table.js";
import { guessFormat, separatorText } from "../../lib/data/tableFormat.js";
import { expectNoName, looksLikeHeader } from "../../lib/data/tableHeader.js";

const folder = mkdtempSync(join(tmpdir(), "ostinato-table-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function read(name: string, text: string, options: PairTableOptions = {}): Promise<string[][]> {
  return (await readPairTable(file(name, text), options)).map(({ source, target }) => [source, target]);
}

// The rows that Python's csv.reader makes of the same text.
test.each<[what: string, text: string, rows: string[][]]>([
  ["a quote inside a column without quotes", 'a "b" c,d\n', [['a "b" c', "d"]]],
  ["quotes that open nothing", 'a"b,c"d\n', [['a"b', 'c"d']]],
  ["a quote after a space", ' "a b",c\n', [[' "a b"', "c"]]],
  ["a quote written twice", '"a""b",c\n', [['a"b', "c"]]],
  [
    "line ends of Windows inside quotes",
    'a,"b\r\nc"\r\nd,e\r\n',
    [
      ["a", "b\r\nc"],
      ["d", "e"],
    ],
  ],
  ["a lone carriage return inside quotes", 'a,"b\rc"\r\n', [["a", "b\rc"]]],
  [
    "rows that end in two carriage returns",
    "a,b\r\r\nc,d\r\r\n",
    [
      ["a", "b"],
      ["c", "d"],
    ],
  ],
  [
    "blank lines",
    "\na,b\n\n\nc,d",
    [
      ["a", "b"],
      ["c", "d"],
    ],
  ],
  ["spaces at the ends of a column", "a , b\n", [["a ", " b"]]],
])("CSV: %s", async (_, text, rows) => {
  expect(await read("x.csv", text)).toEqual(rows);
});

test("CSV: a lone carriage return and U+2028 end no row, and line numbers count line ends inside quotes once", async () => {
  const text = '"a\r\nb\r\n",x\u2028y\r\nc,d\re\r\nf,\r\n';
  await expect(readPairTable(file("crlf.csv", text))).rejects.toThrow(/crlf\.csv, line 5: column 2 is empty/);
  expect(await read("crlf.csv", text, { empty: "skip" })).toEqual([
    ["a\r\nb\r\n", "x\u2028y"],
    ["c", "d\re"],
  ]);
});

test("TSV: returns before a line end are part of it, others are characters", async () => {
  expect(await read("x.tsv", 'a\tb\r\r\nc"\t"d\re\r\nf\tg')).toEqual([
    ["a", "b"],
    ['c"', '"d\re'],
    ["f", "g"],
  ]);
});

test.each(["x.csv", "x.tsv"])(
  "%s of lines that end in carriage returns alone is refused, and the last line may end in one",
  async (name) => {
    const separator = name === "x.csv" ? "," : "\t";
    const lines = (end: string) => ["a,b", "c,d"].map((line) => line.replace(",", separator) + end).join("");
    await expect(read(name, lines("\r"))).rejects.toThrow(
      /x\..sv has carriage returns and no line feed, and so is one line\. Make line feeds of them: tr '\\r' '\\n' < FILE > new\.txt/,
    );
    const rows = [
      ["a", "b"],
      ["c", "d"],
    ];
    expect(await read(name, lines("\r\n").slice(0, -1))).toEqual(rows);
    expect(await read(name, lines("\r\n").slice(0, 5))).toEqual(rows.slice(0, 1));
  },
);

test.each<[what: string, name: string, text: string, separator: string]>([
  ["commas", "a.csv", "1,2\n3,4\n", "commas"],
  ["semicolons, of Excel", "a.csv", "F;A\nWie, wo;So, da\nWas;Das\n", "semicolons"],
  ["semicolons with decimal commas", "a.csv", "0,5;eins\n0,7;zwei\n", "semicolons"],
  ["tabs in a file called CSV", "a.csv", "one, two\tx\nthree\ty, z\n", "tabs"],
  ["what the first line says", "a.csv", "sep=|\na|b,c\n", '"|"'],
  ["a long quoted text", "a.csv", `a,"${"x;y\n".repeat(9_000)}"\n`, "commas"],
  ["tabs by the name", "a.tsv", "a;b\tc;d\n", "tabs"],
  ["tabs in a file of any name", "a.txt", "a, b\tc, d\n", "tabs"],
  ["semicolons in a file of any name", "a.txt", "a;b\nc;d\n", "semicolons"],
])("the separator is guessed and said: %s", async (_, name, text, separator) => {
  const { description, pairs } = await readTableOfPairs("test", file(name, text));
  expect(description).toContain(`separated by ${separator}`);
  expect(pairs.length).toBeGreaterThan(0);
  expect(pairs[0]?.source).not.toMatch(/^sep=/);
});

test("a separator can be any character, and is not guessed then", async () => {
  expect(await read("x.csv", "a|b,c\n", { separator: "|" })).toEqual([["a", "b,c"]]);
  expect(await read("x.csv", "a😀b,c\n", { separator: "😀" })).toEqual([["a", "b,c"]]);
  expect(await read("x.csv", 'a\t"b\nc\t"d\n', { separator: "tab" })).toEqual([
    ["a", '"b'],
    ["c", '"d'],
  ]);
  for (const separator of ["", '"', "\n", "ab", 5, null]) {
    await expect(readPairTable("x.csv", { separator } as never)).rejects.toThrow(
      /separator to be tab, comma, semicolon/,
    );
  }
});

test("lines of JSON have fields, known by name or by the names on the way to them", async () => {
  const text =
    '{"id":1,"source":"a\\n\\u2028b","target":"c","x":{"de":"d","en":"e"}}\n\n{"target":"f","source":7,"x":{}}\r\n';
  const both = [
    ["a\n\u2028b", "c"],
    ["7", "f"],
  ];
  for (const name of ["a.jsonl", "a.ndjson", "a.txt"]) expect(await read(name, text)).toEqual(both);
  expect(await read("a.jsonl", text, { source: "x.de", target: "x.en", empty: "skip" })).toEqual([["d", "e"]]);
  await expect(readPairTable(file("a.jsonl", text), { source: "x.de" })).rejects.toThrow(
    /a\.jsonl, line 3: the field "x\.de" is empty/,
  );
  await expect(readPairTable(file("a.jsonl", text), { source: "sorce" })).rejects.toThrow(
    /no field "sorce": its first line has the fields id, source, target, x\. Did you mean source\?/,
  );
  await expect(readPairTable(file("a.jsonl", text), { source: 1 })).rejects.toThrow(/no field 1/);
  await expect(readPairTable(file("b.jsonl", '{"source":["a"],"target":"b"}\n'))).rejects.toThrow(
    /field "source" to be a text, got an array of 1/,
  );
  await expect(readPairTable(file("b.jsonl", '{"source":"a","target":"b"}\n{"source":\n'))).rejects.toThrow(
    /b\.jsonl, line 2: expected an object of JSON, got Unexpected end/,
  );
  await expect(readPairTable(file("b.jsonl", "[1,2]\n"))).rejects.toThrow(/got an array\..*jq -c/);
});

test("a column is its number from 1 or its name, which a header must have once", async () => {
  const text = "Q,A, note ,A\nx,y,z,w\n";
  expect(await read("n.csv", text, { source: "Q", target: "note" })).toEqual([["x", "z"]]);
  expect(await read("n.csv", text, { source: "Q ", target: "  note" })).toEqual([["x", "z"]]);
  expect(await read("n.csv", text, { source: 3, target: 1, header: true })).toEqual([["z", "x"]]);
  expect(await read("n.csv", text, { source: 3, target: 1, header: false })).toEqual([
    [" note ", "Q"],
    ["z", "x"],
  ]);
  await expect(read("n.csv", text, { source: "A" })).rejects.toThrow(/has 2 columns "A": take a number, from 1/);
  await expect(read("n.csv", text, { source: "Nots" })).rejects.toThrow(
    /no column "Nots": its first line names Q, A, {2}note , A\./,
  );
  await expect(read("n.csv", text, { source: "Q", header: false })).rejects.toThrow(
    /"Q" is given by its name, and header is off/,
  );
  await expect(read("s.tsv", "a\tb\nc\n")).rejects.toThrow(
    /s\.tsv, line 2 has 1 column: expected 2 or more, as the first row has 2\. Complete the row, or take it out\.$/,
  );
  await expect(read("s.tsv", "a|b\nc|d\n")).rejects.toThrow(
    /s\.tsv, line 1 has 1 column: expected 2 or more\. If something else is between them, .*--separator/,
  );
});

test("a first row of names that nobody announced is not learnt, and neither are names in the middle", async () => {
  for (const row of [
    "source,target",
    "Question,Answer",
    "src_text,tgt_text",
    "질문,답변",
    "sentence1,sentence2",
    "image,caption",
    "en,de",
  ]) {
    await expect(read("h.csv", `${row}\nx,y\n`)).rejects.toThrow(
      /h\.csv: the first row looks like the names of columns/,
    );
    expect(await read("h.csv", `${row}\nx,y\n`, { header: true })).toEqual([["x", "y"]]);
    expect(await read("h.csv", `${row}\nx,y\n`, { header: false })).toHaveLength(2);
  }
  for (const row of ["a,A", "source,quelle des Lebens", "good morning,guten morgen", "1,2", "answer,Antworten"]) {
    expect(await read("h.csv", `${row}\nx,y\n`)).toHaveLength(2);
  }
  await expect(read("h.csv", "Q,A\nx,y\nQ,A\nz,w\n", { source: "Q", target: "A" })).rejects.toThrow(
    /h\.csv, line 3 names the columns again: two tables were joined/,
  );
});

test("a comma that nobody quoted is not silently cut off a text", async () => {
  await expect(read("c.csv", "Q,A\nHello,Hallo\nHello, you,Hallo du\n", { header: true })).rejects.toThrow(
    /c\.csv, line 3 has 3 columns, and the first row has 2\. A text with "," in it must stand in quotes/,
  );
  // Spreadsheets fill rows up with empty columns.
  expect(await read("c.csv", "a,b\nc,d,,\n")).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
});

test("rows with an empty text are left out and counted where that is asked for", async () => {
  for (const [name, text] of [
    ["e.csv", "a,b\nc,\n\n ,d\ne,f\n"],
    ["e.tsv", "a\tb\nc\t\n\n \td\ne\tf\n"],
  ] as const) {
    const { pairs, skipped } = await readTableOfPairs("test", file(name, text), { empty: "skip" });
    expect(pairs.map(({ source }) => source)).toEqual(["a", "e"]);
    expect(skipped).toBe(name === "e.csv" ? 2 : 3);
  }
  await expect(read("e.csv", "a,b\nc,\n")).rejects.toThrow(/line 2: column 2 is empty: .*--empty skip/);
});

test("an open quote is named with the row that it begins in", async () => {
  await expect(read("q.csv", 'a,b\n"c\nd",e\nf,"g\nh,i\n')).rejects.toThrow(
    /q\.csv is not CSV: the quote that opens a column in line 4 or after it is never closed/,
  );
});

test("a label that comes in the first row alone is taken for the name of its column", async () => {
  const rows = Array.from({ length: 12 }, (_, i) => `text ${i},${i % 2 ? "good" : "bad"}\n`).join("");
  const labels = async (content: string, options: LabelledTableOptions = {}, name = "l.csv") =>
    (await readLabelledTable(file(name, content), options)).map(({ label }) => label);
  for (const header of ["sentence a,verdict", "review,sentiment", "text,category"]) {
    await expect(labels(`${header}\n${rows}`)).rejects.toThrow(/l\.csv: .*first row.*--header or --no-header/s);
  }
  await expect(labels(`t,verdict\n${rows}`)).rejects.toThrow("(verdict) comes in no other row");
  expect(await labels(`t,verdict\n${rows}`, { header: true })).toHaveLength(12);
  expect(await labels(`t,verdict\n${rows}`, { header: false })).toHaveLength(13);
  expect(await labels(`t,good\n${rows}`)).toHaveLength(13);
  // Few rows, and labels of which most come once, say nothing.
  expect(await labels(`t,verdict\n${rows.slice(0, 40)}`.replace(/[^\n]*$/, ""))).not.toHaveLength(0);
  expect(await labels(Array.from({ length: 20 }, (_, i) => `t,unlike ${i}\n`).join(""))).toHaveLength(20);
  const json = Array.from(
    { length: 12 },
    (_, i) => `${JSON.stringify({ text: "x", label: i === 0 ? "one" : "two" })}\n`,
  );
  expect(await labels(json.join(""), {}, "l.jsonl")).toHaveLength(12);
});

test("a field on the way to a column may be null, and is missing then", async () => {
  const content = (...translations: unknown[]) =>
    translations.map((translation) => `${JSON.stringify({ translation })}\n`).join("");
  const columns = { source: "translation.en", target: "translation.fr" };
  const pair = { en: "yes", fr: "oui" };
  await expect(read("n.jsonl", content(null, pair), columns)).rejects.toThrow(
    /n\.jsonl has no field "translation\.en"/,
  );
  await expect(read("n.jsonl", content(pair, null), columns)).rejects.toThrow(
    /n\.jsonl, line 2: the field "translation\.en" is empty: expected a text/,
  );
});

test("a tab may be typed as two characters, a backslash and a t", async () => {
  const pairs = await read("t.txt", "a,b\tc\n", { separator: "\\t" });
  expect(pairs).toEqual([["a,b", "c"]]);
  await expect(read("t.csv", "a\\tb\n", { separator: "\\\\t" })).rejects.toThrow(/expected separator to be/);
});

test("a column is the text or the label, not both", async () => {
  for (const text of ["a", ["b", "a"]]) {
    const reading = readLabelledTable(file("both.csv", "a,b\nx,y\n"), { text, label: "a" });
    await expect(reading).rejects.toThrow('column "a" cannot be both a text and the label');
  }
});

test("no columns of texts at all are refused", async () => {
  const reading = readLabelledTable(file("none.csv", "a,b\nx,y\n"), { text: [], label: "b" });
  await expect(reading).rejects.toThrow("text is an empty list: expected a column.");
});

test("a column that is not there is told with those that are, and how another one is named", async () => {
  await expect(read("three.csv", "x,y,z\n", { source: 1, target: 9 })).rejects.toThrow(
    "three.csv has no column 9: its columns are 1 to 3. Name another one (target; --target-column on the command line).",
  );
  await expect(read("names.csv", "text,mood\nx,y\n", { source: "Q", target: "A" })).rejects.toThrow(
    'no column "Q": its first line names text, mood. Name another one (source; --source-column on the command line).',
  );
});

test("lines that are no objects of JSON are told what they are, and a brace alone makes no JSON", async () => {
  await expect(read("n.jsonl", '{"source":"a","target":"b"}\n5\n')).rejects.toThrow(
    /n\.jsonl, line 2: expected an object of JSON, got no object\.$/,
  );
  await expect(read("n.jsonl", "null\n")).rejects.toThrow(/line 1: expected an object of JSON, got no object\.$/);
  await expect(read("n.jsonl", "[5]\n")).rejects.toThrow(
    /line 1: expected an object of JSON, got an array\. A list in one file/,
  );
  expect(guessFormat("n.txt", "{a},b\n{c},d\n").separator).toBe(",");
  expect(guessFormat("n.txt", '{"a": 1}\n').separator).toBeNull();
  // A quote that never ends in the first row is no table of either separator.
  expect(guessFormat("n.csv", '"a,b;c').separator).toBe(",");
  expect(guessFormat("n.txt", '"a,b;c').separator).toBe("\t");
});

test("a file without rows is named", async () => {
  await expect(read("nothing.csv", "\n\n")).rejects.toThrow("nothing.csv has no rows.");
  await expect(read("nothing.jsonl", "\n\n")).rejects.toThrow("nothing.jsonl has no rows.");
});

test("the form of a table is guessed from its name, or from the columns of its first rows", () => {
  const separators: [name: string, text: string, separator: string | null][] = [
    ["a.jsonl", "a,b\n", null],
    ["A.NDJSON", "a,b\n", null],
    ["a.txt", ' \n{"a":1}\n{', null],
    ["a.csv", "a,b\nc,d\n", ","],
    ["a.csv", "a;b\nc;d\n", ";"],
    ["a.CSV", "a\tb\nc\td\n", "\t"],
    ["a.tab", "a;b\nc;d\n", "\t"],
    ["a.txt", "a,b\tc\nd,e\n", "\t"],
    ["a.txt", "a;b\nc;d\n", ";"],
    ["a.txt", "sep=;\na\n", "\t"],
    // Half of the rows of a .csv file are enough, and all of another one are needed.
    ["a.csv", "a;b\nc\n", ";"],
    ["a.csv", "a;b\nc\nd\n", ","],
    ["a.txt", "a;b\nc\n", "\t"],
    // The rows of the first one's width count, then the width.
    ["a.csv", "a,b;c\nd;e\n", ";"],
    ["a.csv", "a,b;c;d\ne,f;g;h\n", ";"],
    ["a.csv", "a,b;c\nd,e\n", ","],
    ["a.csv", "a\nb;c\nd;e\n", ","],
    ["a.csv", "\n\na;b\n\nc;d\n", ";"],
    // No more than twenty rows are looked at, or fewer where one is cut off.
    ["a.csv", `${"a;b\n".repeat(20)}${"a\n".repeat(30)}`, ";"],
    ["a.csv", 'a;b\n"c', ";"],
    // Commas of numbers and sentences.
    ["a.csv", "0,5;a\n0,7;b\n", ";"],
    ["a.csv", "a, b;c\nd, e;f\n", ";"],
  ];
  for (const [name, text, separator] of separators) {
    expect(guessFormat(name, text), `${name} ${text}`).toEqual({ separator, preamble: 0 });
  }
  expect(guessFormat("a.csv", "sep=|\r\na;b|c\n")).toEqual({ separator: "|", preamble: 1 });
  expect(["\t", ",", ";", "|"].map(separatorText)).toEqual(["tabs", "commas", "semicolons", '"|"']);
});

test("names of columns are three known words at most, whatever their case and the numbers beside them", () => {
  for (const text of ["Q", " Source ", "target_text", "sentence 1", "text1", "src-text", "label.text.id", "원문"]) {
    expect(looksLikeHeader(text), text).toBe(true);
  }
  for (const text of ["", "1", "b", "text of mine", "text label source target", "texting"]) {
    expect(looksLikeHeader(text), text).toBe(false);
  }
});

test("a first label is the name of its column where it comes once, and the ten others or more come twice each", () => {
  const others = (count: number, kinds = 2) => Array.from({ length: count }, (_, i) => `l${i % kinds}`);
  const expecting =
    (...labels: (string | string[])[]) =>
    () =>
      expectNoName("t.csv", labels);
  expect(expecting("x", ...others(10))).toThrow("t.csv: the label of the first row (x) comes in no other row");
  expect(expecting("x", ...others(9))).not.toThrow();
  expect(expecting("l1", ...others(10))).not.toThrow();
  expect(expecting("x", ...others(10, 5))).toThrow("(x)");
  expect(expecting("x", ...others(10, 6))).not.toThrow();
  const lists = others(10).map((label) => [label, "l0"]);
  expect(expecting(["x", "y"], ...lists)).toThrow("(x, y)");
  expect(expecting(["x", "l1"], ...lists)).not.toThrow();
  expect(expecting([], ...lists)).not.toThrow();
});

test("a column is a whole number from 1, or a name; digits on a command line are a number", () => {
  expect([1, 2, "a", "1"].map((column) => columnRule.fits(column))).toEqual(Array(4).fill(true));
  expect([0, -1, 1.5, "", null, undefined].map((column) => columnRule.fits(column))).toEqual(Array(6).fill(false));
  expect(columnRule.written).toMatchObject({ as: "column" });
  expect(["12", "a1", "1.5"].map((typed) => columnRule.written?.parse?.(typed))).toEqual([12, "a1", "1.5"]);
});

test("rows that are left out are counted afresh in each reading, and every row has its line", async () => {
  const path = file("again.csv", 'a,b\n"x\ny",\nz,w\n');
  const columns = [1, 2].map((number) => ({ column: undefined, number, name: "text" }));
  const table = await Table.open("who", {
    file: path,
    columns,
    separator: undefined,
    header: undefined,
    empty: "skip",
  });
  for (let reading = 0; reading < 2; reading++) {
    const rows = [];
    for await (const row of table.rows()) rows.push(row);
    expect(rows).toEqual([
      { place: `${path}, line 1`, line: 1, texts: ["a", "b"] },
      { place: `${path}, line 4`, line: 4, texts: ["z", "w"] },
    ]);
    expect(table.skipped).toBe(1);
  }
  expect(table.mayHaveHeader).toBe(true);
  const opened = { file: path, columns, separator: undefined, empty: "skip" } as const;
  expect((await Table.open("who", { ...opened, header: false })).mayHaveHeader).toBe(false);
  await expect(Table.open("who", { ...opened, file: 5 as never, header: false })).rejects.toThrow(
    /^who: expected the file/,
  );
  await expect(read("two.csv", "x,y\nz,w\n", { target: 3 })).rejects.toThrow(
    "has no column 3: its columns are 1 to 2.",
  );
});

test("a list of JSON is labels of texts without their separator", async () => {
  const labels = async (label: unknown) => {
    const path = file("list.jsonl", `${JSON.stringify({ text: "x", label })}\n`);
    return (await readLabelledTable(path, { labelSeparator: "|" })).map((example) => example.label);
  };
  expect(await labels(["a", "b c"])).toEqual([["a", "b c"]]);
  expect(await labels(7)).toEqual([["7"]]);
  for (const wrong of ["a|b", " ", 5, null]) {
    await expect(labels(["a", wrong])).rejects.toThrow(
      /list\.jsonl, line 1: expected the field "label" to be a list of texts without "\|", which separates them; got [^.]+ in it\.$/,
    );
  }
});
