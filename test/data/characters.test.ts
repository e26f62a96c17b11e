import { expect, test } from "vitest";
import {
  codePointName,
  countCharacters,
  countLineEnds,
  isNormalizationBoundary,
  lastCharacterBoundary,
  lastNormalizationBoundary,
  printable,
} from "../../lib/data/characters.js";
import { randomText } from "./randomText.js";

test("no character of Unicode merges backwards over a boundary", () => {
  // Whatever composes does so as the second character of a canonical decomposition; a mark also may be reordered.
  const wrong: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const parts = [...String.fromCodePoint(code).normalize("NFD")];
    for (const [i, part] of parts.entries()) {
      if (i > 0 && isNormalizationBoundary(part.codePointAt(0) as number)) wrong.push(part);
    }
    if (isNormalizationBoundary(code) && !isNormalizationBoundary(parts[0]?.codePointAt(0) as number)) {
      wrong.push(String.fromCodePoint(code));
    }
  }
  expect(wrong).toEqual([]);
});

test("both sides of a boundary normalise on their own", () => {
  for (let seed = 0; seed < 500; seed++) {
    const text = randomText(seed);
    const at = lastNormalizationBoundary(text);
    expect(at).toBeGreaterThan(0);
    expect(text.slice(0, at).normalize("NFC") + text.slice(at).normalize("NFC")).toBe(text.normalize("NFC"));
  }
});

test("a character is a code point", () => {
  for (const text of ["", "abc", "각", "👩‍👩‍👧‍👦", "\ud800", "\udc00\ud800", "𝔘\ud835", randomText(1, 500)]) {
    expect(countCharacters(text)).toBe([...text].length);
  }
});

test("nothing printable is invisible", () => {
  expect(printable(" ")).toBe("␣");
  expect(["\n", "\t", "\r", "\u0000"].map(printable)).toEqual(["\\n", "\\t", "\\r", "\\u{0}"]);
  expect(printable("\u0301")).toBe("◌\u0301");
  expect(printable("\u00a0")).toBe("\\u{A0}");
  expect(printable("e\u0301")).toBe("e\u0301");
  expect(printable("한a")).toBe("한a");
});

test("a text can be cut before letters of any script, as long as they merge with nothing", () => {
  for (const character of "aЖא가字𝔘") {
    expect(isNormalizationBoundary(character.codePointAt(0) as number), character).toBe(true);
  }
  for (const character of ["\u0300", "\u0301", "\u1161", "\u11a8"]) {
    expect(isNormalizationBoundary(character.codePointAt(0) as number)).toBe(false);
  }
});

test("every surrogate pair is one character, from the first to the last", () => {
  for (const text of ["\u{10000}", "\u{103ff}", "\u{10fc00}", "\u{10ffff}"])
    expect(countCharacters(`a${text}b`)).toBe(3);
  expect(["\ud7ff\udc00", "\ud800\udbff", "\udbff\ue000", "\udc00\udc01"].map(countCharacters)).toEqual([2, 2, 2, 2]);
  expect([codePointName("a"), codePointName("각"), codePointName("\u{1f600}")]).toEqual([
    "U+0061",
    "U+AC01",
    "U+1F600",
  ]);
  expect([countLineEnds(""), countLineEnds("\na\n\nb")]).toEqual([0, 3]);
});

test("a text is cut neither inside a surrogate pair nor after its first half", () => {
  const ends = ["", "a", "a\ud7ff", "a\ud800", "a\udbff", "a\udc00", "a\u{10000}", "a\u{10ffff}"];
  expect(ends.map(lastCharacterBoundary)).toEqual([0, 1, 2, 1, 1, 2, 3, 3]);
  expect(["a", "ab", "ab\ud800", "a\u{10000}", "a\u{10ffff}"].map(lastNormalizationBoundary)).toEqual([0, 1, 1, 1, 1]);
  // Halves that stand alone are characters of their own.
  expect(["a\ud7ff\udc00", "a\ud800\ue000", "a\udc00\udfff"].map(lastNormalizationBoundary)).toEqual([2, 2, 2]);
});
