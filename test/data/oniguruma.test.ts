import { expect, test } from "vitest";
import { translateExpression } from "../../lib/data/subwords/oniguruma.js";

const matches = (expression: string, text: string) =>
  new RegExp(`^(?:${translateExpression(expression).source})$`, "v").test(text);

test("a tab in a class is the tab, and not the letter or a neighbour of it", () => {
  for (const expression of ["[\\t]", "\\t", "[x\\t]"]) {
    expect(matches(expression, "\t")).toBe(true);
    for (const other of ["t", "\\", "\n", "\b"]) expect(matches(expression, other)).toBe(false);
  }
  expect(matches("[^\\t]", "\t")).toBe(false);
});

test("a property is negated by a capital P or by ^, and not by both", () => {
  for (const [expression, letter] of [
    ["\\p{L}", true],
    ["\\P{L}", false],
    ["\\p{^L}", false],
    ["\\P{^L}", true],
    ["[\\P{^L}]", true],
    ["[\\p{^L}]", false],
  ] as const) {
    expect(matches(expression, "a"), expression).toBe(letter);
    expect(matches(expression, "1"), expression).toBe(!letter);
  }
});

test("classes lie in each other eight deep at most", () => {
  const nested = (classes: number) => `${"[".repeat(classes)}a${"]".repeat(classes)}`;
  expect(matches(nested(9), "a")).toBe(true);
  expect(() => translateExpression(nested(10))).toThrow("more than 8 deep");
});

test("escapes of control characters are these characters, alone and in a class", () => {
  const controls = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };
  for (const [letter, code] of Object.entries(controls)) {
    for (const expression of [`\\${letter}`, `[\\${letter}]`]) {
      const matched = Array.from({ length: 128 }, (_, own) => own).filter((own) =>
        matches(expression, String.fromCharCode(own)),
      );
      expect(matched, expression).toEqual([code]);
    }
  }
});
