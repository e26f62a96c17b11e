import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-cli-train-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { FORCE_COLOR: _, ...env } = process.env;

function ostinato(...args: string[]) {
  const options = { env, cwd: folder, encoding: "utf8", timeout: 170_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], options);
  return { status, stdout, stderr };
}

function said(...args: string[]): string {
  const { status, stderr } = ostinato(...args);
  expect(status, stderr).toBe(0);
  return stderr;
}

function refused(status: number, words: RegExp, ...args: string[]) {
  const result = ostinato(...args);
  expect(result.stderr).toMatch(words);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(result.status).toBe(status);
}

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const holds = (name: string) => existsSync(join(folder, name, "model.safetensors"));
const small = ["--hidden-size", "8", "--layers", "1"];

// A sorted list: its last tenth has the longest names.
const names = Array.from(
  { length: 200 },
  (_, i) => `${String.fromCharCode(97 + (i >> 3))}${"ab".repeat(1 + (i >> 5))}`,
);
write("names.txt", `${names.join("\n")}\n`);
write("book.txt", "It was the best of times, it was the worst of times, it was the age of wisdom.\n".repeat(60));

// Only the last ten have a "b".
write("pairs.tsv", names.map((name, i) => `${name}\t${i < 190 ? "a" : "a b"}\n`).join(""));

test("a training without --out names the folder after the file and says so, and nothing that is there is touched", () => {
  const lm = ["train", "lm", "names.txt", ...small, "--maximum-steps", "2"];
  expect(said(...lm)).toMatch(/The model goes to names\./);
  expect(holds("names")).toBe(true);
  const before = readFileSync(join(folder, "names", "model.safetensors"));
  refused(1, /would go to names, and that is there already\. Name a folder \(--out\).*--resume.*--overwrite/s, ...lm);
  expect(readFileSync(join(folder, "names", "model.safetensors")).equals(before)).toBe(true);
  expect(said(...lm.slice(0, -1), "3", "--resume")).toMatch(/Done after 3 updates/);
  said(...lm, "--overwrite");

  write("verse", readFileSync(join(folder, "book.txt"), "utf8"));
  expect(said("train", "lm", "verse", ...small, "--maximum-steps", "1")).toMatch(/goes to verse-model/);
  mkdirSync(join(folder, "mine"));
  write("mine.txt", "a\n".repeat(300));
  refused(
    1,
    /would go to mine, and that is there already/,
    "train",
    "lm",
    "mine.txt",
    ...small,
    "--maximum-steps",
    "1",
  );
  refused(2, /expected a file to learn from/, "train", "lm");
  refused(2, /goes on with which training\? Name its folder: ostinato train --resume/, "train", "lm", "--resume");
});

test("lines and pairs are held out at random, a running text at its end", () => {
  const tokens = (...more: string[]) => {
    const [, learnt, measured] =
      /: ([\d,]+) \w+ tokens to learn, ([\d,]+) to validate/.exec(
        said("train", "lm", "names.txt", ...small, "--maximum-steps", "1", "--overwrite", "--out", "held", ...more),
      ) ?? [];
    return [learnt, measured].map((text) => Number(text?.replaceAll(",", "")));
  };
  const all = names.reduce((sum, name) => sum + name.length + 1, 0);
  const end = names.slice(180).reduce((sum, name) => sum + name.length + 1, 0);
  const [learnt, measured] = tokens("--sentences") as [number, number];
  expect(learnt + measured).toBe(all);
  // The last tenth of the lines has more than a tenth of the text.
  expect(end).toBeGreaterThan(0.15 * all);
  expect(measured).toBeLessThan(0.14 * all);
  expect(tokens("--sentences", "--seed", "2")).not.toEqual([learnt, measured]);
  expect(tokens()).toEqual([Math.floor(0.9 * all), all - Math.floor(0.9 * all)]);
  write("more.txt", "abab\nbabab\n");
  expect(tokens("--validation", "more.txt")).toEqual([all, 11]);
  expect(tokens("--validation", "more.txt", "--sentences")).toEqual([all, 11]);

  const pairs = [
    "train",
    "transliterate",
    "pairs.tsv",
    "--out",
    "held-pairs",
    "--hidden-size",
    "8",
    "--maximum-steps",
    "1",
  ];
  // Only the last ten have a "b": with the end held out, it would not be learnt at all.
  expect(said(...pairs)).toMatch(/190 pairs to learn, 10 to validate; vocabularies of \d+ character and 4 word/);
});

test("a short text has a smaller batch, unless one is asked for", () => {
  write("short.txt", "It was the best of times, it was the worst of times.\n".repeat(6).slice(0, 300));
  const lm = ["train", "lm", "short.txt", ...small, "--epochs", "2"];
  expect(said(...lm)).toMatch(
    /The text is short: 4 sequences side by side in windows of 64 tokens, instead of 32 of 64/,
  );
  expect(said("train", "--resume", "short", "--epochs", "3")).toMatch(/4 sequences.*Done after 3 updates/s);
  refused(
    1,
    /one batch of windows needs \d+ \(--batch-size 32 x --window-length 64.*a smaller --batch-size or --window-length/,
    ...[...lm, "--out", "never", "--batch-size", "32", "--window-length", "64"],
  );
  expect(holds("never")).toBe(false);
});

test("too little to validate on is said of the part that is held out, with what helps", () => {
  write("tiny.txt", "too short");
  refused(
    1,
    /10 % of the 9 tokens of tiny.txt leave 1 to validate on.*--validation FILE.*--validation 0/s,
    ...["train", "lm", "tiny.txt", ...small, "--out", "never"],
  );
  said("train", "lm", "tiny.txt", ...small, "--maximum-steps", "1", "--validation", "0");
});

test("each kind of tokens has its word, and samples have a beginning only where there are samples", () => {
  const lm = ["train", "lm", "names.txt", ...small, "--maximum-steps", "1", "--overwrite", "--out", "tokens"];
  // The line end is a token too.
  const sizes = { byte: 256, jamo: new Set(names.join("")).size + 1, word: new Set(names).size + 1 };
  for (const [tokenizer, size] of Object.entries(sizes)) {
    said(...lm, "--tokenizer", tokenizer);
    const { tokenizer: kept } = JSON.parse(ostinato("info", "tokens", "--json").stdout);
    expect(kept).toEqual({ kind: tokenizer === "jamo" ? "character" : tokenizer, size });
  }
  refused(
    2,
    /expected --tokenizer to be character, .*, got "words"; did you mean word\?/,
    ...lm,
    "--tokenizer",
    "words",
  );
  refused(2, /--prompt needs --sample-every/, ...lm, "--prompt", "ab");
});

test("a training uses the optimizer that was asked for, with its options", () => {
  const moments = (...more: string[]) => {
    said("train", "lm", "names.txt", ...small, "--maximum-steps", "1", "--overwrite", "--out", "optimized", ...more);
    const header = readFileSync(join(folder, "optimized", "trainer.safetensors"), "latin1");
    return [...new Set(Array.from(header.matchAll(/"(\w+\.\w+)\/output\.bias"/g), ([, moment]) => moment))].sort();
  };
  expect(moments()).toEqual(["adam.m", "adam.v"]);
  expect(moments("--optimizer", "sgd")).toEqual([]);
  expect(moments("--optimizer", "sgd", "--momentum", "0.9")).toHaveLength(1);
  expect(moments("--optimizer", "adagrad")).toEqual([expect.stringMatching(/^adagrad\./)]);
});

test("a text of short lines gets a hint at --sentences, and others get none", () => {
  const lm = ["train", "lm", ...small, "--maximum-steps", "1", "--overwrite", "--out", "hinted"];
  expect(said(...lm, "names.txt")).toMatch(
    /lines are short \(\d+ characters on average\).*--sentences learns them better/s,
  );
  expect(said(...lm, "names.txt", "--sentences")).not.toMatch(/lines are short/);
  expect(said(...lm, "book.txt")).not.toMatch(/lines are short/);
});

test("what is measured at the end is read before the training", () => {
  write("other.txt", "Была весна.\n");
  refused(
    1,
    /U\+0411.* at other\.txt, line 1/,
    ...["train", "lm", "book.txt", ...small, "--out", "never", "--maximum-steps", "1", "--test", "other.txt"],
  );
  // A vocabulary without a token for what it lacks.
  const special = { id: 0, content: "</s>", single_word: false, lstrip: false, rstrip: false, normalized: false };
  write(
    "tokenizer.json",
    JSON.stringify({
      ...{ version: "1.0", truncation: null, padding: null, normalizer: null, post_processor: null, decoder: null },
      added_tokens: [{ ...special, special: true }],
      pre_tokenizer: { type: "WhitespaceSplit" },
      model: { type: "WordLevel", vocab: { "</s>": 0, a: 1, b: 2 }, unk_token: "<unk>" },
    }),
  );
  write("other.tsv", "aab\tb q\n");
  const pairs = ["train", "transliterate", "pairs.tsv", "--out", "never", "--hidden-size", "8", "--maximum-steps", "1"];
  refused(1, /other\.tsv, line 1: .*"q"/, ...pairs, "--target-tokenizer", "tokenizer.json", "--test", "other.tsv");
  expect(holds("never")).toBe(false);
});
