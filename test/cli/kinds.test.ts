import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CharacterTokenizer, LanguageModel } from "../../lib/index.js";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-cli-kinds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { FORCE_COLOR: _, ...plain } = process.env;

function ostinato(args: string[], env: Record<string, string> = {}) {
  const options = { cwd: folder, env: { ...plain, ...env }, encoding: "utf8" } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], options);
  return { status, stdout, stderr };
}

/** node-gyp-build then looks for binaries where there are none. */
const noAddon = { OSTINATO_PREBUILD: folder };

beforeAll(async () => {
  const model = await LanguageModel.create({
    tokenizer: CharacterTokenizer.fromText("abc\n"),
    layers: 1,
    hiddenSize: 4,
  });
  for (const name of ["lm", "aligner"]) await model.save(join(folder, name));
  const config = join(folder, "aligner/config.json");
  writeFileSync(config, readFileSync(config, "utf8").replace('"LanguageModel"', '"SequenceAligner"'));
  writeFileSync(join(folder, "a.txt"), "abc\n");
});

test("every verb says which kind a folder holds where it does not know that kind", () => {
  for (const [verb, ...words] of [
    ["evaluate", "a.txt"],
    ["evaluate", "a.txt", "--lowercase"],
    ["classify", "abc"],
    ["tag", "abc"],
    ["generate"],
    ["translate", "abc"],
    ["chat"],
    ["trace", "abc"],
    ["map", "a.txt"],
    ["inspect"],
    ["info"],
    ["quantize", "out"],
  ] as const) {
    const { status, stdout, stderr } = ostinato([verb, "aligner", ...words]);
    expect({ verb, status, stdout }).toEqual({ verb, status: 1, stdout: "" });
    expect(stderr, verb).toMatch(
      /^error: aligner holds a "SequenceAligner", and the kinds of models known here are [\w, ]*LanguageModel,[\w, ]* Seq2Seq, [\w, ]+\./,
    );
  }
});

test("options that a verb has for one kind alone stand under a heading that names the kind", () => {
  const { stdout } = ostinato(["evaluate", "--help"]);
  const [all = "", ...parts] = stdout.split(/\n(?=[A-Z])/).filter((part) => part.includes("  -"));
  expect(all).toMatch(/^Options:.*--json/s);
  const headingOf = (flag: string) => parts.find((part) => part.includes(`  ${flag} `))?.split("\n")[0];
  expect(headingOf("--batch-size")).toBe("For all but Forecaster, NgramModel, Word2Vec:");
  expect(headingOf("--output")).toBe("For ImageCaptioner, Seq2Seq, TransformerSeq2Seq:");
  expect(headingOf("--source-column")).toBe("Reading files (Seq2Seq, TransformerSeq2Seq):");
  expect(headingOf("--text-column")).toMatch(/^Reading files \(.*Seq2Seq/);
});

test("without a native binary a line says that JavaScript computes, and --executor native is an error", () => {
  const write = ["generate", "lm", "--maximum-length", "3", "--seed", "1"];
  const slow = ostinato(write, noAddon);
  expect(slow).toEqual({
    status: 0,
    stdout: ostinato([...write, "--executor", "reference"]).stdout,
    stderr: expect.stringMatching(
      /^There is no native binary for [\w-]+: (plain JavaScript computes, slowly|WebAssembly computes, on \d+ threads?)\.\n$/,
    ),
  });
  expect(ostinato([...write, "--executor", "native"], noAddon)).toMatchObject({ status: 1, stdout: "" });
  expect(ostinato([...write, "--matmul-precision", "medium"], noAddon).stderr).toMatch(/There is no native binary for/);
});

test("a program computes in JavaScript without a native binary, and can ask: nothing is printed", () => {
  const program = `
    import { defaultExecutor, LanguageModel } from "${root}dist/index.js";
    const { executor } = await LanguageModel.load("lm");
    process.exitCode = ["wasm", "reference float32"].includes(executor.name) && defaultExecutor().problem.code === "ERR_OSTINATO_ADDON" ? 0 : 1;`;
  const env = { ...plain, ...noAddon };
  const options = { cwd: folder, env, encoding: "utf8" } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], options);
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
});
