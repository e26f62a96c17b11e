import { expect, test } from "vitest";
import { passageOf } from "../../lib/viz/index.js";

const plain = "all work and no play makes a dull book.\n".repeat(50);
const talk = '"Come," said he. "Now," said she. (They went.)\n'.repeat(4);
const text = plain + talk + plain;

test("the passage is where the feature is, not the beginning", () => {
  expect(passageOf(text, { length: talk.length, feature: "quotes" })).toContain(talk.slice(0, 140));
  expect(passageOf(text, { length: 200, feature: "brackets" })).toContain("(They went.)");
  expect(passageOf(text, { length: 200, feature: "capitals" })).toContain("Come");
  expect(passageOf(text, { length: 200 })).toContain("Come");
});

test("a feature at the very end of a text is found", () => {
  for (const length of [80, 81, 82, 83, 84, 85, 86, 87, 88])
    expect(passageOf(`${plain}"Come."`, { length, feature: "quotes" })).toMatch(/"Come\."$/);
});

test("of the passages that begin an eighth apart the first with most marks is taken, from after a space within an eighth", () => {
  const letters = [...`${"x".repeat(40)}"${"x".repeat(39)}""${"x".repeat(38)}`];
  const begins = (space?: number) => {
    const own = letters.map((letter, i) => (i === space ? " " : i >= 66 && i < 69 ? "abc"[i - 66] : letter)).join("");
    const passage = passageOf(own, { length: 16, feature: "quotes" });
    return [own.indexOf(passage), passage.length];
  };
  // From 66 on, 16 characters hold both marks at 80 and 81; from 64 on, they hold one.
  expect(begins()).toEqual([66, 16]);
  expect(begins(66)).toEqual([67, 16]);
  expect(begins(67)).toEqual([68, 16]);
  expect(begins(68)).toEqual([66, 16]);
});

test("a passage begins with a word, or a line where one is near, and is never longer than asked", () => {
  for (const length of [10, 100, 150, 333]) {
    const passage = passageOf(text, { length, feature: "quotes" });
    expect(passage.length).toBeLessThanOrEqual(length);
    expect(text).toContain(passage);
    const before = text[text.indexOf(passage) - 1];
    if (length > 50) expect(before).toMatch(/\s/);
    if (length > 320) expect(before).toBe("\n");
  }
});

test("a text without the feature, and a short one, are read from their beginning", () => {
  expect(passageOf(plain, { length: 60, feature: "quotes" })).toBe(plain.slice(0, 60));
  expect(passageOf("short", { length: 60 })).toBe("short");
});

test("no character is cut in two", () => {
  const emoji = `${"\u{1f40b}".repeat(200)}"${"\u{1f40b}".repeat(200)}`;
  for (const length of [26, 31, 32, 33, 64]) expect(passageOf(emoji, { length })).not.toMatch(/\p{Surrogate}/u);
});
