import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-gradients-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ostinato(...args: string[]) {
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8", timeout: 120_000, cwd: folder });
}

const text = "abba baba abab.\n".repeat(80);

beforeAll(() => {
  writeFileSync(join(folder, "text.txt"), text);
  const small = ["--hidden-size", "8", "--layers", "1", "--maximum-steps", "4", "--batch-size", "4"];
  expect(ostinato("train", "lm", "text.txt", "--out", "text", ...small, "--window-length", "8")).toMatchObject({
    status: 0,
  });
}, 120_000);

test("inspect --gradients prints a row for each part of the state, and draws them in the report", () => {
  const { status, stdout } = ostinato("inspect", "text", "--text", "text.txt", "--gradients", "--lags", "20");
  expect(status).toBe(0);
  const [, lags, hidden, cell] = stdout.split("\n") as [string, string, string, string];
  expect(lags.trim().split(/\s{2,}/)).toEqual(["0", "1", "2", "5", "10", "20", "in a step"]);
  expect(hidden).toMatch(/^layer 1 hidden( +\d\.\de-\d+){6} +x 0\.\d{3} \(vanishes\)$/);
  expect(cell).toMatch(/^layer 1 cell +0( +\d\.\de-\d+){5} +x 0\.\d{3} \(vanishes\)$/);
  expect(readFileSync(join(folder, "text/report.html"), "utf8")).toContain("How far the gradient reaches back");
});

test("the table is of the numbers that the library gives", async () => {
  const { stdout } = ostinato("inspect", "text", "--text", "text.txt", "--gradients", "--lags", "5", "--json");
  const [line] = stdout.split("\n") as [string];
  const { layers, sequences } = await (await LanguageModel.load(join(folder, "text"))).gradientFlow(text, { lags: 5 });
  const printed = JSON.parse(line) as { gradients: { layer: string; norms: number[] }[]; sequences: number[] };
  expect(printed.sequences).toEqual([...sequences]);
  for (const [i, { name, norms }] of layers.entries()) {
    expect(printed.gradients[i]?.layer).toBe(name);
    for (const [lag, norm] of norms.entries()) expect(printed.gradients[i]?.norms[lag]).toBeCloseTo(norm, 6);
  }
});

test("--gradients --terminal prints no report, and --lags alone is refused", () => {
  const { stdout } = ostinato("inspect", "text", "--text", "text.txt", "--gradients", "--terminal");
  expect(stdout).toMatch(/^Norm of the gradient/);
  expect(stdout).not.toContain("report");
  const { stderr, status } = ostinato("inspect", "text", "--lags", "5");
  expect(`${status} ${stderr}`).toBe("2 error: inspect: --lags needs --gradients.\n");
});
