import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { holdOutOf } from "../../lib/cli/trainingParts.js";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-held-out-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function done(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8", cwd: folder });
  expect(status, stderr).toBe(0);
  return { stdout, stderr };
}

const small = ["--hidden-size", "8", "--layers", "1", "--maximum-steps", "2"];

test("a share may leave one example to learn from, and not none", () => {
  const first = (count: number) => (all: readonly string[]) => ({
    train: all.slice(0, count),
    validation: all.slice(count),
  });
  const share = { share: 0.5, seed: 1 };
  expect(holdOutOf(first(1), ["a", "b"], share)).toEqual({ train: ["a"], validation: ["b"] });
  expect(() => holdOutOf(first(0), ["a"], share)).toThrow(/--validation 0\.5 holds out all there is, 1 example,/);
});

test("two tokens are enough to validate on, and curves stand in columns", () => {
  writeFileSync(join(folder, "tiny.txt"), "abcabcabcabcabcabcab");
  const lm = [
    "train",
    "lm",
    "tiny.txt",
    ...small,
    "--batch-size",
    "1",
    "--window-length",
    "4",
    "--validate-every",
    "1",
  ];
  for (const out of ["a", "a-longer-name"]) expect(done(...lm, "--out", out).stderr).toMatch(/18 .*, 2 to validate/);
  const rows = done("curves", "a", "a-longer-name").stdout.split("\n").slice(0, 3);
  const { runs, ...compared } = JSON.parse(done("curves", "a", "--over", "tokens", "--json").stdout);
  expect([compared, runs.length]).toEqual([{ file: expect.any(String), measure: "loss", over: "tokens" }, 1]);
  // Names begin in the first column; the numbers of a column end where its title ends.
  const [titles, ...results] = rows as [string, ...string[]];
  for (const row of rows) expect(row).toMatch(/^\S/);
  for (const title of ["best loss", "perplexity", "at update", "updates"]) {
    const end = titles.lastIndexOf(title) + title.length;
    for (const row of results) expect(row.slice(end - 1, end + 2), `${title}: ${row}`).toMatch(/^\S {2}$/);
  }
}, 60_000);

test("trainings of one name are told apart by their folders; what was never validated has no best, and stands last", () => {
  writeFileSync(join(folder, "few.txt"), "abcabcabcabcabcabcab");
  const lm = ["train", "lm", "few.txt", ...small, "--batch-size", "1", "--window-length", "4"];
  done(...lm, "--validation", "0", "--out", "one/m");
  done(...lm, "--validate-every", "1", "--out", "two/m");
  const [titles, ...rows] = done("curves", "one/m", "two/m").stdout.split("\n").slice(0, 3);
  expect(titles).toMatch(/^model +best loss +perplexity +bits\/char +at update +updates +tokens\/s +time$/);
  expect(rows[0]).toMatch(/^two\/m +\d\.\d{4} +\d+\.\d\d +\d\.\d{3} +[12] +2 +[\d,]+ +\d+ s$/);
  expect(rows[1]).toMatch(/^one\/m( +-){4} +2 +[\d,]+ +\d+ s$/);
  const { runs } = JSON.parse(done("curves", "one/m", "two/m", "--json").stdout);
  expect(runs.map(({ name }: { name: string }) => name)).toEqual(["one/m", "two/m"]);
  expect(runs[0]).toMatchObject({ updates: 2, best: null });
}, 60_000);

test("samples of a training are of the pairs that it does not learn from", () => {
  writeFileSync(join(folder, "learn.tsv"), "ab\tB A\nba\tA B\n".repeat(10));
  writeFileSync(join(folder, "held.tsv"), "aab\tB A A\n");
  const train = ["train", "transliterate", "learn.tsv", "--out", "pairs", ...small, "--sample-every", "1"];
  expect(done(...train, "--validation", "held.tsv").stderr).toMatch(
    /--- after 1 update\naab\n {2}-> .*\n {5}\(B A A\)\n---/,
  );
  expect(done(...train, "--validation", "0", "--overwrite").stderr).toMatch(/--- after 1 update\n(ab|ba)\n/);
}, 60_000);
