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

const repetitions: readonly [expression: string, whole: string[], others: string[]][] = [
  ["ab?", ["a", "ab"], ["abb", "b"]],
  ["ab*", ["a", "abbb"], ["b"]],
  ["ab+", ["ab", "abb"], ["a"]],
  ["a{2}", ["aa"], ["a", "aaa"]],
  ["a{2,}", ["aa", "aaaa"], ["a"]],
  ["a{,2}", ["", "a", "aa"], ["aaa"]],
  ["a{2,3}", ["aa", "aaa"], ["a", "aaaa"]],
  // Ruby repeats the repetition: that is any number from the least on.
  ["a{1,3}+", ["a", "aaaaa"], [""]],
  ["a{0,2}+", ["", "aaaaa"], ["b"]],
  ["a{2}+", ["aa", "aaaa"], ["a", "aaa"]],
  ["(ab){2}c", ["ababc"], ["abc", "ababab"]],
  ["(?:a|b)?c", ["c", "ac", "bc"], ["abc"]],
  ["(?:a+)?b", ["b", "aab"], ["a"]],
  ["(?i:aB)c", ["abc", "ABc", "aBc"], ["ABC", "abC"]],
  ["(?i:f)f", ["ff", "Ff"], ["fF", "FF"]],
  ["(?i:a|b)c", ["Ac", "bc", "Bc"], ["AC"]],
  ["a.c", ["abc", "a\u2028c"], ["a\nc", "ac"]],
  ["\uffffa", ["\uffffa"], ["\uffff", "a"]],
  ["\\\\", ["\\"], ["\\\\"]],
  ["(?>a+)(?>b+)", ["aabb"], ["aa"]],
  ["(?:a)".repeat(60), ["a".repeat(60)], ["a"]],
];

test("repetitions, groups and case match what Ruby matches", () => {
  for (const [expression, whole, others] of repetitions) {
    expect(
      [whole, others].map((texts) => texts.map((text) => matches(expression, text))),
      expression,
    ).toEqual([whole.map(() => true), others.map(() => false)]);
  }
});

const places: readonly [expression: string, text: string, replaced: string][] = [
  ["a+?", "aab", "__b"],
  ["a{1,3}?", "aaa", "___"],
  ["a{2,3}?", "aaa", "_a"],
  ["a++a", "aaa", "aaa"],
  ["a*+a", "aaa", "aaa"],
  ["a?+a", "ab aa", "ab _"],
  ["(?>a|ab)c", "abc ac", "abc _"],
  ["(?:a|ab)c", "abc ac", "_ _"],
  ["a(?=b)", "abac", "_bac"],
  ["a(?!b)", "abac", "ab_c"],
  ["(?<=a)b", "abcb", "a_cb"],
  ["(?<!a)b", "abcb", "abc_"],
  ["^", "x\ny\n", "_x\n_y\n"],
  ["x$", "x\nx", "_\n_"],
  ["\\Ax", "x\nx", "_\nx"],
  ["x\\z", "x\nx", "x\n_"],
  ["x\\Z", "x\nx\n", "x\n_\n"],
  ["\\b", "ab c", "_ab_ _c_"],
  ["\\B", "abc", "a_b_c"],
];

test("lazy, possessive and atomic parts, looks around and anchors match where Ruby does", () => {
  for (const [expression, text, replaced] of places) {
    expect(text.replace(new RegExp(translateExpression(expression).source, "gv"), "_"), expression).toBe(replaced);
  }
});

test("sets and properties have the characters of Unicode 16", () => {
  expectLetters([
    ["\\s", " \t\u0085\u00a0", "a\ufeff"],
    ["\\S", "a\ufeff", " \u0085"],
    ["\\d", "3\u0663", "a\u00bd"],
    ["\\D", "a\u00bd", "3"],
    ["\\w", "a_\u00e93\u00b2", "- !"],
    ["\\W", "- !", "a_\u00b2"],
    ["\\p{Han}", "\u6f22", "\u3042a"],
    // A letter of Unicode 17 is unassigned, and U+0295 is in lower case before it.
    ["\\p{L}", "a\u0295", "1\u088f"],
    ["\\p{Ll}", "a\u0295", "A\u3042"],
    ["\\p{Lo}", "\u3042", "a\u0295\u088f"],
    ["\\p{Lu}", "A", "a\u0295"],
    ["\\p{Cn}", "\u088f\u0378", "a\0"],
    ["\\p{C}", "\u088f\0", "a"],
  ]);
});

test("an expression that can match nothing at all is told apart", () => {
  const empty = (expression: string) => translateExpression(expression).empty;
  const may = ["a*", "a?", "a{0,3}", "a{,2}", "(a|)", "^", "\\b", "(?=a)", "(?<!a)", "a*b*", "(?>a*)", "(?:a?)", ""];
  const never = ["a+", "a", "a{1,}", "(a|b)", "(?=a)b", "a*b", "(?>a)", "(?:a)", "[a]", "\\s", "^a"];
  expect([may.filter((own) => !empty(own)), never.filter(empty)]).toEqual([[], []]);
});

test("what can be matched in several ways is not repeated, and limits are 1000 at most", () => {
  for (const expression of ["(?:a+)+", "(?:a|b)*", "(?>a+|b)*", "a{2,3}+", "(?:a?){2}", "(?:(?:a|b)c)+"]) {
    expect(() => translateExpression(expression), expression).toThrow("it repeats what itself repeats");
  }
  for (const expression of ["a{1000}", "a{,1000}", "a{1000,}", "(?:ab)+", "(?>ab)*"]) {
    expect(() => translateExpression(expression), expression).not.toThrow();
  }
});
