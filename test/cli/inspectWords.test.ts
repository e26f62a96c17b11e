import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, file, refused } = commandFolder("inspect-words");
const line = "the cat sat on the mat and the dog sat on the log .\n";
const text = file("lines.txt", `${line.repeat(60)}some other words\n`);
/** Every word of the line, and <unk>. */
const vocabulary = ["--vocabulary", "11"];
const reading = ["--batch-size", "4", "--window-length", "8", "--learning-rate", "0.02", "--quiet"];

test("inspect of a character-aware model has vectors of words that the text never had", () => {
  const small = ["--hidden-size", "12", "--layers", "1", "--filters", "4", "--filter-width", "3", "--dropout", "0"];
  const spelling = ["train", "char-aware", text, "--out", "spelling", ...small, ...reading, "--maximum-steps", "60"];
  expect(ostinato(spelling).status).toBe(0);
  const words = ["--words", "cat", "logo", "--terminal"];
  const { stdout } = ostinato(["inspect", "spelling", ...words]);
  expect(stdout).toMatch(/^cat {3}\S+ \(-?[01]\.\d\d\), .*\nlogo {2}\S+ \(/);
  const { neighbours } = JSON.parse(ostinato(["inspect", "spelling", ...words, "--json"]).stdout);
  expect(neighbours.map(({ word }: { word: string }) => word)).toEqual(["cat", "logo"]);
  expect(ostinato(["inspect", "spelling", "--words", "cat", "logo", "mats"]).stdout).toContain("report.html");
  const report = readFileSync(join(folder, "spelling/report.html"), "utf8");
  expect(report).toContain("A character-aware language model");
  expect(report).toContain('<th scope="row">logo</th>');
  refused(["inspect", "spelling", "--words", "zebra", "--terminal"], /"zebra" has the character "z", which no word/);
  refused(["inspect", "spelling", "--text", text], /CharacterAwareLanguageModel shows its vectors/, 2);
});

test("inspect of a mixture shows what each model makes of each token", () => {
  const counts = ["train", "ngram", text, "--tokenizer", "word", "--running", "--order", "3", ...vocabulary];
  expect(ostinato([...counts, "--out", "counts"]).status).toBe(0);
  const sizes = ["--order", "3", "--hidden-size", "12", "--embedding-size", "8", "--maximum-steps", "60"];
  expect(ostinato(["train", "nplm", text, "--out", "net", ...sizes, ...reading, ...vocabulary]).status).toBe(0);
  expect(ostinato(["train", "mixture", text, "--models", "net", "counts", "--out", "both"]).status).toBe(0);
  const plain = ostinato(["inspect", "both"]).stdout;
  expect(plain).toMatch(/^1 FeedForwardLanguageModel {2}weight [01]\.\d{4}\n2 NgramModel {16}weight [01]\.\d{4}\n$/);
  const page = file("page.txt", line);
  const shown = ostinato(["inspect", "both", "--text", page, "--log-base", "10"]).stdout;
  expect(shown).toMatch(/ mixture +model 1 +model 2 {3}log p of a token\n/);
  expect(shown.match(/\*/g)).toHaveLength(14);
  expect(shown).toMatch(/ {2}dog\n/);
  expect(shown).toMatch(/ % {3}of the tokens are likeliest by this model\n$/);
  const { parts, tokens, totals, total } = JSON.parse(ostinato(["inspect", "both", "--text", page, "--json"]).stdout);
  const [first, second] = parts as [{ weight: number }, { weight: number }];
  for (const { logProbability, parts: own } of tokens) {
    const mixed = first.weight * Math.exp(own[0]) + second.weight * Math.exp(own[1]);
    expect(Math.exp(logProbability)).toBeCloseTo(mixed, 5);
  }
  const sum = (of: (token: { logProbability: number; parts: number[] }) => number) =>
    tokens.reduce((all: number, token: { logProbability: number; parts: number[] }) => all + of(token), 0);
  expect(total).toBeCloseTo(
    sum(({ logProbability }) => logProbability),
    6,
  );
  expect(totals[1]).toBeCloseTo(
    sum(({ parts: own }) => own[1] as number),
    6,
  );
  refused(["inspect", "both", "--out", "x.html"], /a Mixture is shown here and not in a report/, 2);
});
