import { expect, test } from "vitest";
import { visible, visibleJson } from "../lib/visible.js";

test.each([
  [
    "orders to a terminal",
    "a\u001b[31mb\u0007\r\u009b2J\u0000",
    "a\\u{001B}[31mb\\u{0007}\\u{000D}\\u{009B}2J\\u{0000}",
  ],
  ["what turns the direction", "abc\u202edef\u2066\u200f\u061c", "abc\\u{202E}def\\u{2066}\\u{200F}\\u{061C}"],
  ["what has no width", "pay\u200bpal\ufeff\u2060\u00ad\u3164", "pay\\u{200B}pal\\u{FEFF}\\u{2060}\\u{00AD}\\u{3164}"],
  ["other ends of lines", "a\u2028b\u2029c\u0085", "a\\u{2028}b\\u{2029}c\\u{0085}"],
  ["tags", "x\u{e0041}\u{e007f}", "x\\u{E0041}\\u{E007F}"],
  ["halves of surrogate pairs", "\ud800x", "\\u{D800}x"],
  ["joiners between Latin letters", "a\u200db\u200cc", "a\\u{200D}b\\u{200C}c"],
  ["a joiner after a Latin letter", "a\u200c\u0645", "a\\u{200C}\u0645"],
  ["a space of no width between Persian letters", "\u0645\u200b\u0645", "\u0645\\u{200B}\u0645"],
  ["a joiner at an end", "\u0645\u200c", "\u0645\\u{200C}"],
])("%s are written out", (_, text, shown) => {
  expect(visible(text)).toBe(shown);
});

test.each([
  ["tabs and line feeds", "a\tb\nc"],
  ["emoji of several characters", "👩‍💻 👨‍👩‍👧 ❤️‍🔥 👍🏽"],
  ["joiners of Persian and Hindi", "می‌خواهم क्‍ष"],
  ["combining marks and Hangul", "é 각 e\u0301 한글"],
])("%s stay as they are", (_, text) => {
  expect(visible(text)).toBe(text);
});

test("JSON stays JSON of the same value, with its unseen characters by their code units", () => {
  const json = JSON.stringify({ "a\u202e": "\u{e0041}\u0645\u200c\u0645" });
  expect(visibleJson(json)).toBe('{"a\\u202E":"\\uDB40\\uDC41\u0645\u200c\u0645"}');
  expect(JSON.parse(visibleJson(json))).toEqual(JSON.parse(json));
});
