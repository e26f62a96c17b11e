import { expect, test } from "vitest";
import { captionTerminal } from "../../lib/viz/captionTerminal.js";
import { hostile } from "./hostile.js";

const picture = {
  text: "a dog",
  tokens: ["a", "dog"],
  attention: [
    [0.5, 0.3, 0.2, 0],
    [0, 0, 0, 1],
  ],
  grid: { rows: 2, columns: 2 },
};

test("each word has the grid of the image, shaded by its own weights, as wide as it is high", () => {
  expect(captionTerminal(picture, { depth: 0 })).toBe(
    [
      "a dog",
      "",
      "a       dog",
      "\u2588\u2588\u2593\u2593    \u00b7\u00b7\u00b7\u00b7",
      "\u2593\u2593\u00b7\u00b7    \u00b7\u00b7\u2588\u2588",
    ]
      .join("\n")
      .replaceAll("\u2593", "\u2592"),
  );
});

test("words that do not fit beside each other stand below, and a grid that is too wide has narrow cells", () => {
  const lines = captionTerminal(picture, { depth: 0, width: 12 }).split("\n");
  expect(lines).toEqual([
    ...["a dog", "", "a", "\u2588\u2588\u2592\u2592", "\u2592\u2592\u00b7\u00b7"],
    ...["", "dog", "\u00b7\u00b7\u00b7\u00b7", "\u00b7\u00b7\u2588\u2588"],
  ]);
  // No gap need follow the last one.
  expect(captionTerminal(picture, { depth: 0, width: 14 })).toBe(captionTerminal(picture, { depth: 0 }));
  const wide = {
    ...picture,
    grid: { rows: 1, columns: 20 },
    attention: [0, 1].map((at) => Array.from({ length: 20 }, (_, i) => Number(i === at))),
  };
  const [first, second] = ["\u2588".padEnd(20, "\u00b7"), "\u00b7\u2588".padEnd(20, "\u00b7")];
  const drawn = captionTerminal(wide, { depth: 0, width: 30 });
  expect(drawn.split("\n")).toEqual(["a dog", "", "a", first, "", "dog", second]);
});

test("with colours the greatest weight has the full one, and every colour ends", () => {
  const drawn = captionTerminal(picture, { depth: 24 });
  const full = "\u001b[48;2;33;113;206m\u001b[97m  \u001b[0m";
  const [, , , first, second] = drawn.split("\n") as string[];
  expect(first?.startsWith(full)).toBe(true);
  expect(second?.endsWith(full)).toBe(true);
  expect(drawn.split(full)).toHaveLength(3);
  expect(drawn.split("\u001b[48").length).toBe(drawn.split("\u001b[0m").length);
});

test("words of strangers give the terminal no orders", () => {
  for (const text of hostile) {
    const drawn = captionTerminal({ ...picture, text, tokens: [text, text] }, { depth: 0 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
    expect(drawn).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
});

test("weights that are none are refused", () => {
  expect(() => captionTerminal({ ...picture, attention: [[1]] }, { depth: 0 })).toThrow(
    "captionTerminal: expected weights for each of 2 words, got 1 rows",
  );
});
