import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

function run(...words: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(import.meta.dirname, "run.mjs"), ...words], {
    encoding: "utf8",
  });
  return { text: stdout + stderr, status };
}

test("no altered file of a model, tokenizer or training ends the process, takes long, or raises an error of JavaScript's", () => {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-fuzz-test-"));
  const { text, status } = run("--mutants", "1500", "--seconds", "20", "--seed", "7", "--keep", folder);
  expect(text).toMatch(/\d+ mutants of seed 7 in \d+ s, 0 failed/);
  expect(status).toBe(0);
  rmSync(folder, { recursive: true });
});

test("the fuzzer finds faults of every kind that it looks for, keeps their mutants, and goes on", () => {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-fuzz-test-"));
  const planted = join(import.meta.dirname, "planted.mjs");
  // A machine may take seconds to hand out a gigabyte.
  const limits = ["--patience", "2500", "--memory", "4e8"];
  const { text, status } = run("--mutants", "9", "--keep", folder, "--exercise", planted, ...limits);
  for (const found of [
    /mutant 1: no answer after/,
    /mutant 2: the process ended by SIGSEGV/,
    /mutant 3: load: TypeError: x is not a function/,
    /mutant 4: 0\.\d+ GB of memory/,
    /mutant 5: no answer after 2500 ms/,
    /mutant 6: the fuzzer itself/,
    /mutant 7: the process ended by exit code 3/,
    /9 mutants of seed 1 in \d+ s, 7 failed/,
  ]) {
    expect(text).toMatch(found);
  }
  expect(status).toBe(1);
  expect(readdirSync(folder)).toHaveLength(7);
  const { seed, changed, files } = JSON.parse(readFileSync(join(folder, "1-3.json"), "utf8"));
  expect(seed).toEqual(expect.any(String));
  for (const name of changed) expect(files).toHaveProperty([name]);
  rmSync(folder, { recursive: true });
});
