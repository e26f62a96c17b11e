import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-tables-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { FORCE_COLOR: _, ...env } = process.env;

function ostinato(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    env,
    encoding: "utf8",
    timeout: 170_000,
  });
  return { status, stdout, stderr };
}

const path = (name: string) => join(folder, name);

function file(name: string, rows: readonly string[]): string {
  writeFileSync(path(name), rows.map((row) => `${row}\n`).join(""));
  return path(name);
}

function expectRefused(args: string[], words: RegExp, status = 2) {
  const result = ostinato(...args);
  expect(result.stderr).toMatch(words);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(result.status).toBe(status);
}

const tiny = ["--hidden-size", "16", "--batch-size", "8", "--epochs", "1", "--validation", "0"];
const letters = ["ab", "ba", "aa", "bb"];
const questions = letters.flatMap((x) => letters.map((y) => x + y));
const spelled = (word: string) => [...word.toUpperCase()].join(" ");
const table = questions.map((word, i) => `${i};${word};${spelled(word)}`);
const semicolons = file("train.csv", ["id;Frage;Antwort", ...table]);
const model = path("model");
const columns = ["--source-column", "Frage", "--target-column", "Antwort"];

beforeAll(() => {
  const trained = ostinato("train", "transliterate", semicolons, "-o", model, ...tiny, ...columns);
  expect(trained.status, trained.stderr).toBe(0);
  expect(trained.stderr).toMatch(
    /train\.csv: columns Frage and Antwort, separated by semicolons, named in the first row: 16 pairs\.\nThe first: abab -> A B A B\n/,
  );
}, 60_000);

test("evaluate, quantize and inspect read the columns that the training read", () => {
  const evaluated = JSON.parse(ostinato("evaluate", model, semicolons, "--json").stdout);
  expect(evaluated).toMatchObject({ sources: 16, references: 16 });
  const [ids] = [JSON.parse(ostinato("evaluate", model, semicolons, "--json", "--source-column", "id").stdout)];
  expect(ids.loss).not.toBe(evaluated.loss);
  const rounded = ostinato("quantize", model, path("int8"), "--evaluate", semicolons, "--json");
  expect(JSON.parse(rounded.stdout).perplexity.before).toBeCloseTo(evaluated.perplexity, 4);
  expect(ostinato("inspect", model, "--text", semicolons).status).toBe(0);
  const report = readFileSync(join(model, "report.html"), "utf8");
  expect(report).toContain("abab");
  expect(report).not.toContain("Frage");
}, 60_000);

test("files of lines need no columns, and typed options of tables are refused for them", () => {
  const [source, target] = [file("s.txt", questions), file("t.txt", questions.map(spelled))];
  const fromTable = JSON.parse(ostinato("evaluate", model, semicolons, "--json").stdout);
  expect(JSON.parse(ostinato("evaluate", model, source, target, "--json").stdout)).toEqual(fromTable);
  expectRefused(["evaluate", model, source, target, "--source-column", "Frage"], /--source-column is for a table/);
  expectRefused(
    ["train", "transliterate", source, target, "-o", path("x"), "--no-header"],
    /--no-header is for a table/,
  );
}, 60_000);

test("a header that nobody announced, an empty cell and a wrong separator say what to do", () => {
  const headed = file("headed.csv", ["source,target", "ab,A B", "ba,B A", ",A A"]);
  const train = ["train", "transliterate", headed, "-o", path("headed"), ...tiny];
  expectRefused(train, /looks like the names of columns \(source, target\).*--header or --no-header/);
  expectRefused([...train, "--header"], /line 4: column 1 is empty: .*--empty skip/, 1);
  const skipped = ostinato(...train, "--header", "--empty", "skip");
  expect(skipped.stderr).toMatch(/2 pairs; 1 left out for an empty text\.\nThe first: ab -> A B/);
  expect(skipped.status).toBe(0);
  // Remembered: the folder reads the same file alike, and a resumed training may say so again, but nothing else.
  expect(JSON.parse(ostinato("evaluate", path("headed"), headed, "--json").stdout).sources).toBe(2);
  expect(ostinato("train", "--resume", path("headed"), "--epochs", "2").status).toBe(0);
  expectRefused(["train", "--resume", path("headed"), "--no-header"], /--no-header contradicts .* with --header/);
  for (const separator of ["ab", '"']) expectRefused([...train, "--separator", separator], /tab, comma, semicolon/);
  expectRefused([...train, "--source-column", "0"], /number from 1, or its name/);
  for (const flag of ["--separator", "--source-column"]) expectRefused([...train, flag, ""], /: .* is empty\. Give it/);
  expectRefused(
    [...train, "--overwrite", "--header", "--separator", ";"],
    /line 2 has 1 column: expected 2 or more/,
    1,
  );
}, 60_000);

test("lines of JSON are pairs by the names of their fields", () => {
  const rows = questions.map((word) => JSON.stringify({ translation: { en: word, xx: spelled(word) } }));
  const json = file("train.jsonl", rows);
  const fields = ["--source-column", "translation.en", "--target-column", "translation.xx"];
  const trained = ostinato("train", "transliterate", json, "-o", path("json"), ...tiny, ...fields);
  expect(trained.stderr).toMatch(
    /fields translation\.en and translation\.xx of lines of JSON: 16 pairs\.\nThe first: abab/,
  );
  expect(JSON.parse(ostinato("evaluate", path("json"), json, "--json").stdout).sources).toBe(16);
}, 60_000);

test("a language model learns the texts of a column, and measures the same column", () => {
  const rows = questions.map((word, i) => `${i},"${word}, ${word}"`);
  const csv = file("texts.csv", ["id,text", ...rows]);
  const out = path("lm");
  const train = [
    "train",
    "lm",
    csv,
    "-o",
    out,
    "--hidden-size",
    "8",
    "--layers",
    "1",
    "--batch-size",
    "2",
    "--window-length",
    "8",
    "--epochs",
    "1",
  ];
  expectRefused(train, /texts\.csv is a table by its name.*--text-column.*--plain-text/);
  expectRefused(
    [...train, "--text-column", "txt"],
    /no column "txt": its first line names id, text\. Did you mean text/,
  );
  expectRefused([...train, "--header"], /--header is for a table: say its --text-column too/);
  expectRefused([...train, "--text-column", "text", "--plain-text"], /exclude each other/);
  const trained = ostinato(...train, "--text-column", "text");
  expect(trained.stderr).toMatch(/the texts of column text\. The first: abab, abab\n/);
  const vocabulary = JSON.parse(readFileSync(join(out, "vocabulary.json"), "utf8")) as { tokens: string[] };
  expect(vocabulary.tokens).toEqual(["\n", " ", ",", "a", "b"]);
  const characters = questions.length * "abab, abab\n".length;
  expect(JSON.parse(ostinato("evaluate", out, csv, "--json").stdout).tokens).toBe(characters - 1);
  const plain = file("plain.csv", ["abab, abab"]);
  expect(JSON.parse(ostinato("evaluate", out, plain, "--json", "--plain-text").stdout).tokens).toBe(10);
  expectRefused(
    ["evaluate", out, csv, "--copies"],
    /--copies is for a Seq2Seq, TransformerSeq2Seq, and .* holds a LanguageModel/,
  );
}, 60_000);

test("evaluate keeps what it wrote, and score measures it as evaluate did, however the pairs are shuffled", () => {
  const rows = table.flatMap((row) => [row, row.replace(/[^;]*$/, "B B")]);
  const shuffled = rows.map((row, i) => [(i * 7) % rows.length, row] as const).sort(([a], [b]) => a - b);
  const [inOrder, mixed] = [
    file("order.csv", ["id;Frage;Antwort", ...rows]),
    file("mixed.csv", ["id;Frage;Antwort", ...shuffled.map(([, row]) => row)]),
  ];
  const scores = (name: string, ...more: string[]) => {
    const { tokens, loss, perplexity, ...rest } = JSON.parse(
      ostinato("evaluate", model, name, "--json", ...more).stdout,
    );
    return rest;
  };
  const expected = scores(inOrder);
  expect(expected).toMatchObject({ sources: 16, references: 32 });
  expect(scores(mixed, "--output", path("out.txt"))).toEqual(expected);
  expect(readFileSync(path("out.txt"), "utf8").split("\n").length).toBe(33);
  const flags = [...columns, "--unit", "words", "--json"];
  const { texts, ...scored } = JSON.parse(ostinato("score", path("out.txt"), mixed, ...flags).stdout);
  expect({ sources: texts, ...scored }).toEqual(expected);
}, 60_000);

test("score takes several files of references, with or without sources", () => {
  const out = file("o.txt", ["the cat sat on the mat", "a dog"]);
  const references = [
    file("r.0", ["the cat sat on a mat", "the dog"]),
    file("r.1", ["the cat sat on the mat", "a dog"]),
  ];
  const { stdout } = ostinato("score", out, "--references", ...references);
  expect(stdout).toMatch(/^2 texts, 4 references:\n {2}BLEU +100\.00 .*nrefs:2.*\n {2}chrF +100\.00/);
  const sources = file("s.0", ["die katze", "ein hund"]);
  expect(ostinato("score", out, sources, ...references).stdout).toBe(stdout);
  // Against the first alone: 6/8, 3/6, 2/4 and 1/3 of the n-grams, whose geometric mean is 1/2.
  const alone = JSON.parse(ostinato("score", out, "--references", references[0] as string, "--json").stdout);
  expect(alone.bleu.score).toBeCloseTo(50, 10);
  expectRefused(["score", out], /expected something to compare with: pairs .* or else --references/);
  expectRefused(["score", out, sources, ...references, "--references", ...references], /or else --references/);
  expectRefused(["score", out, "--references", file("r.2", ["a"])], /o\.txt has 2 lines, and .*r\.2 has 1 line:/, 1);
}, 60_000);

test("targets too short for BLEU have none, instead of 0.00 beside an exact share", () => {
  const out = file("short.txt", ["yes", "no"]);
  const { stdout } = ostinato("score", out, "--references", out);
  expect(stdout).toMatch(/BLEU +none \(it counts runs of 1 to 4 words, and no text has 4: see chrF and exact\)\n/);
  expect(stdout).toMatch(/exact +100\.00 %/);
}, 60_000);

test("tables are not read as files of lines unless somebody says so", () => {
  const tsv = file(
    "words.tsv",
    questions.map((word) => `${word}\t${spelled(word)}`),
  );
  const words = /words\.tsv is a table by its name, and of several files each line is a text.*--plain-text/;
  expectRefused(["evaluate", model, tsv, tsv], words);
  expectRefused(["train", "translate", tsv, tsv, "-o", path("lines"), ...tiny], words);
  expectRefused(["score", tsv, tsv, tsv], words);
  expect(ostinato("evaluate", model, tsv, tsv, "--plain-text").status).toBe(0);
});
