import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, file, refused } = commandFolder("nplm");
const line = "the cat sat on the mat and the dog sat on the log .\n";
const text = file("lines.txt", line.repeat(80));
const small = [
  ...["--order", "5", "--embedding-size", "12", "--hidden-size", "24", "--batch-size", "4", "--window-length", "8"],
  ...["--learning-rate", "0.02", "--direct"],
];

test("train nplm, evaluate, generate, quantize, profile, info and --resume work one after the other", () => {
  const trained = ostinato([
    "train",
    "nplm",
    text,
    "--test",
    text,
    "--out",
    "model",
    ...small,
    "--maximum-steps",
    "100",
  ]);
  expect(trained.stderr).toMatch(/word tokens to learn.*vocabulary \d+\./);
  expect(trained.stdout).toMatch(/^test /m);
  expect(trained.status).toBe(0);
  const again = ostinato(["train", "nplm", "--out", "model", "--resume", "--maximum-steps", "140"]);
  expect(again.stderr).toMatch(/Done after 140 updates/);

  expect(Number(/([\d.]+) nats/.exec(ostinato(["evaluate", "model", text]).stdout)?.[1])).toBeLessThan(0.3);
  const cold = ["--temperature", "0.1", "--maximum-length", "12"];
  expect(ostinato(["generate", "model", "--prompt", "the cat", ...cold]).stdout).toContain(
    "sat on the mat and the dog",
  );
  expect(ostinato(["generate", "model", "--prompt", "the cat", "--beams", "3"]).stdout).toContain("sat on the mat");
  expect(ostinato(["generate", "model", "--prompt", "the cat", "--next", "1"]).stdout).toContain("sat");
  expect(ostinato(["info", "model"]).stdout).toContain("a neural 5-gram language model of 24 units over words");
  expect(ostinato(["quantize", "model", "small", "--evaluate", text]).stdout).toMatch(
    /Perplexity \S+ before, \S+ after/,
  );
  expect(ostinato(["profile", "model", "--steps", "1", "--maximum-length", "5"]).stdout).toContain("recentIds");
});

test("inspect shows which words lie near each other, in a report and here", () => {
  expect(ostinato(["inspect", "model", "--words", "cat", "dog", "--terminal"]).stdout).toMatch(
    /^cat {2}\S+ \(-?[01]\.\d\d\), .*\ndog {2}\S+ \(/,
  );
  const { neighbours } = JSON.parse(ostinato(["inspect", "model", "--words", "cat", "--terminal", "--json"]).stdout);
  expect(neighbours[0].word).toBe("cat");
  const found = neighbours[0].near.map((other: { similarity: number }) => other.similarity);
  expect(found).toEqual([...found].sort((a, b) => b - a));
  expect(ostinato(["inspect", "model", "--words", "cat", "dog"]).stdout).toContain("report.html");
  const report = readFileSync(join(folder, "model/report.html"), "utf8");
  for (const part of ["How it learnt", "The table", "What lies near", "a neural 5-gram".replace("a", "A")]) {
    expect(report).toContain(part);
  }
  expect(report).toContain('<th scope="row">dog</th>');
});

test("what does not fit is refused before anything is written", () => {
  refused(["train", "nplm", text, "--order", "1"], /order/, 2);
  refused(
    ["inspect", "model", "--text", text],
    /FeedForwardLanguageModel shows its vectors and reads nothing: leave out --text/,
    2,
  );
  refused(["inspect", "model", "--words", "xyzzy", "--terminal"], /no vector of "xyzzy"/);
  const empty = file("empty.txt", "");
  refused(["train", "nplm", empty, "--out", "none"], /empty/);
});
