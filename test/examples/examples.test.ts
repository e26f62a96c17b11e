import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { Optimizer } from "../../lib/index.js";

// The examples import the built package, whose classes are not those of lib.
const built = async <T>(path: string) => (await import(new URL(path, import.meta.url).href)) as T;
const {
  CharacterTokenizer,
  Graph,
  initializers,
  LanguageModel,
  nativeExecutor,
  Parameter,
  ReferenceExecutor,
  SequenceClassifier,
} = await built<typeof import("../../lib/index.js")>("../../dist/packed/index.js");
const { lion } = await built<{ lion(options: Record<string, number>): Optimizer }>("../../examples/own-optimizer.mjs");

const figures = fileURLToPath(new URL("figures", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

function run(example: string, ...args: string[]) {
  const file = join(root, "examples", `${example}.mjs`);
  return spawnSync(process.execPath, [file, ...args], { encoding: "utf8", timeout: 300_000 });
}

/** An example, and the output that it must have. */
const outputs: Record<string, RegExp> = {
  "own-optimizer":
    /^lion: loss 4\.\d+ at first, [12]\.\d+ after 150 updates\nadam: loss 4\.\d+ at first, [12]\.\d+ after/,
  "own-cell": /^ugrnn with gateBias 0\.5: row your boat, gently down the\S*/,
  "own-tokenizer": /^CodonTokenizer: ATGGCT goes on with GAAAAACTGTTCGATTAA\n$/,
  "demand-forecast":
    /^MASE [01]\.\d+; (drift|seasonal naive) \d\.\d+; the model pays: true\nnorth: \d+\.\d in the next hour, 80 % between .*\na picture of some kilobytes\nsouth: /,
  "next-chord":
    /^0\.\d+ nats a chord, F1 (0\.9\d|1\.00); by the chord before alone \d\.\d+\nafter three beats: f\+a g\+b c\+a d\+b c\+e d\+f e\+g f\+a\n$/,
  "names-in-text":
    /^F1 of spans (9\d|100) %: person \d+ %, place \d+ %\nperson: Ishra Ahno\nperson: Queequmi\nplace: Nanver\n\d+\.\d % B-person I-person O/,
  "own-search-step": /^cost 8: right, right, down, right, down\ncost 9: .*\ncost 10: /,
};

test.each(Object.entries(outputs))("examples/%s.mjs runs, and prints what it says", (example, output) => {
  const { status, stdout, stderr } = run(example);
  expect(stderr).toBe("");
  expect(stdout).toMatch(output);
  expect(status).toBe(0);
});

test("examples/shapes.mjs draws images, learns to describe them, and says how many captions are right", () => {
  const { status, stdout, stderr } = run("shapes", "200", "1");
  expect(stderr).toBe("");
  expect(stdout).toMatch(
    /^.*\n\(a (small|big) \w+ \w+ is .* a (small|big) \w+ \w+\)\nexact captions of 20 new images: \d+\.\d %\n$/,
  );
  expect(status).toBe(0);
});

test("examples/adding-problem.mjs learns to add the two marked numbers, and ends where it can", () => {
  const { status, stdout, stderr } = run("adding-problem", "gru", "10", "2000");
  expect(stderr).toBe("");
  const errors = [...stdout.matchAll(/^(\d+) updates, \d+ s: mean squared error (\d\.\d+)$/gm)];
  expect(errors.length).toBe(stdout.trim().split("\n").length);
  expect(Number(errors[0]?.[1])).toBe(250);
  expect(Number(errors.at(-1)?.[2])).toBeLessThan(0.01);
  expect(Number(errors.at(-1)?.[1])).toBeLessThan(2000);
  expect(status).toBe(0);
});

test("examples/copy-memory.mjs learns to say digits again, and counts those that are right", () => {
  const { status, stdout, stderr } = run("copy-memory", "lstm", "5", "1500");
  expect(stderr).toBe("");
  const shares = [...stdout.matchAll(/^\d+ updates, \d+ s: loss \d\.\d+, (\d+\.\d) % of the digits$/gm)].map(
    ([, share]) => Number(share),
  );
  expect(shares.length).toBe(stdout.trim().split("\n").length);
  // One in eight by chance.
  expect(shares[0]).toBeLessThan(60);
  expect(Math.max(...shares)).toBeGreaterThan(30);
  expect(status).toBe(0);
});

test("examples/word-map.mjs learns vectors of words, and draws and writes them", () => {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-examples-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const lines = ["cats and dogs sleep", "dogs and cats run", "ships and boats sail", "boats and ships sink"];
  writeFileSync(join(folder, "text.txt"), `${Array.from({ length: 200 }, (_, i) => lines[i % 4]).join("\n")}\n`);
  const file = join(root, "examples", "word-map.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, "text.txt", "cats", "ships"], {
    cwd: folder,
    encoding: "utf8",
    timeout: 300_000,
  });
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^cats: (\w+ -?\d\.\d\d, ){4}\w+ -?\d\.\d\d$/m);
  expect(stdout).toMatch(/^Written: word-table\.svg, word-map\.svg, word-vectors\.txt\n$/m);
  expect(readFileSync(join(folder, "word-map.svg"), "utf8")).toContain("<svg");
  expect(readFileSync(join(folder, "word-vectors.txt"), "utf8")).toMatch(/^\d+ 100\n/);
  expect(status).toBe(0);
});

test("every example is run by a test", () => {
  const files = readdirSync(join(root, "examples")).filter((file) => file.endsWith(".mjs"));
  expect(files.map((file) => file.replace(".mjs", "")).sort()).toEqual(
    [
      ...Object.keys(outputs),
      "adding-problem",
      "classification-server",
      "copy-memory",
      "pytorch-weights",
      "shapes",
      "streaming-server",
      "word-map",
    ].sort(),
  );
});

test("the streaming server sends a text in pieces, refuses a bad request, and ends when it is told to", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-examples-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const model = await LanguageModel.create({
    tokenizer: CharacterTokenizer.fromText("abc "),
    hiddenSize: 8,
    layers: 1,
    executor: nativeExecutor(),
  });
  await model.save(join(folder, "model"));
  const server = spawn(process.execPath, [join(root, "examples/streaming-server.mjs"), join(folder, "model"), "0"]);
  onTestFinished(() => void server.kill("SIGKILL"));
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  const at = /http:\S+/.exec(String(line))?.[0];
  const answer = await (await fetch(`${at}/?prompt=ab&tokens=5`)).text();
  expect(answer.match(/^event: text$/gm)).toHaveLength(5);
  expect(answer).toMatch(/event: end\ndata: null\n\n$/);
  for (const query of ["temperature=-1", "prompt=x"]) {
    const refused = await fetch(`${at}/?${query}`);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toMatch(/temperature|Unknown character "x"/);
  }
  server.kill("SIGTERM");
  expect(await once(server, "exit")).toEqual([0, null]);
});

test("the classification server gives each of many requests its own label, and a bad one its own error", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-examples-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const model = await SequenceClassifier.create({
    tokenizer: CharacterTokenizer.fromText("abc "),
    labels: ["no", "yes"],
    hiddenSize: 8,
    executor: nativeExecutor(),
  });
  await model.save(join(folder, "model"));
  const server = spawn(process.execPath, [
    join(root, "examples/classification-server.mjs"),
    join(folder, "model"),
    "0",
  ]);
  onTestFinished(() => void server.kill("SIGKILL"));
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  const at = /http:\S+/.exec(String(line))?.[0];
  const texts = Array.from({ length: 40 }, (_, i) => (i === 7 ? "x" : `${"abc".repeat(1 + (i % 3))} ${"ab"[i % 2]}`));
  const answers = await Promise.all(texts.map((text) => fetch(`${at}/?${new URLSearchParams({ text })}`)));
  for (const [i, text] of texts.entries()) {
    const answer = answers[i] as Response;
    expect(answer.status).toBe(i === 7 ? 400 : 200);
    if (i === 7) expect(await answer.text()).toMatch(/Unknown character "x"/);
    else {
      const [{ label, probabilities } = {}] = await model.classify([text]);
      const own = (await answer.json()) as { label: string; probabilities: Record<string, number> };
      expect(own.label).toBe(label);
      expect(own.probabilities.yes).toBeCloseTo(probabilities?.yes as number, 5);
    }
  }
  server.kill("SIGTERM");
  expect(await once(server, "exit")).toEqual([0, null]);
});

test("Lion of the example makes the updates of its paper, and none where the gradient is not finite", async () => {
  const [first, gradient, beta1, beta2, rate, decay] = [[0.5, -0.25, 1], [0.2, -3, 0], 0.9, 0.99, 0.01, 0.1] as const;
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = executor.createStore();
  const graph = new Graph();
  const parameter = new Parameter("w", [3], initializers.constant(0));
  lion({ learningRate: rate, beta1, beta2, weightDecay: decay }).record({
    parameter,
    gradient: graph.feed("gradient", "f32", [3]),
    scale: graph.feed("scale", "f32", []),
    learningRate: graph.feed("rate", "f32", []),
    step: graph.feed("step", "i32", []),
  });
  const program = executor.compile(graph.program(), store);
  await store.write("w", Float64Array.from(first));
  let [w, m] = [[...first] as number[], [0, 0, 0]];
  for (const scale of [1, 0.5, Number.NaN, 1]) {
    await program.run({
      gradient: Float64Array.from(gradient),
      scale: Float64Array.of(scale),
      rate: Float64Array.of(rate),
      step: Int32Array.of(1),
    });
    if (!Number.isNaN(scale)) {
      const g = gradient.map((value) => value * scale);
      w = w.map(
        (value, i) =>
          value - rate * (Math.sign(beta1 * (m[i] as number) + (1 - beta1) * (g[i] as number)) + decay * value),
      );
      m = m.map((value, i) => beta2 * value + (1 - beta2) * (g[i] as number));
    }
    const [weights, moments] = [await store.read("w"), await store.read("lion.m/w")];
    for (let i = 0; i < 3; i++) {
      expect(weights[i]).toBeCloseTo(w[i] as number, 12);
      expect(moments[i]).toBeCloseTo(m[i] as number, 12);
    }
  }
});

test("the weights of a PyTorch module are served: the example's probabilities are those that PyTorch gave", () => {
  const { prompt, tokens } = JSON.parse(readFileSync(join(figures, "pytorch.json"), "utf8")) as {
    prompt: string;
    tokens: [string, number][];
  };
  const { stdout, stderr } = run(
    "pytorch-weights",
    join(figures, "pytorch.safetensors"),
    join(figures, "characters.txt"),
    "8",
    "2",
    prompt,
  );
  expect(stderr).toBe("");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => /^(".*") (\S+)$/.exec(line)?.slice(1) as [string, string]);
  expect(lines.map(([token]) => JSON.parse(token))).toEqual(tokens.slice(0, 5).map(([token]) => token));
  for (const [i, [, probability]] of lines.entries())
    expect(Number(probability)).toBeCloseTo(tokens[i]?.[1] as number, 5);
});
