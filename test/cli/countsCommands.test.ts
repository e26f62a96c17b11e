import { expect, test } from "vitest";
import { commandFolder } from "./commandFolder.js";

const { ostinato, file, refused } = commandFolder("table");

test("the table of a search tells the end of a line from a full stop", () => {
  const text = file("text.txt", "the cat .\nthe cat\nthe dog .\n".repeat(9));
  const train = ["train", "ngram", text, "--tokenizer", "word", "--order", "3", "--out", "counts"];
  expect(ostinato(train).status).toBe(0);
  const { stdout } = ostinato(["generate", "counts", "--prompt", "the", "--table"]);
  expect(stdout).toMatch(/^ {2} +\S+ {2}the cat <\/s>$/m);
  expect(stdout).toMatch(/^ {2} +\S+ {2}the cat \.$/m);
  expect(stdout).toMatch(/^ {2} +\S+ {2}the cat \. <\/s>$/m);
});

test("a likeliest text that is empty is explained", () => {
  const text = file("blank.txt", `a b\n${"\n".repeat(30)}`);
  expect(ostinato(["train", "ngram", text, "--running", "--order", "2", "--out", "blank", "--quiet"]).status).toBe(0);
  const { stdout, stderr } = ostinato(["generate", "blank", "--beams", "2"]);
  expect([stdout, stderr]).toEqual(["\n", expect.stringContaining("The likeliest continuation is none")]);
});

test("a text without words and a mixture of nothing are refused by what they are", () => {
  refused(["train", "ngram", file("lines.txt", "\n\n\n"), "--out", "x"], /^error: lines\.txt: the text has no words/m);
  refused(["train", "mixture", "text.txt", "--out", "x"], /expected --models to be two folders or more, got 0\./, 2);
  refused(
    ["train", "mixture", "text.txt", "--models", "counts", "blank"],
    /expected --out to be the folder of the mixture, got none/,
    2,
  );
});
