import { expect, test } from "vitest";

const script: string = "../../scripts/check-comments.mjs";
const { faultsOf }: { faultsOf: (text: string) => { line: number; word: string }[] } = await import(script);

test("comments that begin with a pronoun are found, in doc comments, their further lines and C++ comments", () => {
  const word = (line: string) => faultsOf(`const a = 1;\n${line}\n`);
  expect(word(`/** ${"What"} it returns. */`)).toEqual([{ line: 2, word: "What" }]);
  expect(word(`   * ${"Of"} each row the largest.`)).toEqual([{ line: 2, word: "Of" }]);
  expect(word(`  int count;  // ${"Told"} at the end.`)).toEqual([{ line: 2, word: "Told" }]);
  expect(word("/** The result. What of it? */")).toEqual([]);
  expect(word("// Whatever fits is taken.")).toEqual([]);
});
