import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  counted,
  describe,
  errorCodes,
  FileError,
  InputError,
  isErrorCode,
  OptionError,
  OstinatoError,
  quote,
  ShapeError,
  withArticle,
} from "../lib/errors.js";

test("a message shows the beginning of a text, on one line, with nothing invisible in it", () => {
  expect(describe(`a\n"b\u202e${"c".repeat(100)}`)).toBe(`"a\\n\\"b\\u{202E}${"c".repeat(52)}..."`);
  expect(quote("\u001b[31m\u009b")).toBe('"\\u001b[31m\\u{009B}"');
});

test("an object from a file cannot choose what a message says of it", () => {
  for (const foreign of [null, 5, {}, { name: {} }, { name: { toString: 1 } }, { name: "Error" }]) {
    expect(describe({ constructor: foreign })).toBe("an object");
  }
  expect(describe(Object.create(null))).toBe("an object");
  expect(describe(new Map())).toBe("a Map");
});

test("a message gives no orders to the terminal that shows it, whatever it quotes", () => {
  expect(new FileError("a\u001b[2J\u202eb\n\tc").message).toBe("a\\u{001B}[2J\\u{202E}b\n\tc");
});

test("a message keeps its ends, and not millions of characters between them", () => {
  const { message } = new FileError(`begin ${"x".repeat(2_000_000)} end`);
  expect(message.length).toBeLessThan(4100);
  expect(message).toMatch(/^begin x+ \[\.\.\. \d+ characters \.\.\.\] x+ end$/);
});

test("a message of 4000 characters is whole; of a longer one the first 3500 and the last 400 stay", () => {
  const text = Array.from({ length: 4001 }, (_, i) => "abcdefghij"[i % 10]).join("");
  expect(new FileError(text.slice(1)).message).toBe(text.slice(1));
  expect(new FileError(text).message).toBe(`${text.slice(0, 3500)} [... 101 characters ...] ${text.slice(-400)}`);
});

test("a quote has 60 characters at most", () => {
  expect(quote("x".repeat(60))).toBe(`"${"x".repeat(60)}"`);
  expect(quote("x".repeat(61))).toBe(`"${"x".repeat(57)}..."`);
});

test("a value is described by what explains the mistake", () => {
  const values = [
    "a",
    5n,
    null,
    undefined,
    1.5,
    Number.NaN,
    true,
    [1, 2],
    {},
    new Date(0),
    Buffer.from(""),
    () => 1,
    Symbol("x"),
    new (class {})(),
  ];
  expect(values.map(describe)).toEqual([
    ...[
      '"a"',
      "5n",
      "null",
      "undefined",
      "1.5",
      "NaN",
      "true",
      "an array of 2",
      "an object",
      "a Date",
      "a Buffer",
      "a function",
      "a symbol",
      "an object",
    ],
  ]);
});

test("nouns have their article and number", () => {
  expect(["Mixture", "ImageCaptioner", "NgramModel", "Other", "Under"].map(withArticle)).toEqual([
    ...["a Mixture", "an ImageCaptioner", "an NgramModel", "an Other", "an Under"],
  ]);
  expect([0, 1, 2].map((count) => counted(count, "line"))).toEqual(["0 lines", "1 line", "2 lines"]);
});

test("errors have their class's name, their code, their cause and the options that they are about", () => {
  const cause = new Error("x");
  const made = [
    new ShapeError("m"),
    new OptionError("m"),
    new OptionError("m", ["a"]),
    new InputError("m", cause),
    new FileError("m", cause),
  ];
  expect(
    made.map((error) => [
      error.name,
      error.message,
      error.code,
      error.cause,
      "cause" in error,
      (error as OptionError).options,
    ]),
  ).toEqual([
    ["ShapeError", "m", "ERR_OSTINATO_SHAPE", undefined, false, undefined],
    ["OptionError", "m", "ERR_OSTINATO_OPTION", undefined, false, []],
    ["OptionError", "m", "ERR_OSTINATO_OPTION", undefined, false, ["a"]],
    ["InputError", "m", "ERR_OSTINATO_INPUT", cause, true, undefined],
    ["FileError", "m", "ERR_OSTINATO_FILE", cause, true, undefined],
  ]);
  expect(made.every((error) => error instanceof OstinatoError)).toBe(true);
  expect(["ERR_OSTINATO_BUSY", "toString", "ERR_OTHER", 5].map(isErrorCode)).toEqual([true, false, false, false]);
});

test("every code says when it is raised, and the way out, each in whole sentences", () => {
  for (const [code, { error, raised, remedy }] of Object.entries(errorCodes)) {
    expect(error, code).toMatch(/^\w+Error(, \w+Error)*$/);
    for (const words of [raised, remedy]) expect(words, code).toMatch(/^[A-Z].{20,}\.$/);
  }
});

test("every code that the sources name is in the table, and every code of the table is raised somewhere", () => {
  const files = ["lib", "native"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
  );
  const sources = files.filter((file) => /\.(ts|cc|h)$/.test(file)).map((file) => readFileSync(file, "utf8"));
  const raised = sources.flatMap((source) => [...source.matchAll(/"(ERR_OSTINATO_[A-Z]+)"/g)].map(([, code]) => code));
  expect([...new Set(raised)].sort()).toEqual(Object.keys(errorCodes).sort());
});
