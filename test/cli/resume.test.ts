import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-cli-resume-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { FORCE_COLOR: _, ...env } = process.env;

function ostinato(args: readonly string[], cwd = folder) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    ...{ env, cwd, encoding: "utf8" as const },
    timeout: 170_000,
  });
  return { status, stdout, stderr };
}

function expectDone(args: readonly string[], cwd?: string) {
  const result = ostinato(args, cwd);
  expect(result.status, result.stderr).toBe(0);
  return result;
}

function expectRefused(args: readonly string[], words: RegExp, status = 2) {
  const result = ostinato(args);
  expect(result.stderr).toMatch(words);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(result.status).toBe(status);
}

const weights = (name: string) => readFileSync(join(folder, name, "model.safetensors"));

writeFileSync(
  join(folder, "book.txt"),
  "It was the best of times, it was the worst of times.\nWho is there?\n".repeat(60),
);
writeFileSync(
  join(folder, "pairs.csv"),
  `K,A\n${Array.from({ length: 60 }, (_, i) => `${(i * i) % 97},${[...String((i * i) % 97)].join(" ")}`).join("\n")}\n`,
);
const small = ["--hidden-size", "16", "--layers", "1", "--batch-size", "4"];
const lm = ["train", "lm", "book.txt", ...small, "--window-length", "16", "--dropout", "0.2", "--tokenizer", "word"];
const pairs = [
  ...["train", "transliterate", "pairs.csv", ...small, "--source-column", "K", "--target-column", "A"],
  ...["--source-tokenizer", "character", "--validation", "0.2", "--reverse-source", "--dropout", "0.2"],
];

for (const [name, command] of Object.entries({ lm, pairs })) {
  test(`${name}: a training goes on from its folder alone, from anywhere, to the bits of one that never stopped`, () => {
    const [whole, parts] = [`${name}-whole`, `${name}-parts`];
    expectDone([...command, "--out", whole, "--maximum-steps", "12"]);
    expectDone([...command, "--out", parts, "--maximum-steps", "3"]);
    expectDone(["train", "--resume", parts, "--maximum-steps", "6"]);
    expectDone(
      ["train", command[1] as string, "--resume", "--out", join(folder, parts), "--maximum-steps", "9"],
      tmpdir(),
    );
    expectDone([...command, "--out", parts, "--maximum-steps", "12", "--resume"]);
    expect(weights(parts).equals(weights(whole))).toBe(true);
  });
}

test("an option that says what the folder holds is accepted, one that contradicts is refused with both values", () => {
  const out = ["--out", "lm-parts", "--resume"];
  expectDone([...lm, ...out, "--maximum-steps", "13", "--threads", "1", "--patience", "3"]);
  expectRefused(
    [...lm, ...out, "--hidden-size", "17"],
    /--hidden-size 17 contradicts .*lm-parts, which began with --hidden-size 16/,
  );
  expectRefused([...lm, ...out, "--vocabulary", "9"], /--vocabulary 9 contradicts .*which began without --vocabulary/);
  expectRefused([...lm, ...out, "--tied"], /--tied contradicts .*which began without --tied/);
  expectRefused([...lm, ...out, "--validation", "0.2"], /--validation 0.2 contradicts .* with --validation 0.1/);
  expectRefused([...lm, ...out, "--validation", "book.txt"], /--validation book.txt contradicts .* --validation 0.1/);
  expectRefused(["train", "transliterate", ...out], /holds a training of `train lm`, not of `train transliterate`/);
  const ofPairs = [...pairs, "--out", "pairs-parts", "--resume", "--maximum-steps", "13"];
  expectDone(ofPairs);
  expectRefused([...ofPairs, "--target-tokenizer", "byte"], /--target-tokenizer byte contradicts .*began without/);
  expectRefused([...ofPairs, "--source-column", "A"], /--source-column A contradicts .*began with --source-column K/);
});

test("what changes on resume is remembered for the next time", () => {
  expectDone(["train", "--resume", "lm-parts", "--maximum-steps", "14", "--patience", "5"]);
  const { options } = JSON.parse(readFileSync(join(folder, "lm-parts", "training.json"), "utf8"));
  expect(options).toMatchObject({
    maximumSteps: 14,
    patience: 5,
    tokenizer: "word",
    hiddenSize: 16,
    validation: "0.1",
  });
  expect(Object.keys(options)).not.toContain("resume");
  expect(ostinato(["train", "--resume", "lm-parts"]).stderr).toMatch(/Nothing to do: 14 updates are made/);
});

test("an option stays behind with the one that it needs", () => {
  expectDone([...lm, "--out", "sent", "--maximum-steps", "2", "--compress", "top-k", "--compress-share", "0.05"]);
  expectRefused(
    ["train", "--resume", "sent", "--compress", "none", "--compress-share", "0.1"],
    /compress-share.* needs .*compress.* top-k, got none/,
  );
  expectDone(["train", "--resume", "sent", "--maximum-steps", "3", "--compress", "none"]);
  expectDone(["train", "--resume", "sent", "--maximum-steps", "4"]);
  expect(JSON.parse(readFileSync(join(folder, "sent", "training.json"), "utf8")).options).toMatchObject({
    compress: "none",
    maximumSteps: 4,
  });
});

test("a file that is no longer there is asked for, and read where it is now", () => {
  mkdirSync(join(folder, "elsewhere"));
  renameSync(join(folder, "book.txt"), join(folder, "elsewhere", "book.txt"));
  expectRefused(["train", "--resume", "lm-parts"], /no file book\.txt, which the training in lm-parts reads/, 1);
  expectDone(["train", "lm", "elsewhere/book.txt", "--resume", "--out", "lm-parts", "--maximum-steps", "15"]);
  expectDone(["train", "--resume", "lm-parts", "--maximum-steps", "16"]);
  renameSync(join(folder, "elsewhere", "book.txt"), join(folder, "book.txt"));
});

test("what cannot be resumed is refused in one sentence that says how to go on", () => {
  expectRefused(["train"], /expected a kind of model\. There are .*lm, .*translate, .* --resume <folder>/);
  expectRefused(["train", "segment", "x"], /there is no "segment"\. There are .*lm, .*translate/);
  expectRefused(["train", "translte", "x"], /Did you mean translate\?/);
  expectRefused(["train", "lm", "--out", "new"], /train lm: expected a file to learn from/);
  expectRefused(["train", "--resume", "nowhere"], /There is no folder nowhere/, 1);
  expectRefused(["train", "--resume", "."], /\. holds no training to resume\. Leave out --resume/, 1);
  expectRefused(["train", "--resume", "lm-parts", "lm"], /leave lm out/);
  expectRefused(["train", "--resume", "lm-parts", "--maximum-steps", "many"], /Expected a whole number at least 1/);
  const record = join(folder, "lm-parts", "training.json");
  const { options, ...rest } = JSON.parse(readFileSync(record, "utf8"));
  const resumedWith = (changed: object) => {
    writeFileSync(record, JSON.stringify({ ...rest, options: { ...options, ...changed } }));
    return ["train", "--resume", "lm-parts"];
  };
  expectRefused(
    resumedWith({ hiddenSize: "many" }),
    /training\.json: the option --hidden-size is damaged: expected a whole num/,
    1,
  );
  expectRefused(resumedWith({ cell: "transformer" }), /the option cell is damaged: .*lstm.*registerCell/, 1);
  expectRefused(resumedWith({ tied: "yes" }), /the option tied is damaged: expected true or false, got "yes"/, 1);
  expectRefused(
    resumedWith({ colour: "red" }),
    /has an option "colour" that train lm does not know: .* into that file, or train again with --overwrite/,
    1,
  );
  expectRefused(resumedWith({ hidden: 16 }), /"hidden" .* its name of today into that file \("hiddenSize"\?\)/, 1);
  rmSync(record);
  expectRefused([...lm, "--out", "lm-parts", "--resume"], /--tokenizer is settled by the training in lm-parts/);
});

test("a resume that finds nothing to do says what would let it go on", () => {
  const small = ["--hidden-size", "8", "--layers", "1", "--batch-size", "4", "--window-length", "16"];
  expectDone(["train", "lm", "book.txt", "--out", "done", "--maximum-steps", "3", ...small]);
  expect(expectDone(["train", "--resume", "done", "--epochs", "99"]).stderr).toContain(
    "Nothing to do: 3 updates are made, and --maximum-steps is 3: give a larger one.",
  );
  expect(expectDone(["train", "--resume", "done", "--maximum-steps", "4"]).stderr).toContain("Done after 4 updates");
});

test("a folder with rounded weights, or with a model alone, says at once that it cannot be resumed", () => {
  expectDone([...lm, "--out", "original", "--maximum-steps", "1"]);
  expectDone(["quantize", "original", "rounded"]);
  const words = /rounded holds weights rounded to int8, which cannot be trained: resume the training of the original/;
  expectRefused(["train", "--resume", "rounded"], words, 1);
  expectRefused(["train", "lm", "book.txt", "--resume", "--out", "rounded"], words, 1);
  rmSync(join(folder, "original/training.json"));
  expectRefused(["train", "--resume", "original"], /does not remember how a training was called\. Give the whole/, 1);
  rmSync(join(folder, "original/trainer.safetensors"));
  expectRefused(
    ["train", "--resume", "original"],
    /original holds no training to resume\. Pass --overwrite instead/,
    1,
  );
});
