import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseXml } from "../viz/wellFormed.js";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato: run, file: write } = commandFolder("forecast");
const ostinato = (...args: string[]) => run(args);
const file = (name: string, lines: readonly string[]) => write(name, lines.map((line) => `${line}\n`).join(""));

const value = (t: number, size: number) => (size * (10 + 0.1 * t + 4 * Math.sin((2 * Math.PI * t) / 12))).toFixed(3);
const month = (t: number) => `${2000 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, "0")}`;
const rowsOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${month(from + i)},${value(from + i, 1)},${value(from + i, 50)}`);
const head = "month,<small>,=large";
const csv = file("sales.csv", [head, ...rowsOf(0, 96)]);
const after = file("after.csv", [head, ...rowsOf(96, 108)]);
const small = [
  "--horizon",
  "6",
  "--season",
  "12",
  "--hidden-size",
  "16",
  "--batch-size",
  "16",
  "--learning-rate",
  "0.01",
];

test("train forecast, forecast, backtest, info and quantize work one after the other", () => {
  const trained = ostinato("train", "forecast", csv, ...small, "--epochs", "20", "--test-steps", "12", "--out", "m");
  expect(trained.stderr).toContain("2 series, 96 values each");
  expect(trained.stderr).toMatch(/validation loss 0\.\d+/);
  expect(trained.stderr).not.toMatch(/nats|perplexity|token/);
  expect(trained.stdout).toMatch(/test:\n4 windows of 2 series, 24 values:/);
  expect(trained.status).toBe(0);

  const table = ostinato("forecast", "m", csv).stdout.trim().split("\n");
  expect(table[0]).toBe("series,date,point,0.025,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,0.975");
  expect(table.length).toBe(1 + 2 * 6);
  expect(table[1]).toMatch(/^<small>,2008-01,\d/);
  // A spreadsheet program would compute what begins with "=".
  expect(table[7]).toMatch(/^'=large,2008-01,/);

  const tested = ostinato("backtest", "m", csv, "--after", after, "--json");
  const result = JSON.parse(tested.stdout);
  // All that comes after is measured, two horizons of each series, and not the last values of the file.
  expect([result.windows, result.values, result.scores[0].name]).toEqual([4, 24, "model"]);

  const levels = ["--levels", "0.05", "0.5", "0.95"];
  const sampled = (seed: string) =>
    ostinato("forecast", "m", csv, "--json", "--only", "<small>", ...levels, "--paths", "3", "--seed", seed);
  const json = sampled("5");
  const [line = "", ...others] = json.stdout.trimEnd().split("\n");
  expect(others).toEqual([]);
  expect(JSON.parse(line).series).toBe("<small>");
  expect(JSON.parse(line).paths.length).toBe(3);
  expect(Object.keys(JSON.parse(line).quantiles)).toEqual(["0.05", "0.5", "0.95"]);
  expect(sampled("5").stdout).toBe(json.stdout);
  expect(sampled("6").stdout).not.toBe(json.stdout);

  const drawn = ostinato("forecast", "m", csv, "--chart", "--svg", "a.svg", "--report", "r.html");
  expect(drawn.stdout).toContain(
    "2005-01 to 2008-06, forecast from 2008-01, 95 % expected inside".replace("2005-01", month(72)),
  );
  const svg = readFileSync(join(folder, "a.svg"), "utf8");
  parseXml(svg);
  expect(svg).toContain("&lt;small&gt;");
  const report = readFileSync(join(folder, "r.html"), "utf8");
  expect(report).toContain("What comes next");
  expect(report).not.toContain("<small> ");

  expect(ostinato("info", "m").stdout).toContain("a forecaster (1-layer GRU, segments, quantile) of 6 steps");
  const resumed = ostinato("train", "--resume", "m", "--epochs", "21");
  expect(`${resumed.status} ${resumed.stderr}`).toMatch(/^0 [\s\S]*Done after/);
});

test("evaluate is backtest, inspect shows what would have been said, and quantize what rounding costs", () => {
  const tested = ostinato("backtest", "m", csv, "--last-steps", "12", "--stride", "3");
  expect(tested.stdout).toMatch(/^6 windows of 2 series, 36 values:\n +MASE[^\n]*\n {2}model +0\.\d/);
  expect(ostinato("evaluate", "m", csv, "--last-steps", "12", "--stride", "3")).toEqual(tested);
  const batched = ostinato("evaluate", "m", csv, "--batch-size", "3");
  expect([batched.status, batched.stderr]).toEqual([
    2,
    expect.stringMatching(/--batch-size is for .*and m holds a Forecaster/),
  ]);

  expect(ostinato("inspect", "m", "--text", csv).stdout).toMatch(/The report is in m\/report\.html/);
  const report = readFileSync(join(folder, "m", "report.html"), "utf8");
  expect(report).toMatch(/<th scope="row">model<\/th><td>0\.\d+<\/td>/);
  expect(report).toContain('<th scope="row">seasonal naive</th>');
  expect(report).toContain("What it would have said");
  expect(report).toContain("How it learnt");
  // The values before, what came, and the forecast between them.
  expect(report.match(/class="line"/g)).toHaveLength(4);
  expect(report.match(/class="markLine"/g)).toHaveLength(2);
  const shown = ostinato("inspect", "m", "--text", csv, "--terminal");
  expect(shown.stdout).toMatch(
    /<small>\n[\s\S]*forecast from 2007-07[\s\S]*=large\n[\s\S]*2 windows of 2 series, 12 values:/,
  );
  expect(ostinato("inspect", "m", "--terminal").stderr).toMatch(/--terminal of a forecaster needs --text/);
  expect(ostinato("inspect", "m").stdout).toMatch(/The report is in/);

  const rounded = ostinato("quantize", "m", "m8", "--evaluate", csv);
  expect(rounded.stdout).toMatch(/int8 weights, .*\nMASE 0\.\d+ before, 0\.\d+ after: [+-]\d+\.\d+ %/);
  const forecasts = ostinato("forecast", "m8", csv, "--json", "--only", "=large").stdout;
  const [own] = JSON.parse(forecasts).point;
  expect(own / JSON.parse(ostinato("forecast", "m", csv, "--json", "--only", "=large").stdout).point[0]).toBeCloseTo(
    1,
    1,
  );
});

test("bad input is an error with its place, and nothing is written", () => {
  const twice = file("twice.csv", ["month,a", "2020-01,1", "2020-01,2"]);
  const { status, stderr } = ostinato("train", "forecast", twice, ...small, "--out", "none");
  expect([status, stderr]).toEqual([1, expect.stringContaining("twice.csv, line 3: the date 2020-01 comes twice")]);
  const short = ostinato("train", "forecast", file("short.csv", ["a", "1", "2"]), ...small, "--out", "none");
  expect([short.status, short.stderr]).toEqual([
    1,
    expect.stringContaining("has 2 values, and its last 6 are held out: 6 to validate on"),
  ]);
  const held = ostinato("train", "forecast", csv, ...small, "--test-steps", "90", "--out", "none");
  expect([held.status, held.stderr]).toEqual([
    1,
    expect.stringMatching(
      /sales\.csv.* has 96 values, and its last 96 are held out: 6 to validate on, 90 to measure .*\(--validation-steps, --test-steps\)/,
    ),
  ]);
  const none = ostinato("train", "forecast", csv, "--out", "none");
  expect([none.status, none.stderr]).toEqual([2, expect.stringContaining("--horizon")]);
  const absent = ostinato("forecast", "m", csv, "--only", "x");
  expect([absent.status, absent.stderr]).toEqual([2, expect.stringContaining('there is no series "x"')]);
});

test("without dates a chart numbers its steps, from the first that it shows", () => {
  const plain = file("plain.csv", ["a", ...Array.from({ length: 96 }, (_, t) => value(t, 1))]);
  const trained = ostinato("train", "forecast", plain, ...small, "--epochs", "1", "--json", "--out", "plain");
  expect(trained.status).toBe(0);
  const [first = ""] = trained.stdout.split("\n");
  expect(JSON.parse(first)).toEqual({ event: "series", series: 1, shortest: 96, longest: 96, missing: 0 });
  // The last two seasons of 96 values.
  expect(ostinato("forecast", "plain", plain, "--chart").stdout).toContain("73 to 102, forecast from 97");
});
