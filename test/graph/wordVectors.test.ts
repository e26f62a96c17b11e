// Word vectors against the equations of the paper, numbers by hand and finite differences: nothing here calls what it checks.
import { expect, test } from "vitest";
import { OptionError } from "../../lib/errors.js";
import { nativeExecutor, setThreads } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { numbers } from "./case.js";

type Executor = ReturnType<typeof nativeExecutor> | ReferenceExecutor;

interface Form {
  V: number;
  N: number;
  E: number;
  tokens: readonly number[];
  window: number;
  dynamic?: boolean;
  mean?: boolean;
  keep?: readonly number[];
  random?: readonly [number, number];
  /** Noise that is always one word, or a tree. */
  noiseWord?: number;
  negatives?: number;
  paths?: readonly (readonly number[])[];
  learningRate?: number;
  block?: number;
}

interface Answer {
  losses: number[];
  count: number;
  input: Float64Array;
  output: Float64Array;
}

/** Runs an op on tables; the step leaves new ones. */
async function run(
  executor: Executor,
  op: "wordVectorLoss" | "wordVectorStep",
  form: Form,
  tables: { input: Float64Array; output: Float64Array },
): Promise<Answer> {
  const { V, N, E, tokens, window, dynamic = false, mean = false, random = [1, 1], noiseWord = 0, paths } = form;
  const graph = new Graph();
  const variable = (name: string, rows: number) => graph.variable({ name, dtype: "f32", shape: [rows, E] });
  const [input, output] = [variable("input", V), variable("output", N)];
  const T = tokens.length;
  const keep = form.keep ?? new Array(V).fill(1);
  const operands = {
    input,
    output,
    tokens: graph.feed("tokens", "i32", [T]),
    keep: graph.feed("keep", "f32", [V]),
    random: graph.random(),
    window,
    dynamic,
    mean,
    ...(paths
      ? {
          paths: graph.feed("paths", "i32", [paths.flat().length]),
          starts: graph.feed("starts", "i32", [V + 1]),
          longest: Math.max(...paths.map(({ length }) => length)),
        }
      : {
          noise: graph.feed("noise", "f32", [V]),
          alias: graph.feed("alias", "i32", [V]),
          negatives: form.negatives ?? 1,
        }),
  };
  const { losses, count } =
    op === "wordVectorLoss"
      ? ops.wordVectorLoss(operands)
      : ops.wordVectorStep({ ...operands, learningRate: graph.scalar("learningRate"), block: form.block ?? 64 });
  graph.output("losses", losses);
  graph.output("count", count);
  const store = executor.createStore();
  for (const [name, rows, values] of [
    ["input", V, tables.input],
    ["output", N, tables.output],
  ] as const) {
    store.declare({ name, dtype: "f32", shape: [rows, E] });
    await store.write(name, executor.floats.from(values) as Float32Array);
  }
  const ends = [0];
  for (const { length } of paths ?? []) ends.push((ends.at(-1) as number) + length);
  const { outputs } = await executor.compile(graph.program(), store).run({
    tokens: Int32Array.from(tokens),
    keep: executor.floats.from(keep),
    random: Int32Array.from(random),
    ...(paths
      ? { paths: Int32Array.from(paths.flat()), starts: Int32Array.from(ends) }
      : // A column is never kept, so its alias is always drawn.
        { noise: executor.floats.from(new Array(V).fill(0)), alias: new Int32Array(V).fill(noiseWord) }),
    ...(op === "wordVectorStep" ? { learningRate: form.learningRate ?? 1 } : {}),
  });
  return {
    losses: Array.from(outputs.losses as Float32Array),
    count: outputs.count?.[0] as number,
    input: Float64Array.from(await store.read("input")),
    output: Float64Array.from(await store.read("output")),
  };
}

const reference = new ReferenceExecutor({ precision: "float64" });
const executors = [
  ["reference", reference, 1e-9],
  ["native", nativeExecutor(), 2e-5],
] as const;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const tablesOf = ({ V, N, E }: Pick<Form, "V" | "N" | "E">) => ({
  input: numbers(V * E, 5),
  output: numbers(N * E, 6),
});

test.each(executors)("%s: a pair and a noise word, by hand", async (_, executor, error) => {
  // Words 0 and 1 side by side, and word 2 as noise. Vectors of one number.
  const form = { V: 3, N: 3, E: 1, tokens: [0, 1], window: 1, noiseWord: 2, learningRate: 0.5 };
  const [x0, x1, y0, y1, y2] = [0.5, -1, 2, 0.25, -0.75] as const;
  const tables = { input: Float64Array.of(x0, x1, 9), output: Float64Array.of(y0, y1, y2) };
  const { losses, count, input, output } = await run(executor, "wordVectorStep", form, tables);
  // Word 0 is predicted by word 1, and word 1 by word 0.
  const [g0, n0] = [sigmoid(x1 * y0) - 1, sigmoid(x1 * y2)];
  const [g1, n1] = [sigmoid(x0 * y1) - 1, sigmoid(x0 * y2)];
  expect(count).toBe(2);
  const close = (actual: number | undefined, expected: number) =>
    expect(Math.abs((actual ?? NaN) - expected)).toBeLessThan(error);
  close(losses[0], -Math.log(sigmoid(x1 * y0)) - Math.log(1 - sigmoid(x1 * y2)));
  close(losses[1], -Math.log(sigmoid(x0 * y1)) - Math.log(1 - sigmoid(x0 * y2)));
  close(input[1], x1 - 0.5 * (g0 * y0 + n0 * y2));
  close(input[0], x0 - 0.5 * (g1 * y1 + n1 * y2));
  close(input[2], 9);
  close(output[0], y0 - 0.5 * g0 * x1);
  close(output[1], y1 - 0.5 * g1 * x0);
  close(output[2], y2 - 0.5 * (n0 * x1 + n1 * x0));
});

test.each(executors)(
  "%s: the gradient of CBOW is that of the mean: its length is shared by the words of the context",
  async (_, executor, error) => {
    const form = {
      V: 4,
      N: 4,
      E: 2,
      tokens: [0, 1, 2],
      window: 2,
      mean: true,
      noiseWord: 1,
      keep: [1, 1, 1, 1],
      learningRate: 1,
    };
    const tables = {
      input: Float64Array.of(0.5, 1, 0, 0, 0.25, -1, 0, 0),
      output: Float64Array.of(0, 0, 1, 2, 0, 0, 0, 0),
    };
    // Only the output vector of word 1 is not 0, so only its window moves the input vectors of words 0 and 2; it is its own noise.
    const { input } = await run(executor, "wordVectorStep", form, tables);
    const score = ((0.5 + 0.25) / 2) * 1 + ((1 - 1) / 2) * 2;
    const slope = sigmoid(score) - 1;
    // The noise of the other two windows is word 1: their means are of word 1 (0) with the other one.
    const noise0 = sigmoid((0.25 / 2) * 1 + (-1 / 2) * 2);
    const noise2 = sigmoid((0.5 / 2) * 1 + (1 / 2) * 2);
    const expected = [
      0.5 - (slope + noise2) / 2,
      1 - (2 * slope + 2 * noise2) / 2,
      -(noise0 + noise2) / 2,
      -(noise0 + noise2),
    ];
    for (const [i, value] of expected.entries()) expect(Math.abs((input[i] as number) - value)).toBeLessThan(error);
  },
);

const text = [0, 1, 2, 3, -1, 4, 0, 2, 2, 1, 4, 3, -1, 1, 0];
const way = [[0], [1, 2], [1, 3, 4], [1, 3, 5, 6], [1, 3, 5, 7]];

test.each([
  ["skip-gram, noise", { mean: false }],
  ["CBOW, noise", { mean: true }],
  ["skip-gram, tree", { mean: false, paths: way }],
  ["CBOW, tree", { mean: true, paths: way }],
] as const)("%s: a step goes against the gradient of the loss, by finite differences", async (_, own) => {
  const form: Form = {
    V: 5,
    N: "paths" in own ? 4 : 5,
    E: 3,
    tokens: text,
    window: 2,
    dynamic: true,
    noiseWord: 3,
    negatives: 2,
    ...own,
  };
  const tables = tablesOf(form);
  const loss = async (at: typeof tables) =>
    (await run(reference, "wordVectorLoss", form, at)).losses.reduce((sum, value) => sum + value, 0);
  const after = await run(reference, "wordVectorStep", { ...form, learningRate: 1 }, tables);
  for (const table of ["input", "output"] as const) {
    for (let i = 0; i < tables[table].length; i++) {
      const moved = (by: number) => ({
        ...tables,
        [table]: tables[table].map((value, at) => (at === i ? value + by : value)),
      });
      const slope = ((await loss(moved(1e-5))) - (await loss(moved(-1e-5)))) / 2e-5;
      const step = (tables[table][i] as number) - (after[table][i] as number);
      expect(Math.abs(step - slope)).toBeLessThan(1e-7);
    }
  }
});

test.each(executors)(
  "%s: a pair that the model holds all but impossible costs its score, and is no infinity",
  async (_, executor) => {
    const form = { V: 3, N: 3, E: 1, tokens: [0, 1], window: 1, noiseWord: 2, learningRate: 0 };
    const tables = { input: Float64Array.of(10, 20, 0), output: Float64Array.of(-10, -30, -1) };
    const { losses } = await run(executor, "wordVectorStep", form, tables);
    // log(1 + exp(200)) = 200, and the noise word costs log(1 + exp(-20)).
    expect(losses[0]).toBeCloseTo(200, 3);
    expect(losses[1]).toBeCloseTo(300, 3);
  },
);

test("words that come in blocks of one see what the words before them have changed; in one block they do not", async () => {
  const form: Form = { V: 5, N: 5, E: 3, tokens: text, window: 2, noiseWord: 3, learningRate: 0.3 };
  const tables = tablesOf(form);
  const whole = await run(reference, "wordVectorStep", { ...form, block: 64 }, tables);
  const single = await run(reference, "wordVectorStep", { ...form, block: 1 }, tables);
  expect(whole.losses).toEqual((await run(reference, "wordVectorLoss", form, tables)).losses);
  expect(single.losses[0]).toBe(whole.losses[0]);
  expect(single.losses.slice(1)).not.toEqual(whole.losses.slice(1));
});

test("the probabilities of all words along a tree sum to 1", async () => {
  const form: Form = { V: 5, N: 4, E: 3, tokens: [], window: 1, paths: way };
  const tables = tablesOf(form);
  let sum = 0;
  for (let word = 0; word < 5; word++) {
    // Word 2 predicts each word in turn; the loss of the other direction is that of another word.
    const { losses } = await run(reference, "wordVectorLoss", { ...form, tokens: [2, word] }, tables);
    sum += Math.exp(-(losses[1] as number));
  }
  expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
});

test("windows end at the ends of sentences, and close over words that are not read", async () => {
  const form: Form = { V: 5, N: 5, E: 3, tokens: [0, 4, 1, -1, 2, 3], window: 1, keep: [1, 1, 1, 1, 0], noiseWord: 4 };
  const { losses, count } = await run(reference, "wordVectorLoss", form, tablesOf(form));
  // 0 and 1 see each other, 2 and 3 do.
  expect(count).toBe(4);
  expect(losses.map((loss) => loss > 0)).toEqual([true, false, true, false, true, true]);
});

test("a word is read as often as its probability says, and windows of all widths are as frequent", async () => {
  const T = 20_000;
  const form: Form = {
    V: 2,
    N: 2,
    E: 1,
    tokens: new Array(T).fill(0),
    window: 3,
    dynamic: true,
    keep: [0.3, 1],
    noiseWord: 1,
  };
  const tables = { input: new Float64Array(2), output: new Float64Array(2) };
  const { losses, count } = await run(nativeExecutor(), "wordVectorLoss", form, tables);
  const read = losses.filter((loss) => loss > 0);
  expect(Math.abs(read.length / T - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / T));
  expect(Math.abs(count / read.length - 4)).toBeLessThan(0.1);
  // With tables of zeros each of the two decisions of a pair costs ln 2, so the loss counts the pairs.
  const pairs = (n: number) => read.filter((loss) => Math.round(loss / (2 * Math.LN2)) === n).length;
  for (const n of [2, 4, 6]) expect(Math.abs(pairs(n) / read.length - 1 / 3)).toBeLessThan(0.03);
});

test.each(["noise", "tree"])("with a %s, the number of threads changes no bit", async (kind) => {
  const [V, E] = [300, 100];
  const paths = Array.from({ length: V }, (_, word) => [2 * (word % 7), 2 * (word % 31) + 1, 2 * (word % 299)]);
  const form: Form = {
    V,
    N: kind === "tree" ? V - 1 : V,
    E,
    tokens: Array.from({ length: 5000 }, (_, t) => (t * t + 7 * t) % V),
    window: 5,
    dynamic: true,
    noiseWord: 5,
    negatives: 5,
    learningRate: 0.05,
    ...(kind === "tree" ? { paths } : {}),
  };
  const results: Answer[] = [];
  for (const threads of [1, 2, 3]) {
    setThreads(threads);
    results.push(await run(nativeExecutor(), "wordVectorStep", form, tablesOf(form)));
  }
  setThreads(2);
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

test.each(executors)("%s: what is outside of a table is an InputError", async (_, executor) => {
  const form: Form = { V: 3, N: 3, E: 2, tokens: [0, 1], window: 1 };
  const tables = tablesOf(form);
  const loss = (own: Partial<Form>) => run(executor, "wordVectorLoss", { ...form, ...own }, tables);
  await expect(loss({ tokens: [0, 3] })).rejects.toMatchObject({ code: "ERR_OSTINATO_INPUT" });
  await expect(loss({ noiseWord: 3 })).rejects.toMatchObject({ code: "ERR_OSTINATO_INPUT" });
  await expect(loss({ paths: [[0], [9], [2]] })).rejects.toMatchObject({ code: "ERR_OSTINATO_INPUT" });
  await expect(loss({ window: 0 })).rejects.toMatchObject({ code: "ERR_OSTINATO_OPTION" });
  await expect(loss({ window: 101 })).rejects.toMatchObject({ code: "ERR_OSTINATO_OPTION" });
});

test("words are predicted with noise or with a tree, and either has its own number", () => {
  const graph = new Graph();
  const feed = (name: string, shape: number[]) => graph.feed(name, "f32", shape);
  const ids = (name: string, shape: number[]) => graph.feed(name, "i32", shape);
  const shared = {
    ...{ input: feed("input", [3, 2]), output: feed("output", [3, 2]), tokens: ids("tokens", [5]) },
    ...{ keep: feed("keep", [3]), random: graph.random(), window: 1, dynamic: false, mean: false },
  };
  const noise = { noise: feed("noise", [3]), alias: ids("alias", [3]) };
  const tree = { paths: ids("paths", [4]), starts: ids("starts", [4]) };
  const loss = (own: object) => () => ops.wordVectorLoss({ ...shared, ...own });
  const either = new OptionError("wordVectorLoss: expected either noise and alias, or paths and starts.");
  expect(loss({ ...noise, negatives: 1 })).not.toThrow();
  expect(loss({ ...tree, longest: 1 })).not.toThrow();
  expect(loss({})).toThrow(either);
  expect(loss({ ...noise, ...tree, negatives: 1, longest: 1 })).toThrow(either);
  expect(loss({ ...tree, negatives: 1 })).toThrow(
    new OptionError("wordVectorLoss: expected longest to be the nodes of the longest path."),
  );
  expect(loss({ ...noise, longest: 1 })).toThrow(
    new OptionError("wordVectorLoss: expected negatives to be at least 1, with noise."),
  );
});
