import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { mpiLibrary } from "../../lib/executor/mpi.js";
import { nativeInfo } from "../../lib/executor/native.js";

// The output of commands, word by word: info, trace, evaluate, demo.

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const { FORCE_COLOR: _, ...env } = process.env;
const folder = mkdtempSync(join(tmpdir(), "ostinato-show-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ostinato(...args: string[]) {
  const options = { env, encoding: "utf8", timeout: 120_000, cwd: folder } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], options);
  return { status, stdout, stderr };
}

/** One line, no stack, beginning with "error:". */
function expectRefused(result: ReturnType<typeof ostinato>, status: number, words: string) {
  expect(result.stderr).toMatch(/^error: /);
  expect(result.stderr).toContain(words);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(result).toMatchObject({ status, stdout: "" });
}

const pairs = ["ab\tb a", "ba\ta b", "aab\tb a a", "bba\ta b b", "abb\tb b a"];

beforeAll(() => {
  writeFileSync(join(folder, "text.txt"), "abba baba abab.\n".repeat(80));
  writeFileSync(join(folder, "pairs.tsv"), `${pairs.join("\n")}\n`.repeat(8));
  const small = ["--hidden-size", "8", "--layers", "1", "--maximum-steps", "4", "--batch-size", "4"];
  const text = ostinato("train", "lm", "text.txt", "--out", "text", ...small, "--window-length", "8");
  expect(text).toMatchObject({ status: 0 });
  const spelled = [
    "train",
    "transliterate",
    "pairs.tsv",
    "--hidden-size",
    "8",
    "--maximum-steps",
    "4",
    "--batch-size",
    "4",
  ];
  expect(ostinato(...spelled, "--out", "attending")).toMatchObject({ status: 0 });
  expect(ostinato(...spelled, "--out", "blind", "--attention", "none")).toMatchObject({ status: 0 });
}, 120_000);

test("info says what computes here, and --json the same in numbers", () => {
  const { kernels, gemm, threads } = nativeInfo();
  const said = ostinato("info").stdout;
  expect(said).toContain(
    `Node ${process.version} on ${process.platform}-${process.arch}, ${cpus()[0]?.model.trim()}, `,
  );
  const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  expect(said).toContain(`, ${counted(cpus().length, "core")}; ${counted(threads, "thread")} compute`);
  expect(said).toContain(
    `Kernels: ${kernels.chosen} (${kernels.reason}; available: ${kernels.available.join(", ")}). `,
  );
  expect(said).toContain(`of own kernels and ${gemm.blas ?? "the system's BLAS, of which none was found"}. `);
  expect(said).toContain(
    gemm.medium ? `take bfloat16 operands (${gemm.medium}), all others float32` : "Products are float32 in every",
  );
  expect(said).toContain(`MPI: ${mpiLibrary() ?? "none"}`);
  expect(said.trim().split("\n").length).toBe(1);
  expect(JSON.parse(ostinato("info", "--json").stdout)).toEqual({
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model.trim(),
    cores: cpus().length,
    native: JSON.parse(JSON.stringify(nativeInfo())),
    mpi: mpiLibrary(),
  });
});

test("info of a model has a line for each setting and each weight, in columns, and --json the same", () => {
  const about = JSON.parse(ostinato("info", "text", "--json").stdout);
  expect(about).toMatchObject({
    model: "LanguageModel",
    weights: "float32",
    doubles: [],
    config: { hiddenSize: 8, cell: "lstm" },
  });
  expect(about.tokenizer).toEqual({ kind: "character", size: 5 });
  const elementsOf = (shape: number[]) => shape.reduce((a, b) => a * b, 1);
  const total = about.parameters.reduce((sum: number, { shape }: { shape: number[] }) => sum + elementsOf(shape), 0);
  expect(about.total).toBe(total);
  const [head, ...rows] = ostinato("info", "text").stdout.trimEnd().split("\n");
  expect(head).toBe(
    `LanguageModel: ${total.toLocaleString("en-US")} parameters in float32; character tokens, vocabulary 5`,
  );
  // Options of other cells, which the configuration names too, say nothing about this model.
  const own = Object.entries(about.config).filter(([name]) => name !== "reset" && name !== "activation");
  const settings = own.map(([name, value]) => `  ${name.padEnd(16)} ${value}`);
  const weights = about.parameters.map(
    ({ name, shape }: { name: string; shape: number[] }) => `  ${name.padEnd(28)} [${shape.join(", ")}]`,
  );
  expect(rows).toEqual([
    "  a 1-layer LSTM language model of 8 units over characters, vocabulary 5",
    ...settings,
    ...weights,
  ]);
  expect(rows).toContain("  hiddenSize       8");
  expect(rows).toContain("  rnn.weight_hh_l0             [32, 8]");
});

test("info of a model of pairs names both vocabularies", () => {
  expect(ostinato("info", "attending").stdout).toMatch(
    /^Seq2Seq: [\d,]+ parameters in float32; source: character tokens, vocabulary \d+; target: \w+ tokens, vocabulary \d+\n/,
  );
  const { tokenizer } = JSON.parse(ostinato("info", "attending", "--json").stdout);
  expect(tokenizer.source).toEqual({ kind: "character", size: expect.any(Number) });
  expect(tokenizer.target.size).toBeGreaterThan(2);
});

test("trace --json has the hypotheses, where each looked, and the tree that they are ways through", () => {
  const traced = ostinato("trace", "attending", "aab", "--beams", "3", "--json");
  expect(traced).toMatchObject({ status: 0, stderr: "" });
  const { text, source, hypotheses, alignment, tree } = JSON.parse(traced.stdout);
  expect(Object.keys(JSON.parse(traced.stdout))).toEqual(["text", "source", "hypotheses", "alignment", "tree"]);
  expect(source).toEqual(["a", "a", "b"]);
  expect(hypotheses.length).toBe(3);
  expect(hypotheses[0].text).toBe(text);
  expect(hypotheses[0]).not.toHaveProperty("attention");
  expect(hypotheses[0].score).toBeGreaterThanOrEqual(hypotheses[2].score);
  expect(alignment.source.slice(0, 3)).toEqual(source);
  expect(alignment.weights.length).toBe(alignment.target.length);
  for (const row of alignment.weights) {
    expect(Object.values<number>(row).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 3);
  }
  for (const [n, { parent }] of tree.entries()) expect(parent).toBeLessThan(n);
  expect(JSON.parse(ostinato("trace", "attending", "aab", "--json").stdout).hypotheses.length).toBe(5);
  const roots = tree.filter(({ parent }: { parent: number }) => parent === -1);
  expect(roots.map(({ id }: { id: number }) => id)).toContain(hypotheses[0].ids[0] ?? roots[0].id);
});

test("trace prints the text, the attention and the tree, and says which pictures it wrote", () => {
  const files = ["--attention-svg", "looks.svg", "--tree-svg", "tree.svg"];
  const { status, stdout, stderr } = ostinato("trace", "attending", "aab", ...files);
  expect(status).toBe(0);
  const { text } = JSON.parse(ostinato("trace", "attending", "aab", "--json").stdout);
  expect(stdout.split("\n")[0]).toBe(text);
  expect(stdout).toMatch(/^ *\* [├└]─ /m);
  expect(stdout.match(/^[* ] [├└│ ]/gm)?.length).toBeGreaterThan(5);
  expect(stderr).toBe("Wrote looks.svg.\nWrote tree.svg.\n");
  for (const file of ["looks.svg", "tree.svg"]) {
    const svg = readFileSync(join(folder, file), "utf8");
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain(">aab</title>");
  }
  expect(ostinato("trace", "attending", "aab", "--json", "--tree-svg", "tree.svg").stderr).toBe("");
});

test("trace of a model without attention has a tree and no picture of what is not there", () => {
  const { alignment, tree } = JSON.parse(ostinato("trace", "blind", "ab", "--json").stdout);
  expect(alignment).toBeNull();
  expect(tree.length).toBeGreaterThan(4);
  expectRefused(
    ostinato("trace", "blind", "ab", "--attention-svg", "none.svg"),
    1,
    "trace: blind has no attention, so there is no picture of it.",
  );
  expect(existsSync(join(folder, "none.svg"))).toBe(false);
});

test("map draws the lines that hold a sentence, and says how to draw fewer where there are too many", () => {
  const drawn = (lines: string[]) => {
    writeFileSync(join(folder, "lines.txt"), lines.map((line) => `${line}\n`).join(""));
    return ostinato("map", "attending", "lines.txt", "--out", "map.svg");
  };
  const lines = Array.from({ length: 500 }, (_, i) => "ab".repeat(1 + (i % 3)));
  expect(drawn([...lines.slice(0, 4), "", "  "])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^4 vectors: /),
  });
  expect(drawn([...lines, " ", ""])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^500 vectors: /) });
  rmSync(join(folder, "map.svg"));
  expectRefused(
    drawn([...lines, "b"]),
    1,
    "map: lines.txt has 501 lines, and at most 500 can be drawn. Give it fewer, such as the first: head -n 500 lines.txt > fewer.txt",
  );
  expect(existsSync(join(folder, "map.svg"))).toBe(false);
});

test("inspect colours the text by the unit that follows a feature best, and refuses a feature that the text lacks", () => {
  const inspect = ["inspect", "text", "--text", "text.txt", "--terminal"];
  const json = JSON.parse(ostinato(...inspect, "--feature", "line", "--json").stdout);
  expect(json).toMatchObject({ layer: expect.stringMatching(/^layer 1 /), unit: expect.any(Number) });
  expect(json.values.length).toBe(json.tokens.length);
  const plain = ostinato(...inspect, "--feature", "line");
  expect(plain.stdout).toContain(`${json.layer}, unit ${json.unit}: ${json.score.toFixed(2)} with "`);
  const chosen = ["--unit", "3", "--layer", "layer 1 cell"];
  expect(JSON.parse(ostinato(...inspect, ...chosen, "--json").stdout)).toMatchObject({
    unit: 3,
    layer: "layer 1 cell",
  });
  expectRefused(
    ostinato(...inspect, "--feature", "quotes"),
    2,
    "does not occur in this text. Take another --text, or --feature ",
  );
  expectRefused(
    ostinato(...inspect, "--unit", "99"),
    2,
    "there is no such unit. This model has layer 1 hidden (8 units), ",
  );
  expectRefused(ostinato(...inspect.slice(0, -1), "--unit", "3"), 2, "--unit needs --terminal");
});

test("inspect shows the passage of a long text that has most of the feature asked for, wherever it is", () => {
  const line = "abba baba abab.\n";
  // The only capitals are far behind the first pieces that a file is read in.
  writeFileSync(join(folder, "long.txt"), `${line.repeat(9000)}ABBA BABA\n${line.repeat(1000)}`);
  const sizes = ["--hidden-size", "4", "--layers", "1", "--maximum-steps", "1"];
  expect(ostinato("train", "lm", "long.txt", "--out", "capitals", ...sizes)).toMatchObject({ status: 0 });
  const inspect = ["inspect", "capitals", "--text", "long.txt", "--terminal", "--json"];
  const shown = (...more: string[]) => JSON.parse(ostinato(...inspect, ...more).stdout).tokens.join("") as string;
  expect(shown("--feature", "capitals")).toContain("ABBA BABA");
  expect(shown()).not.toContain("ABBA BABA");
});

test("evaluate of a language model refuses what is for another kind of model, by name", () => {
  for (const option of [
    ["--beams", "3"],
    ["--output", "o.txt"],
    ["--lowercase"],
    ["--bleu-tokenizer", "char"],
    ["--length-penalty", "1"],
  ]) {
    expectRefused(ostinato("evaluate", "text", "text.txt", ...option), 2, "Seq2Seq, and text holds a LanguageModel.");
  }
  expect(ostinato("evaluate", "text", "text.txt", "--batch-size", "2")).toMatchObject({ status: 0, stderr: "" });
});

test("evaluate of pairs prints what --json has, and --output keeps a line for each row", () => {
  const found = JSON.parse(ostinato("evaluate", "attending", "pairs.tsv", "--json", "--output", "written.txt").stdout);
  const said = ostinato("evaluate", "attending", "pairs.tsv").stdout.split("\n");
  expect(said[0]).toMatch(new RegExp(`^${found.tokens} tokens: ${found.loss.toFixed(4)} nats, perplexity `));
  expect(said[1]).toBe(`${found.sources} sources, ${found.references} references:`);
  expect(readFileSync(join(folder, "written.txt"), "utf8").split("\n").length).toBe(pairs.length * 8 + 1);
});

test("a kind of model that has no command says which have one, and how to make others", () => {
  expectRefused(ostinato("train", "segment", "x"), 2, "docs/own-models.md");
  expectRefused(ostinato("train", "transliterat", "x"), 2, "Did you mean transliterate?");
  expectRefused(ostinato("train"), 2, "expected a kind of model. There are ");
});

test("demo trains, shows samples, and leaves a model and a report in a folder of its own", () => {
  const first = ostinato("demo", "--maximum-steps", "2");
  expect(first).toMatchObject({ status: 0 });
  expect(first.stderr).toMatch(
    /^Ostinato reads Moby Dick, 1,\d{3},\d{3} characters, with an LSTM of 2 x 192 units \(\d{3},\d{3} /,
  );
  const { config, total } = JSON.parse(ostinato("info", "ostinato-demo", "--json").stdout);
  expect(config).toMatchObject({ hiddenSize: 192, layers: 2 });
  expect(first.stderr).toContain(`(${total.toLocaleString("en-US")} parameters)`);
  expect(first.stderr).toMatch(/--- after 1 updates?/);
  const samplesOf = (text: string) => text.match(/^The whale.*$/gm);
  expect(samplesOf(first.stderr)).not.toBeNull();
  const { steps } = JSON.parse(readFileSync(join(folder, "ostinato-demo/trainer.json"), "utf8"));
  // The rate rises to 0.004 in 20 updates.
  expect(steps[0].learningRate).toBeCloseTo(0.004 / 20, 7);
  expect(first.stdout).toMatch(/^\nLearnt for \d+ s\. Now look at what it learnt:\n/);
  expect(first.stdout).toContain('  model   ostinato-demo/   npx ostinato generate ostinato-demo --prompt "The whale"');
  expect(first.stdout).toMatch(/ {2}report {2}ostinato-demo\/report\.html /);
  expect(readFileSync(join(folder, "ostinato-demo", "report.html"), "utf8")).toContain("<html");
  const generated = ostinato("generate", "ostinato-demo", "--prompt", "The whale", "--maximum-length", "5");
  expect(generated.stdout).toMatch(/^The whale/);
  // A second one does not touch the first, and writes the same samples.
  const second = ostinato("demo", "--maximum-steps", "2");
  expect(second.stdout).toContain("  model   ostinato-demo-2/ ");
  expect(samplesOf(second.stderr)).toEqual(samplesOf(first.stderr));
  expect(ostinato("demo", "--maximum-steps", "1", "--out", "mine").stdout).toContain("  model   mine/ ");
}, 240_000);

test("Ctrl-C ends a demo early, with a model and a report", async () => {
  const child = spawn(process.execPath, [main, "demo", "--maximum-steps", "100000", "--out", "stopped"], {
    ...{ env, cwd: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  child.stdout.on("data", (text) => {
    said += text;
  });
  // The first line of progress comes with the first updates.
  child.stderr.on("data", (text) => {
    if (/ % {2}/.test(String(text))) child.kill("SIGINT");
  });
  expect(await once(child, "close")).toEqual([130, null]);
  expect(said).toMatch(/ {2}report {2}stopped\/report\.html /);
  for (const file of ["model.safetensors", "report.html"]) expect(existsSync(join(folder, "stopped", file))).toBe(true);
}, 120_000);
