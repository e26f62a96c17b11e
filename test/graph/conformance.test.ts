import { expect, test } from "vitest";
import type { Executor, Feeds, Values } from "../../lib/executor/executor.js";
import { loadAddon } from "../../lib/executor/loadAddon.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { ops } from "../../lib/graph/index.js";
import { operations } from "../../lib/graph/operation.js";
import { elementsOf } from "../../lib/graph/program.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { wasmExecutors, wasmMissing } from "../wasm.js";
import type { Recorded } from "./case.js";
import { Inputs, numbers } from "./case.js";
import { cases, otherwise, testedElsewhere, tolerances } from "./cases.js";
import { scans } from "./scans.js";

const oracle = new ReferenceExecutor({ precision: "float64" });

/**
 * A case as a program whose outputs are the results, a weighted sum of them as loss, and the gradients of the loss, of all inputs or
 * of one `alone`.
 */
function programOf({ record, gradient = true, forwardOnly = false }: Recorded, alone?: string) {
  const inputs = new Inputs();
  const { graph, feeds, differentiable } = inputs;
  const results = record(inputs);
  let loss: Tensor = graph.zeros([]);
  results.forEach((result, i) => {
    const weights = graph.feed(`weights ${i}`, "f32", result.shape);
    feeds[`weights ${i}`] = numbers(elementsOf(result.shape), 100 + i).map(Math.fround);
    loss = ops.add(loss, ops.sum(ops.multiply(result, weights)));
    graph.output(`result ${i}`, result);
  });
  graph.output("loss", loss);
  const made = graph.maker(results[0] as Tensor);
  const recordsGradient = !forwardOnly && (!made || made.operation.gradient !== undefined);
  if (recordsGradient) {
    const asked = differentiable.filter(({ name }) => alone === undefined || name === alone);
    for (const [i, d] of differentiate(loss, asked).entries()) graph.output(`gradient of ${asked[i]?.name}`, d);
  }
  return {
    program: graph.program(),
    feeds,
    names: recordsGradient && gradient ? differentiable.map(({ name }) => name) : [],
  };
}

function feedsOf(executor: Executor, feeds: ReturnType<typeof programOf>["feeds"]): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => [
      name,
      value instanceof Float64Array ? executor.floats.from(value) : value,
    ]),
  );
}

/** The outputs of a program, which has run with the feeds `before` already if there are some. */
async function run(
  executor: Executor,
  { program, feeds }: ReturnType<typeof programOf>,
  before: typeof feeds | null = null,
): Promise<Record<string, Values>> {
  const executable = executor.compile(program, executor.createStore());
  if (before) await executable.run(feedsOf(executor, before));
  return (await executable.run(feedsOf(executor, feeds))).outputs;
}

test("every op of the catalogue has cases here or is tested elsewhere", () => {
  // The gradient of an op with cases is tested by them.
  const known = new Set(Object.keys(cases).flatMap((name) => [name, `${name}Gradient`]));
  for (const name of Object.keys(testedElsewhere)) known.add(name);
  expect([...operations().keys()].filter((name) => !known.has(name))).toEqual([]);
  expect(Object.keys(cases).filter((name) => !(name in ops))).toEqual([]);
  expect(Object.keys(testedElsewhere).filter((name) => !operations().has(name))).toEqual([]);
});

const everything = { ...cases, scan: scans };

for (const [op, list] of Object.entries(everything)) {
  test(`${op}: gradients agree with finite differences in float64`, async () => {
    for (const one of list) {
      const built = programOf(one);
      if (built.names.length === 0) continue;
      const executable = oracle.compile(built.program, oracle.createStore());
      const { outputs } = await executable.run(built.feeds);
      for (const name of built.names) {
        const gradient = outputs[`gradient of ${name}`] as Float64Array;
        const values = built.feeds[name] as Float64Array;
        const step = 1e-5;
        for (let i = 0; i < values.length; i++) {
          const loss = async (shift: number) => {
            const moved = values.slice();
            moved[i] = (moved[i] as number) + shift;
            return (await executable.run({ ...built.feeds, [name]: moved })).outputs.loss?.[0] as number;
          };
          const slope = ((await loss(step)) - (await loss(-step))) / (2 * step);
          const error = Math.abs(slope - (gradient[i] as number)) / (1 + Math.abs(slope));
          if (!(error < 1e-6)) {
            expect.fail(
              `${op} ${one.name}: d loss / d ${name}[${i}] is ${gradient[i]}, finite differences say ${slope}`,
            );
          }
        }
      }
    }
  });
}

test("the gradient of one input is the same whether the others' are asked for or not", async () => {
  for (const [op, list] of Object.entries(everything)) {
    for (const one of list) {
      const all = programOf(one);
      if (all.names.length < 2) continue;
      for (const executor of [oracle, nativeExecutor()]) {
        const together = await run(executor, all);
        for (const name of all.names) {
          const output = `gradient of ${name}`;
          const { [output]: alone } = await run(executor, programOf(one, name));
          const tolerance = executor === oracle ? 1e-12 : (tolerances[op] ?? otherwise);
          expectClose(`${op} ${one.name}, ${output}`, alone as Values, together[output] as Values, tolerance);
        }
      }
    }
  }
});

const addon = loadAddon();
const { kernels, gemm } = addon.info();
const providers = gemm.blas ? ["own", "blas"] : ["own"];
const native = kernels.available.flatMap((tier) =>
  providers.map((provider): Opponent => {
    return {
      ...{ name: `${tier} kernels, ${provider} products`, executor: nativeExecutor() },
      choose() {
        addon.setKernels(tier);
        addon.setGemm(provider);
      },
    };
  }),
);

for (const [op, list] of Object.entries(everything)) {
  test(`${op}: native agrees with the reference, whichever kernels run, and whatever ran before`, async () => {
    try {
      await expectAgreement(op, list, native);
    } finally {
      addon.setKernels("auto");
      addon.setGemm("auto");
    }
  });
}

test.skipIf(wasmMissing)(`WebAssembly agrees with the reference on every op (${wasmMissing ?? "here"})`, async () => {
  const opponents = wasmExecutors.map((executor) => ({ name: executor.name, executor, choose() {} }));
  for (const [op, list] of Object.entries(everything)) await expectAgreement(op, list, opponents);
});

interface Opponent {
  readonly name: string;
  readonly executor: Executor;
  /** Chooses what it computes with. */
  choose(): void;
}

async function expectAgreement(op: string, list: readonly Recorded[], opponents: readonly Opponent[]): Promise<void> {
  for (const one of list) {
    const built = programOf(one);
    const expected = await run(oracle, built, otherFeeds(built));
    for (const { name: opponent, executor, choose } of opponents) {
      choose();
      const actual = await run(executor, built, otherFeeds(built));
      for (const [name, wanted] of Object.entries(expected)) {
        const tolerance = tolerances[op] ?? otherwise;
        expectClose(`${op} ${one.name}, ${opponent}: ${name}`, actual[name] as Values, wanted, tolerance);
      }
    }
  }
}

/** Feeds for a run whose results nobody reads; null where a run changes variables. */
function otherFeeds({ program, feeds }: ReturnType<typeof programOf>): typeof feeds | null {
  if (program.variables.length > 0) return null;
  const others = Object.entries(feeds).map(([name, fed]): [string, typeof fed] => {
    if (fed instanceof Float64Array) return [name, new Float64Array(fed.length).fill(1)];
    const lengths = name === "lengths" && fed instanceof Int32Array;
    return [name, lengths ? Int32Array.of(...fed.subarray(1), ...fed.subarray(0, 1)) : fed];
  });
  return Object.fromEntries(others);
}

/**
 * Compares relative to the largest value, and reports the worst element. Inputs are of size 1, so a result far smaller than
 * that is a difference of larger numbers, whose rounding it keeps.
 */
function expectClose(name: string, actual: Values, expected: Values, tolerance: number): void {
  let scale = 0.1;
  for (const value of expected) scale = Math.max(scale, Math.abs(value));
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(error <= Math.abs((actual[worst] as number) - (expected[worst] as number)))) worst = i;
  }
  const [a, e] = [actual[worst] as number, expected[worst] as number];
  // The loss sums thousands of signed terms: its own size says little about the rounding in it.
  const bound = tolerance * scale * (name.endsWith("loss") ? 50 : 1);
  if (!(Math.abs(a - e) <= bound))
    expect.fail(`${name}: element ${worst} is ${a}, the reference says ${e} (bound ${bound})`);
}
