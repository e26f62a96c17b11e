import { expect, test } from "vitest";
import type { Executor, Values } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { ops } from "../../lib/graph/index.js";
import { elementsOf } from "../../lib/graph/program.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import type { Recorded } from "./case.js";
import { Inputs, numbers } from "./case.js";
import { cases } from "./cases.js";

const executors: Executor[] = [new ReferenceExecutor({ precision: "float64" }), nativeExecutor()];

/** Gradients of a weighted sum of a case's results; with `alone`, of that one result, the others unread or multiplied by 0. */
async function gradientsOf(
  executor: Executor,
  { record }: Recorded,
  { alone, unread }: { alone: number; unread: boolean },
): Promise<Record<string, Values>> {
  const inputs = new Inputs();
  const { graph, feeds, differentiable } = inputs;
  let loss: Tensor = graph.zeros([]);
  for (const [i, result] of record(inputs).entries()) {
    if (unread && i !== alone) continue;
    const weights = graph.feed(`weights ${i}`, "f32", result.shape);
    feeds[`weights ${i}`] = numbers(elementsOf(result.shape), 100).map((value) =>
      i === alone ? Math.fround(value) : 0,
    );
    loss = ops.add(loss, ops.sum(ops.multiply(result, weights)));
  }
  for (const [i, gradient] of differentiate(loss, differentiable).entries()) {
    graph.output(differentiable[i]?.name as string, gradient);
  }
  const fed = Object.entries(feeds).map(([name, value]) => [
    name,
    value instanceof Float64Array ? executor.floats.from(value) : value,
  ]);
  return (await executor.compile(graph.program(), executor.createStore()).run(Object.fromEntries(fed))).outputs;
}

/** Cases whose results are several that have a gradient, the smallest of each op. */
const several = Object.entries(cases).flatMap(([op, list]) => {
  const own = list.filter(({ gradient, forwardOnly }) => gradient !== false && !forwardOnly);
  return own.slice(0, 4).flatMap((one): [string, Recorded, number][] => {
    const results = one.record(new Inputs());
    return results.length > 1 ? [[`${op} ${one.name}`, one, results.length]] : [];
  });
});

test.each(several)(
  "the gradient of one result of %s is the same whether the others are used or not",
  async (_, one, count) => {
    for (const executor of executors) {
      for (let alone = 0; alone < count; alone++) {
        const used = await gradientsOf(executor, one, { alone, unread: false });
        const unused = await gradientsOf(executor, one, { alone, unread: true });
        for (const [name, values] of Object.entries(used)) {
          const largest = Math.max(...Array.from(values, Math.abs));
          for (const [i, value] of values.entries()) {
            expect(
              Math.abs((unused[name]?.[i] as number) - value),
              `${executor.name} ${name}[${i}] of result ${alone}`,
            ).toBeLessThanOrEqual(2e-6 * largest);
          }
        }
      }
    }
  },
);
