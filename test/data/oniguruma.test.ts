import { expect, test } from "vitest";
import { translateExpression } from "../../lib/data/subwords/oniguruma.js";

const matches = (expression: string, text: string) =>
  new RegExp(`^(?:${translateExpression(expression).source})$`, "v").test(text);

/** @param cases expressions, with characters that each matches and others that it does not. */
function expectLetters(cases: readonly (readonly [expression: string, inside: string, outside: string])[]): void {
  for (const [expression, inside, outside] of cases) {
    for (const letter of inside) expect(matches(expression, letter), expression).toBe(true);
    for (const letter of outside) expect(matches(expression, letter), expression).toBe(false);
  }
}

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

test("characters by number and beyond 16 bits are those characters, alone and in ranges", () => {
  expectLetters([
    ["\\x41", "A", "Bx4"],
    ["\\x{41}", "A", "Bx{"],
    ["\\x{1F600}", "\u{1f600}", "\u{1f601}\u{f600}"],
    ["\\u00e9", "é", "eu0"],
    ["[\\x41-\\x{43}]", "ABC", "@D-"],
    ["\u{1f600}", "\u{1f600}", "\u{1f601}"],
    ["[\u{1f600}-\u{1f602}z]", "\u{1f600}\u{1f601}z", "\u{1f603}-"],
  ]);
});

test("without regard to case s and k are also the signs that are theirs beyond ASCII", () => {
  expectLetters([
    ["(?i:k)", "kK\u212a", "ls"],
    ["(?i:S)", "sS\u017f", "kt"],
    ["(?i:a)", "aA", "b\u212a\u017f"],
  ]);
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

test("groups lie in each other 50 deep at most", () => {
  const nested = (groups: number) => `${"(?:".repeat(groups)}a${")".repeat(groups)}`;
  expect(matches(nested(50), "a")).toBe(true);
  expect(() => translateExpression(nested(51))).toThrow("groups lie more than 50 deep");
});

test.each([
  ["(?i:[a-c])", "a range without regard to case is not read here"],
  ["(?i:[^a])", '"[^" without regard to case is not read here'],
  ["[a-b-c]", '"-" inside a class is not read here: write "\\-"'],
  ["[]", "a class is empty or has no end"],
  ["[a", "a class is empty or has no end"],
  ["[[:alpha:]]", '"[:" in a class is not read here'],
  ["[a&&b]", '"&&" in a class is not read here'],
  ["[\\d-z]", "a range begins with a class"],
  ["[a-[b]]", "a range has no proper end"],
  ["[a-\\d]", "a range has no proper end"],
  ["[b-a]", "a range has no proper end"],
  ["*a", '"*" repeats nothing'],
  ["a)", 'there is a ")" too many'],
  ["a{}", '"{}" is no repetition'],
  ["a{,}", '"{,}" is no repetition'],
  ["a{3,2}", '"{3,2}" is no repetition'],
  ["a{1001}", '"{1001}" repeats too often'],
  ["a{2,1001}", '"{2,1001}" repeats too often'],
  ["a{1001,}", '"{1001,}" repeats too often'],
  ["a{3}?", '"{3}?" is not read here'],
  ["a\\", '"\\\\" is not read here'],
  ["\\q", '"\\q" is not read here'],
  ["(?i:é)", '"é" without regard to case is not read here'],
  ["(?i:\\p{L})", "a set without regard to case is not read here"],
])("%s is refused", (expression, message) => {
  expect(() => translateExpression(expression)).toThrow(message);
});

test("a hyphen at an end of a class is one, and a range has both of its ends", () => {
  expectLetters([
    ["[-a]", "-a", "b`"],
    ["[a-]", "-a", "b`"],
    ["[b-d]", "bcd", "ae-"],
    ["[b-d\\-]", "bcd-", "ae"],
    ["[b-b]", "b", "ac"],
  ]);
});

test("two repetitions without a limit may follow one another, and no more", () => {
  for (const expression of ["a*b+", "(a*|b*c*)", "a{2,}b*c?d{1,3}"])
    expect(() => translateExpression(expression)).not.toThrow();
  for (const expression of ["a*b+c*", "(a*|b*c*)d+"]) {
    expect(() => translateExpression(expression)).toThrow("more than 2 repetitions without a limit follow one another");
  }
});
