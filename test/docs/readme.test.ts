import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocksOf, root, runLine, runProgram, sampleFolder } from "./samples.js";

const page = readFileSync(join(root, "README.md"), "utf8");
const blocks = blocksOf("README.md");
const folder = sampleFolder("readme");
const examples = blocks.filter(({ language }) => language === "js");
const commands = blocks.filter(({ language }) => language === "sh").flatMap(({ code }) => code.trim().split("\n"));

test("there is an example of about 15 lines, and it runs", () => {
  expect(examples.length).toBe(1);
  const code = examples[0]?.code ?? "";
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(18);
  const { status, stdout, stderr } = runProgram(folder, "example", code);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^perplexity \d+\.\d+\nperplexity \d+\.\d+\n/);
});

test("every ostinato command of the page runs, in its order", () => {
  const lines = commands.filter((line) => line.includes("npx ostinato "));
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) {
    const { status, stderr } = runLine(folder, line);
    expect(`${line}: ${status}\n${status === 0 ? "" : stderr}`).toBe(`${line}: 0\n`);
  }
});

test("the npm scripts that the page names exist", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = [...page.matchAll(/\bnpm (?:run ([\w:]+)|(start|test))\b/g)].map(
    ([, run, own]) => (run ?? own) as string,
  );
  expect(new Set(named)).toEqual(new Set(["start", "test", "setup", "prebuild", "build:wasm", "bench"]));
  for (const name of named) expect(scripts).toHaveProperty([name]);
});
