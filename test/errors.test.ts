import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describe, errorCodes, FileError, quote } from "../lib/errors.js";

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
