import { expect, test } from "vitest";
import { widthOf } from "../../lib/viz/index.js";
import { taggedTerminal } from "../../lib/viz/taggedText.js";
import { randomNumbers } from "../data/randomText.js";

const random = randomNumbers(12);

test("lines of a tagged sentence are as full as their words allow, and no wider than the terminal unless one word is", () => {
  for (let trial = 0; trial < 60; trial++) {
    const letter = trial % 3 === 0 ? "가" : "x";
    const tokens = Array.from({ length: 1 + random(30) }, () => letter.repeat(1 + random(9)));
    for (const width of [4, 9, 10, 17, 40]) {
      const text = { pieces: [{ tokens, tag: null, right: null }], missed: [] };
      const lines = taggedTerminal(text, { tags: [], depth: 0, width }).split("\n");
      expect(lines.flatMap((line) => line.split(" "))).toEqual(tokens);
      for (const [i, line] of lines.entries()) {
        if (line.includes(" ")) expect(widthOf(line)).toBeLessThanOrEqual(width);
        const [next] = lines[i + 1]?.split(" ") ?? [];
        if (next) expect(widthOf(`${line} ${next}`)).toBeGreaterThan(width);
      }
    }
  }
});
