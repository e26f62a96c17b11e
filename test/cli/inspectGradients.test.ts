import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { knownCells } from "../../lib/nn/cellRegistry.js";
import { gateShares } from "../../lib/viz/index.js";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
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

test("inspect --gates prints how often each gate is open and shut, as the library counts, and draws them in the report", async () => {
  const { status, stdout } = ostinato("inspect", "text", "--text", "text.txt", "--gates");
  expect(status).toBe(0);
  const { gates } = await (await LanguageModel.load(join(folder, "text"))).activations(text);
  const rows = gateShares(gates).map(({ name, open, shut }) => {
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    return `${name} ${percent(open)} ${percent(shut)}`;
  });
  expect(rows.map((row) => row.split(" gate")[0])).toEqual(["layer 1 input", "layer 1 forget", "layer 1 output"]);
  expect(stdout.replace(/ +/g, " ").split("\n").slice(1, 4)).toEqual(rows);
  const report = readFileSync(join(folder, "text/report.html"), "utf8");
  expect(report).toContain("How often gates are open and shut");
  expect(report).toContain('by a gate: <span class="negative">shut</span>, <span class="positive">open</span>');
});

test("--gates --terminal colours the text by a gate, --layer by one of its choice", () => {
  const { stdout } = ostinato("inspect", "text", "--text", "text.txt", "--gates", "--terminal");
  expect(stdout).toMatch(/^layer 1 (input|forget|output) gate, unit \d: .*\[\+ \] open {3}\[- \] shut/m);
  const own = ["--terminal", "--layer", "layer 1 forget gate", "--unit", "3"];
  expect(ostinato("inspect", "text", "--text", "text.txt", ...own).stdout).toMatch(/^layer 1 forget gate, unit 3: /);
  expect(ostinato("inspect", "text", "--text", "text.txt", "--terminal").stdout).toMatch(/^layer 1 (hidden|cell), /);
});

test("a model whose cell has no gates says so", () => {
  const small = ["--cell", "rnn", "--hidden-size", "8", "--layers", "1", "--maximum-steps", "4", "--batch-size", "4"];
  ostinato("train", "lm", "text.txt", "--out", "plain", ...small, "--window-length", "8");
  const { stderr, status } = ostinato("inspect", "plain", "--text", "text.txt", "--gates");
  expect(`${status} ${stderr}`).toBe(
    "2 error: inspect: --gates needs a cell that shows its gates, which RNN does not. Leave --gates out, or train a model with --cell " +
      `${knownCells()
        .filter(({ gateValues }) => gateValues)
        .map(({ name }) => name)
        .join(", ")}; a cell of your own shows them by gateValues.\n`,
  );
  expect(ostinato("inspect", "plain", "--text", "text.txt").status).toBe(0);
  expect(readFileSync(join(folder, "plain/report.html"), "utf8")).not.toContain("How often gates");
});

test.each([
  { args: ["--gradients", "--gates"], names: ["gates", "gradients", "report", "sequences"] },
  {
    args: ["--gradients", "--gates", "--terminal"],
    names: ["gates", "gradients", "layer", "score", "sequences", "tokens", "unit", "values"],
  },
])("inspect --json prints one object with $args", ({ args, names }) => {
  const { stdout } = ostinato("inspect", "text", "--text", "text.txt", "--lags", "5", ...args, "--json");
  expect(Object.keys(JSON.parse(stdout)).sort()).toEqual(names);
});

test("a text of two characters has one place, and its curves without a norm are left out of the report", () => {
  writeFileSync(join(folder, "two.txt"), "ab");
  const { stdout, stderr, status } = ostinato("inspect", "text", "--text", "two.txt", "--gradients");
  expect(`${status} ${stderr}`).toBe("0 ");
  expect(stdout).toContain("(mean of 1 place)");
  const report = readFileSync(join(folder, "text/report.html"), "utf8");
  expect(report).toContain("How far the gradient reaches back");
});

test("the first Ctrl-C ends inspect --gradients, without a report", async () => {
  const out = join(folder, "stopped.html");
  writeFileSync(join(folder, "long.txt"), text.repeat(4));
  const child = spawn(process.execPath, [
    ...[main, "inspect", join(folder, "text"), "--text", join(folder, "long.txt"), "--out", out],
    ...["--gradients", "--lags", "3"],
  ]);
  let printed = "";
  // The table comes before the walk over the text.
  child.stdout.on("data", (piece) => {
    printed += piece;
    if (printed.includes("in a step")) child.kill("SIGINT");
  });
  const [code] = await once(child, "close");
  expect(code).toBe(130);
  expect(existsSync(out)).toBe(false);
});

test("--gradients --terminal prints no report, and --lags alone is refused", () => {
  const { stdout } = ostinato("inspect", "text", "--text", "text.txt", "--gradients", "--terminal");
  expect(stdout).toMatch(/^Norm of the gradient/);
  expect(stdout).not.toContain("report");
  const { stderr, status } = ostinato("inspect", "text", "--lags", "5");
  expect(`${status} ${stderr}`).toBe("2 error: inspect: --lags needs --gradients.\n");
});
