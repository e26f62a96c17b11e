import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, file, weights, refused } = commandFolder("classify");

// A text is about the sea if it names something of it.
const [sea, land] = [
  ["whale", "ship", "wave"],
  ["tree", "horse", "road"],
];
const rows = Array.from({ length: 300 }, (_, i) => {
  const [things, label] = i % 3 === 0 ? [sea, "sea"] : [land, "land"];
  return { text: `the ${i % 2 ? "old" : "new"} ${things?.[(i % 7) % 3]} is ${i % 5 ? "here" : "there"}`, label };
});
const csv = file("texts.csv", `label,text\n${rows.map(({ text, label }) => `${label},${text}\n`).join("")}`);
const jsonl = file(
  "texts.jsonl",
  rows
    .slice(0, 60)
    .map((row) => `${JSON.stringify(row)}\n`)
    .join(""),
);
const columns = ["--text-column", "text", "--label-column", "label"];
const small = ["--hidden-size", "16", "--embedding-size", "8", "--batch-size", "16", "--learning-rate", "0.01"];

test("train classify, classify, evaluate, info and quantize work one after the other", () => {
  const trained = ostinato([
    "train",
    "classify",
    csv,
    ...columns,
    "--test",
    csv,
    "--out",
    "model",
    ...small,
    "--epochs",
    "4",
  ]);
  expect(trained.stderr).toMatch(
    /texts\.csv: columns text and label, separated by commas, named in the first row: 300 texts\./,
  );
  expect(trained.stderr).toMatch(
    /270 texts to learn, 30 to validate; vocabulary of \d+ word tokens; 2 labels: land \S+ %, sea \S+ %\./,
  );
  expect(trained.stdout).toMatch(
    /^test:\naccuracy 100\.00 % of 300 texts; macro F1 100\.00 %\nalways land \(commonest in training\): 66\.67 %; a linear bag of words: 100\.00 %, macro F1 100\.00 %\nA simpler model does as well/,
  );
  expect(trained.status).toBe(0);

  const lines = ostinato(["classify", "model"], "the whale is here\n\nthe horse is there\n");
  expect(lines.stdout).toMatch(
    /^sea\t(0\.9\d+|1\.0000)\tthe whale is here\n\nland\t(0\.9\d+|1\.0000)\tthe horse is there\n$/,
  );
  expect(ostinato(["classify", "model", "a ship", "--probabilities"]).stdout).toMatch(
    /^sea [01]\.\d+ {2}land 0\.\d+\ta ship\n$/,
  );
  const { label, probabilities } = JSON.parse(ostinato(["classify", "model", "a ship", "--json"]).stdout);
  expect(label).toBe("sea");
  expect(probabilities.sea + probabilities.land).toBeCloseTo(1, 5);

  // The columns are those of the training; fields of JSON have the same names.
  const measured = ostinato(["evaluate", "model", jsonl]);
  expect(measured.stdout).toMatch(/^60 texts: 0\.\d+ nats\naccuracy 100\.00 % of 60 texts/);
  expect(measured.stdout).toMatch(
    /rows: the true label; columns: the label that the model gives\n\s+land {2}sea\n\s+land\s+40\s+0\n\s+sea\s+0\s+20\n$/,
  );
  expect(ostinato(["info", "model"]).stdout).toMatch(
    /a classifier \(1-layer bidirectional GRU, attention pooling\) of \d+ word tokens, with 2 labels/,
  );
  expect(ostinato(["quantize", "model", "small", "--evaluate", csv]).stdout).toMatch(
    /int8 weights, .*\nPerplexity 1\.\d+ before, 1\.\d+ after/,
  );
});

test("inspect shows curves, scores, and where attention looked, in a page and in the terminal", () => {
  const { status, stdout } = ostinato(["inspect", "model", "--text", csv]);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/The report is in model\/report\.html/)]);
  const html = readFileSync(join(folder, "model", "report.html"), "utf8");
  expect(html).toMatch(/<th scope="row">this network<\/th><td>100\.00 %<\/td>/);
  expect(html).toMatch(/<th scope="row">a linear bag of words<\/th><td>100\.00 %<\/td>/);
  expect(html).toMatch(/<th scope="row">land<\/th><td style="[^"]+">200<\/td><td style="[^"]+">0<\/td>/);
  // The token that counts most has the full colour.
  expect(html).toMatch(/<span style="background: rgba\(var\(--negative\), 0\.750\)" title="0\.\d+">\s?\w+<\/span>/);
  const shown = ostinato(["inspect", "model", "--text", csv, "--terminal"]);
  expect(shown.stdout).toMatch(/^(sea|land) [01]\.\d{4}\n.*\[\+/);
  expect(shown.stderr).toMatch(/^\[\+ \] tokens that count at least half as much as the one that counts most\n$/);
  expect(ostinato(["inspect", "model", "--terminal"]).stderr).toMatch(/--terminal of a classifier needs --text/);
});

test("a training of labels is resumed as it was called, to the bits of one that never stopped", () => {
  const call = [
    "train",
    "classify",
    csv,
    ...columns,
    "--balanced",
    "--pooling",
    "max",
    ...small,
    "--epochs",
    "2",
    "--quiet",
  ];
  expect(ostinato([...call, "--out", "whole"]).status).toBe(0);
  expect(ostinato([...call, "--out", "parts", "--maximum-steps", "7"]).status).toBe(0);
  const { status, stdout, stderr } = ostinato(["train", "--resume", "parts", "--maximum-steps", "1000", "--quiet"]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^held out:\naccuracy \S+ % of 30 texts/);
  expect(weights("parts").equals(weights("whole"))).toBe(true);
});

test("rows with several labels or several texts: each is learnt, and lines of standard input have the same columns", () => {
  const several = Array.from({ length: 240 }, (_, i) => {
    const [a, b] = [i % 2 === 0, i % 3 === 0];
    return {
      first: a ? "the whale" : "a tree",
      second: b ? "of the king" : "of wood",
      labels: [a && "sea", b && "royal"].filter(Boolean),
    };
  });
  const table = file("several.jsonl", several.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const cells = file(
    "several.tsv",
    `first\tsecond\tlabels\n${several.map((row) => `${row.first}\t${row.second}\t${row.labels.join(" ; ")}\n`).join("")}`,
  );
  const reading = [
    "--text-column",
    "first",
    "--and-column",
    "second",
    "--label-column",
    "labels",
    "--label-separator",
    ";",
  ];
  for (const [input, out] of [
    [table, "json"],
    [cells, "cells"],
  ] as const) {
    const { status, stderr, stdout } = ostinato([
      "train",
      "classify",
      input,
      ...reading,
      "--out",
      out,
      ...small,
      "--epochs",
      "8",
    ]);
    expect({ status, error: /error/.test(stderr) }).toEqual({ status: 0, error: false });
    expect(stdout).toMatch(
      /^held out:\naccuracy 100\.00 % of 24 texts; macro F1 100\.00 %\nalways (sea|no label) \(commonest in training\): \d\d\.\d\d %/,
    );
    expect(ostinato(["evaluate", out, input]).stdout).toMatch(/accuracy 100\.00 % of 240 texts/);
    const lines = "a tree\tof the king\nthe whale\tof the king\na tree\tof wood\n";
    const labels = ostinato(["classify", out], lines)
      .stdout.split("\n")
      .map((line) => line.split("\t")[0]);
    expect(labels).toEqual(["royal", "royal sea", "", ""]);
    const wrong = ostinato(["classify", out], "a tree\n");
    expect([wrong.status, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/line 1: expected 2 columns \(first, second\), separated by tabs, got 1\./),
    ]);
  }
  const clash = file("clash.jsonl", `${JSON.stringify({ first: "a", second: "b", labels: ["x;y"] })}\n`);
  expect(ostinato(["train", "classify", clash, ...reading, "--out", "none"]).stderr).toMatch(
    /clash\.jsonl, line 1: expected the field "labels" to be a list of texts without ";", .*got "x;y" in it/,
  );
});

test("cross-validation measures every text once, by a model that has not seen it, and keeps no model", () => {
  const call = ["train", "classify", csv, ...columns, ...small, "--epochs", "3", "--folds", "3"];
  const { status, stdout } = ostinato(call);
  expect(status).toBe(0);
  expect(stdout.match(/^fold \d of 3: accuracy \S+ % of 100 texts; a linear bag of words \S+ %$/gm)).toHaveLength(3);
  expect(stdout).toMatch(/\nmean: accuracy 100\.00 % \(standard deviation 0\.00\), macro F1 100\.00 %/);
  expect(existsSync(join(folder, "texts"))).toBe(false);
  expect(ostinato([...call, "--out", "kept"]).stderr).toMatch(/--folds .*--out|--out .*--folds/);
  expect(ostinato([...call, "--validation", csv]).stderr).toMatch(/--validation is then a number/);

  // Each text is known by a word of its own, which says nothing of the others: who has seen the texts of a fold knows their labels.
  const own = rows.map((_, i) => `word${i},${(i * 7) % 11 < 5 ? "a" : "b"}\n`).join("");
  const blind = file("own.csv", `text,label\n${own}`);
  const measured = ostinato(["train", "classify", blind, ...columns, ...small, "--epochs", "2", "--folds", "3"]).stdout;
  const [, network, bag] = /^mean: accuracy (\S+) %[\s\S]*; a linear bag of words (\S+) %/m.exec(measured) ?? [];
  expect(Number(network)).toBeLessThan(70);
  expect(Number(bag)).toBeLessThan(70);
});

test("a label that only held-out texts have is known, and labels with tabs keep to their columns", () => {
  const rare = [
    ...rows.slice(0, 60),
    ...Array.from({ length: 20 }, (_, i) => ({ text: "the moon", label: `odd\t${i}` })),
  ];
  const table = file("rare.jsonl", rare.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const { status, stderr } = ostinato(["train", "classify", table, "--out", "rare", ...small, "--epochs", "1"]);
  expect({ status, error: /error/.test(stderr) }).toEqual({ status: 0, error: false });
  const tabs = file(
    "tabs.jsonl",
    rare.map(({ text }, i) => `${JSON.stringify({ text, label: `a\t${i % 2}` })}\n`).join(""),
  );
  expect(ostinato(["train", "classify", tabs, "--out", "tabs", ...small, "--epochs", "1"]).status).toBe(0);
  expect(ostinato(["classify", "tabs", "the moon"]).stdout).toMatch(/^a [01]\t0\.\d+\tthe moon\n$/);
  expect(ostinato(["evaluate", "tabs", tabs]).stdout).not.toContain("\t");
});

test("a table that does not fit is refused with its line and the way out, and no folder is left", () => {
  const train = (table: string, ...more: string[]) => ["train", "classify", table, "--out", "none", ...more];
  refused(
    train(csv, "--text-column", "text", "--label-column", "labl"),
    /texts\.csv has no column "labl".*Did you mean label\?/,
    2,
  );
  refused(
    train(file("one.csv", "x,a\ny,a\n")),
    /all texts have the label "a": expected two labels or more.*--label-column/,
  );
  refused(train(file("gap.tsv", "x\ta\ny\t\n")), /gap\.tsv, line 2: column 2 is empty.*--empty skip/);
  refused(
    train(csv, ...columns, "--vocabulary", "5", "--tokenizer", "character"),
    /--vocabulary needs --tokenizer word or subword/,
    2,
  );
  refused(
    ["evaluate", "model", file("new.csv", "label,text\nsea,a ship\nsky,a bird\n")],
    /new\.csv, line 3: Unknown label "sky"\. Known labels: land, sea\./,
  );
  refused(
    ["generate", "model"],
    /holds a SequenceClassifier, which generate does not take; it can classify, evaluate, inspect, quantize/,
    2,
  );
  refused(["classify", "no-such-model", "text"], /There is no model folder no-such-model/);
  expect(ostinato(["info", "none"]).stderr).toMatch(/There is no model folder none/);
});

test("a training says what it cut and left out, and remembers the files that it validates on", () => {
  const held = file("held.csv", `label,text\nsea,the ship\nland,the horse\n`);
  const call = (name: string, ...more: string[]) =>
    ostinato(["train", "classify", csv, ...columns, ...small, "--epochs", "1", "--out", name, ...more]).stderr;
  const files = call("files", "--validation", held);
  expect(files).toContain("300 texts to learn, 2 to validate; vocabulary");
  expect(JSON.parse(readFileSync(join(folder, "files", "training.json"), "utf8")).files.validation).toHaveLength(1);
  expect(call("cut", "--maximum-length", "4", "--long", "cut")).toMatch(/to validate, 300 cut as too long; vocabulary/);
  const uneven = file(
    "uneven.csv",
    `label,text\n${"sea,the ship\nland,the horse\n".repeat(20)}sea,the ship of the sea\n`,
  );
  const skipped = ostinato([
    "train",
    "classify",
    uneven,
    ...columns,
    ...small,
    "--epochs",
    "1",
    "--out",
    "skipped",
    "--maximum-length",
    "3",
    "--long",
    "skip",
  ]);
  expect(skipped.stderr).toMatch(/to validate, 1 left out as too long; vocabulary/);
  refused(
    ["train", "tag", "x.conll", "--out", "files", "--resume"],
    /files holds a training of `train classify`, not of `train tag`\. Go on with: ostinato train --resume files/,
    2,
  );
});
