import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ProfileRow, TraceEvent } from "../../lib/executor/profile.js";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-profile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ostinato(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8", cwd: folder });
  return { status, stdout, stderr };
}

beforeAll(() => {
  writeFileSync(join(folder, "text.txt"), "abba baba abab.\n".repeat(80));
  writeFileSync(join(folder, "pairs.tsv"), "ab\tb a\nba\ta b\naab\tb a a\nbba\ta b b\n".repeat(8));
  const small = ["--hidden-size", "8", "--layers", "1", "--maximum-steps", "2", "--batch-size", "4"];
  expect(ostinato("train", "lm", "text.txt", "--out", "text", ...small, "--window-length", "8")).toMatchObject({
    status: 0,
  });
  expect(ostinato("train", "lm", "text.txt", "--out", "lines", "--sentences", ...small)).toMatchObject({ status: 0 });
  expect(ostinato("train", "transliterate", "pairs.tsv", "--out", "pairs", ...small)).toMatchObject({ status: 0 });
  expect(ostinato("quantize", "text", "quantized")).toMatchObject({ status: 0 });
}, 120_000);

interface Profiled {
  training: { milliseconds: number; rows: ProfileRow[] } | null;
  writing: { milliseconds: number; rows: ProfileRow[] };
}

const runsOf = ({ rows }: { rows: ProfileRow[] }, op: string) =>
  rows.filter((row) => row.op === op).reduce((sum, { runs }) => sum + runs, 0);

test.each([
  ["a language model, on its text", "text", ["text.txt"], "lstmGradient"],
  ["a language model, on tokens of its vocabulary", "text", [], "lstmGradient"],
  ["a language model of lines, on its text", "lines", ["text.txt"], "lstmGradient"],
  ["a language model of lines, on tokens of its vocabulary", "lines", [], "lstmGradient"],
  ["a model of pairs, on pairs", "pairs", ["pairs.tsv"], "gruGradient"],
  ["a model of pairs, on tokens of its vocabularies", "pairs", [], "gruGradient"],
])("profile counts the ops of training and writing: %s", (_, model, files, gradient) => {
  const window = model === "text" ? ["--window-length", "8"] : [];
  const args = ["profile", model, ...files, ...window, "--steps", "3", "--batch-size", "4", "--maximum-length", "5"];
  const result = ostinato(...args, "--json", "--trace", "trace.json");
  expect(result).toMatchObject({ status: 0 });
  const { training, writing } = JSON.parse(result.stdout) as Profiled;
  expect(runsOf(training as Profiled["writing"], gradient) % 3).toBe(0);
  expect(runsOf(training as Profiled["writing"], gradient)).toBeGreaterThan(0);
  expect(runsOf(writing, gradient)).toBe(0);
  expect(writing.rows.length).toBeGreaterThan(0);
  const { traceEvents } = JSON.parse(readFileSync(join(folder, "trace.json"), "utf8")) as { traceEvents: TraceEvent[] };
  const runs = [training as Profiled["writing"], writing].flatMap(({ rows }) => rows).map((row) => row.runs);
  expect(traceEvents.length).toBe(runs.reduce((sum, count) => sum + count));
  expect(new Set(traceEvents.map(({ pid }) => pid))).toEqual(new Set([1, 2]));
});

test("profile prints a table for training and one for writing, and leaves the model as it is", () => {
  const before = readFileSync(join(folder, "text/model.safetensors"));
  const { status, stdout } = ostinato("profile", "text", "--steps", "2", "--batch-size", "2", "--window-length", "4");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^2 training steps:\n\nlayer +op +runs +ms +share +GFLOP\/s +GB\/s\n/);
  expect(stdout).toMatch(/\n\nWriting:\n\nlayer /);
  expect(ostinato("profile", "text", "--steps", "1", "--batch-size", "2").stdout).toMatch(/^1 training step:\n/);
  expect(readFileSync(join(folder, "text/model.safetensors"))).toEqual(before);
});

test("quantized weights are profiled in writing alone", () => {
  const { status, stdout, stderr } = ostinato("profile", "quantized", "--maximum-length", "5");
  expect(status).toBe(0);
  expect(stderr).toContain("only writing is profiled");
  expect(stdout).toMatch(/^Writing:/);
  expect(
    (JSON.parse(ostinato("profile", "quantized", "--maximum-length", "5", "--json").stdout) as Profiled).training,
  ).toBeNull();
  expect(ostinato("quantize", "pairs", "quantized-pairs")).toMatchObject({ status: 0 });
  const pairs = ostinato("profile", "quantized-pairs", "pairs.tsv", "--maximum-length", "2");
  expect(pairs).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Writing:/) });
  expect(pairs.stderr).toContain("only writing is profiled");
});

test("a model of lines is profiled on lines of a window's length, and a file's lines have lengths of their own", () => {
  const updatesOf = (...args: string[]) => {
    const { training } = JSON.parse(ostinato("profile", "lines", "--json", ...args).stdout) as Profiled;
    return (training as Profiled["writing"]).rows.find(({ op }) => op === "lstm")?.runs;
  };
  // At its end a training looks once more whether the last update was sound, which is no training step.
  expect(updatesOf("--steps", "2", "--window-length", "6", "--maximum-length", "2")).toBe(2);
  const refused = ostinato("profile", "lines", "text.txt", "--window-length", "6");
  expect(refused).toMatchObject({ status: 2 });
  expect(refused.stderr).toContain("reads each line of a file on its own: leave --window-length out.");
});

test("profile writes 100 tokens unless told otherwise, and speaks of rounded weights where there are some", () => {
  const runsAt = (...args: string[]) => {
    const { stdout, stderr } = ostinato("profile", "text", "--steps", "1", "--window-length", "4", "--json", ...args);
    expect(stderr).not.toContain("quantized");
    const { writing } = JSON.parse(stdout) as Profiled;
    return Math.max(...writing.rows.map(({ runs }) => runs));
  };
  expect(runsAt()).toBe(runsAt("--maximum-length", "100"));
  expect(runsAt()).toBeGreaterThan(runsAt("--maximum-length", "80"));
});
