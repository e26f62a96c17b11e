import { expect, test } from "vitest";
import { abbreviate, labelOf, pad } from "../../lib/viz/label.js";
import { decimal, textWidth } from "../../lib/viz/svg.js";

test.each([
  ["", "∅"],
  [" ", "␣"],
  [" \u3000", "␣␣"],
  ["\n", "↵"],
  ["\r\n", "↵"],
  ["\t", "␉"],
  ["\u0000\u001f", "␀␟"],
  ["a b", "a b"],
  ["whale", "whale"],
])("%j is labelled %s", (token, label) => {
  expect(labelOf(token)).toBe(label);
});

test("a mark takes no width beside its letter, and what is no number is not drawn", () => {
  expect(textWidth("e\u0301\u0302", 10)).toBe(textWidth("e", 10));
  expect(textWidth("\ud55c", 10)).toBeGreaterThan(textWidth("e", 10));
  expect([0.0004, -0.0004, 1.23456].map(decimal)).toEqual(["0", "0", "1.235"]);
  expect(() => decimal(Number.NaN)).toThrow("svg: NaN cannot be drawn.");
});

test("a label is cut to columns, of which a wide character takes two, and filled up on either side", () => {
  expect(["whale", "whales"].map((label) => abbreviate(label, 5))).toEqual(["whale", "whal…"]);
  expect([4, 3, 2].map((columns) => abbreviate("고래고래", columns))).toEqual(["고…", "고…", "…"]);
  expect([pad("고", 4), pad("고", 4, "left"), pad("whale", 4)]).toEqual(["고  ", "  고", "whale"]);
  expect(() => labelOf(3 as never)).toThrow("expected the text of a token, got 3.");
});
