import { expect, test } from "vitest";
import { commandFolder } from "./commandFolder.js";

const { ostinato, file } = commandFolder("table");

test("the table of a search tells the end of a line from a full stop", () => {
  const text = file("text.txt", "the cat .\nthe cat\nthe dog .\n".repeat(9));
  const train = ["train", "ngram", text, "--tokenizer", "word", "--order", "3", "--out", "counts"];
  expect(ostinato(train).status).toBe(0);
  const { stdout } = ostinato(["generate", "counts", "--prompt", "the", "--table"]);
  expect(stdout).toMatch(/^ {2} +\S+ {2}the cat <\/s>$/m);
  expect(stdout).toMatch(/^ {2} +\S+ {2}the cat \.$/m);
  expect(stdout).toMatch(/^ {2} +\S+ {2}the cat \. <\/s>$/m);
});
