import { expect, test } from "vitest";
import type { Executor } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Program } from "../../lib/graph/program.js";
import { tableRows } from "../../lib/graph/rewrites/index.js";
import { adam, sgd } from "../../lib/train/optimizers.js";
import { numbers } from "../graph/case.js";

const [V, E] = [9, 5];
const ids = Int32Array.of(4, 0, 4, 7, 4, 0);
const executors = { native: nativeExecutor(), reference: new ReferenceExecutor() };

/** One update of a table: by its rows, or, where `dense`, as a whole. The norm is that of the gradient. */
function program({ dense, tied = false }: { dense: boolean; tied?: boolean }): Program {
  const graph = new Graph();
  const weight = graph.variable({ name: "weight", dtype: "f32", shape: [V, E] });
  const looked = ops.embedding(weight, graph.feed("ids", "i32", [3, 2]));
  const both = tied ? ops.linear(ops.reshape(looked, [6, E]), weight) : looked;
  const [gradient] = differentiate(ops.sum(ops.square(both)), [weight]);
  const table = dense ? null : tableRows(gradient as NonNullable<typeof gradient>);
  if (!dense) expect(table === null).toBe(tied);
  const used = table?.rows ?? (gradient as NonNullable<typeof gradient>);
  const { norm } = ops.globalNorm([used]);
  ops.sgd({
    weight,
    gradient: used,
    ids: table?.ids ?? null,
    scale: graph.scalar("scale"),
    learningRate: graph.scalar("learningRate"),
    momentum: 0,
    nesterov: false,
    weightDecay: 0,
  });
  graph.output("norm", norm);
  return graph.program();
}

async function updated(executor: Executor, recorded: Program, scale = 0.5) {
  const store = executor.createStore();
  const executable = executor.compile(recorded, store);
  await store.write("weight", executor.floats.from(numbers(V * E, 3)));
  const { outputs } = await executable.run({ ids, scale, learningRate: 0.1 });
  return { weight: await store.read("weight"), norm: outputs.norm?.[0] as number };
}

for (const [name, executor] of Object.entries(executors)) {
  test(`${name}: a table updated by its rows gets the same weights, to the bit`, async () => {
    const [byRows, whole] = [
      await updated(executor, program({ dense: false })),
      await updated(executor, program({ dense: true })),
    ];
    expect(byRows.weight).toEqual(whole.weight);
    expect(byRows.norm).toBeCloseTo(whole.norm, 5);
    const before = executor.floats.from(numbers(V * E, 3));
    const moved = Array.from({ length: V }, (_, row) => row).filter((row) =>
      byRows.weight.slice(row * E, (row + 1) * E).some((value, e) => value !== before[row * E + e]),
    );
    expect(moved).toEqual([0, 4, 7]);
  });

  test(`${name}: a scale of NaN changes nothing`, async () => {
    const { weight } = await updated(executor, program({ dense: false }), Number.NaN);
    expect(weight).toEqual(executor.floats.from(numbers(V * E, 3)));
  });

  test(`${name}: a tied table has its whole gradient`, async () => {
    const [byRows, whole] = [
      await updated(executor, program({ dense: false, tied: true })),
      await updated(executor, program({ dense: true, tied: true })),
    ];
    expect(byRows.weight).toEqual(whole.weight);
  });
}

test("the whole gradient is not in a program that needs its rows alone", () => {
  const names = program({ dense: false }).ops.map(({ name }) => name);
  expect(names).toContain("sumRows");
  expect(names).not.toContain("embeddingGradient");
});

test("a table smaller than the batch has its whole gradient", () => {
  const graph = new Graph();
  const weight = graph.variable({ name: "weight", dtype: "f32", shape: [6, E] });
  const looked = ops.embedding(weight, graph.feed("ids", "i32", [3, 2]));
  const [gradient] = differentiate(ops.sum(looked), [weight]);
  expect(tableRows(gradient as NonNullable<typeof gradient>)).toBeNull();
});

test("only plain SGD leaves alone what has no gradient", () => {
  expect(sgd().rowwise).toBe(true);
  for (const rule of [sgd({ momentum: 0.9 }), sgd({ weightDecay: 0.1 }), adam()]) expect(rule.rowwise).toBe(false);
});
