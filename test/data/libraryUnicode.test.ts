import { afterAll, describe, expect, test } from "vitest";
import * as unicode from "../../lib/data/subwords/libraryUnicode.js";
import { translateExpression } from "../../lib/data/subwords/oniguruma.js";
import { jsonOf } from "./subwordFiles.js";
import { models } from "./subwordSettings.js";
import { hasLibrary, Library } from "./tokenizersLibrary.js";

const { controls, marks, nonspacingMarks, normalForm, punctuation, whiteSpace, wordCharacter } = unicode;

/** Whether all characters of a plane have one class, but where assigned ones begin or end: then some of them are enough. */
const isUniform = (code: number) =>
  code >= 0x20000 && !(code >= 0x2a600 && code < 0x34000) && !(code >= 0xe0000 && code < 0xe0200);

/** Every character of Unicode but "|", which stands between them here, and most of the planes that are all alike. */
const characters = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => (code < 0xd800 || code > 0xdfff) && code !== 0x7c && (!isUniform(code) || code % 256 === 255))
  .map((code) => String.fromCodePoint(code));

const library = new Library();
afterAll(() => library.close());

const name = (character: string) => `U+${(character.codePointAt(0) as number).toString(16)}`;

const without = (pattern: string) => {
  const expression = new RegExp(pattern, "gv");
  return (text: string) => text.replace(expression, "");
};

const bert = {
  type: "BertNormalizer",
  clean_text: false,
  handle_chinese_chars: false,
  strip_accents: false,
  lowercase: false,
};
const forms = ["NFC", "NFD", "NFKC", "NFKD"] as const;

/** A step of the library, and what it should do here. */
const normalizers: Record<string, [object, (text: string) => string]> = {
  ...Object.fromEntries(forms.map((form) => [form, [{ type: form }, (text: string) => normalForm(text, form)]])),
  "the marks that StripAccents drops": [{ type: "StripAccents" }, without(marks)],
  "the marks that BertNormalizer drops": [
    { ...bert, strip_accents: true },
    (text) => without(nonspacingMarks)(normalForm(text, "NFD")),
  ],
  "what BertNormalizer cleans": [
    { ...bert, clean_text: true },
    (text) => without(`${controls}|\\0`)(text).replace(new RegExp(whiteSpace, "gv"), " "),
  ],
  Lowercase: [{ type: "Lowercase" }, (text) => text.toLowerCase()],
};

const removed = (Regex: string) => ({ type: "Split", pattern: { Regex }, behavior: "Removed", invert: false });
const properties = "C Cf Cn L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z".split(" ");
const scripts = "Han Hangul Hiragana Katakana Latin Greek Cyrillic Arabic Hebrew Thai Devanagari".split(" ");

/** A step of the library that drops a class of characters, and the class here. */
const classes: Record<string, [object, string]> = {
  punctuation: [{ type: "Punctuation", behavior: "Removed" }, punctuation],
  "white space": [{ type: "WhitespaceSplit" }, whiteSpace],
  "what is neither a word nor a sign": [{ type: "Whitespace" }, whiteSpace],
  ...Object.fromEntries(
    [
      "\\s",
      "\\S",
      "\\d",
      "\\D",
      "\\w",
      "\\W",
      ".",
      ...[...properties, ...scripts].map((property) => `\\p{${property}}`),
    ].map((written) => [`${written} in expressions`, [removed(written), translateExpression(written).source]]),
  ),
};

/** Steps that part characters of a class from letters, and the class here. */
const parting: Record<string, [object, string]> = {
  "the characters of words": [{ type: "Whitespace" }, `[^${wordCharacter}]`],
  digits: [{ type: "Digits", individual_digits: true }, "\\p{N}"],
};

/** The lists are those of one version of Unicode; a Node of another has other characters. */
const sameUnicode = process.versions.unicode === "17.0";

describe.skipIf(!hasLibrary || !sameUnicode)("over the characters of Unicode, with the npm package tokenizers", () => {
  test.each(Object.entries(normalizers))("%s is the library's", async (_, [normalizer, own]) => {
    const text = characters.map((character) => `a${character}b`).join("|");
    const { normal } = await library.steps(jsonOf({ model: models.words, normalizer }), text);
    const [found, expected] = [own(text).split("|"), (normal as string).split("|")];
    expect(characters.filter((_, i) => found[i] !== expected[i]).map(name)).toEqual([]);
  });

  test.each(Object.entries(classes))("%s: the class is the library's", async (_, [pre_tokenizer, pattern]) => {
    const { words } = await library.steps(jsonOf({ model: models.words, pre_tokenizer }), characters.join(""));
    const left = new Set((words as string[]).join(""));
    const own = new RegExp(`^${pattern}$`, "v");
    expect(characters.filter((character) => own.test(character) === left.has(character)).map(name)).toEqual([]);
  });

  test.each(Object.entries(parting))("%s: the class is the library's", async (_, [pre_tokenizer, pattern]) => {
    const text = characters.map((character) => `a${character}a`).join("\n");
    const { words } = await library.steps(
      jsonOf({
        model: models.words,
        pre_tokenizer: { type: "Sequence", pretokenizers: [removed("\n"), pre_tokenizer] },
      }),
      text,
    );
    const together = new Set(words);
    const own = new RegExp(`^${pattern}$`, "v");
    const wrong = characters.filter(
      (character) => !/[\na]/u.test(character) && own.test(character) === together.has(`a${character}a`),
    );
    expect(wrong.map(name)).toEqual([]);
  });
});
