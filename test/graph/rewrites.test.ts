import { expect, test } from "vitest";
import type { Values } from "../../lib/executor/executor.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import type { RewriteName } from "../../lib/graph/index.js";
import { differentiate, Graph, ops } from "../../lib/graph/index.js";
import { elementsOf } from "../../lib/graph/program.js";
import { tableRows } from "../../lib/graph/rewrites/index.js";
import { rewriteNames } from "../../lib/graph/rewrites/names.js";
import { GRU } from "../../lib/nn/index.js";
import { numbers } from "./case.js";

const [T, B, E, H] = [5, 4, 3, 6];
const options = { weightDecay: 0, momentum: 0, nesterov: false };

/** A program in which each rule finds something: two tables, one small, one large; a loop that meets what is steady. */
function recorded(rewrites: readonly RewriteName[]) {
  const graph = new Graph({ rewrites });
  const variable = (name: string, ...shape: number[]) => graph.variable({ name, dtype: "f32", shape });
  const ids = graph.feed("ids", "i32", [T, B]);
  const [small, large] = [variable("small", 5, E), variable("large", 50, E)];
  const { y } = new GRU("rnn", { inputSize: E, hiddenSize: H }).apply(ops.embedding(small, ids));
  const [read, weight] = [variable("read", H, E), variable("weight", H, H)];
  const { states } = ops.scan(
    { inputs: { y, x: ops.embedding(large, ids) }, state: { h: graph.zeros([B, H]) } },
    ({ y, x }, { h }) => {
      // Ops that do not meet the step: the same in each.
      const steady = ops.tanh(weight);
      const sum = ops.add(ops.linear(h, steady), ops.linear(x, read));
      return { state: { h: ops.tanh(ops.add(sum, y)) } };
    },
  );
  const loss = ops.sum(ops.square(states.h));
  const gradients = differentiate(loss, [small, large, read, weight]);
  graph.output("loss", loss);
  for (const i of [0, 2, 3]) graph.output(`gradient ${i}`, gradients[i] as typeof loss);
  const rows = tableRows(gradients[1] as typeof loss);
  const [scale, learningRate] = [graph.scalar("scale"), graph.scalar("learningRate")];
  ops.sgd({
    ...{ weight: large, gradient: rows?.rows ?? (gradients[1] as typeof loss), ids: rows?.ids ?? null },
    ...{ scale, learningRate, ...options },
  });
  return graph.program();
}

async function computed(rewrites: readonly RewriteName[]) {
  const program = recorded(rewrites);
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = executor.createStore();
  const executable = executor.compile(program, store);
  for (const [i, { name, shape }] of program.variables.entries()) {
    if (!name.startsWith("zeros")) await store.write(name, numbers(elementsOf(shape), i));
  }
  const ids = Int32Array.from({ length: T * B }, (_, n) => (n * 7) % 5);
  const { outputs } = await executable.run({ ids, scale: 1, learningRate: 0.1 });
  const values: Record<string, Values> = { ...outputs, large: await store.read("large") };
  return { program, values };
}

for (const rule of rewriteNames) {
  test(`${rule}: a program computes the same with it and without it, by other ops`, async () => {
    const [all, without] = [await computed(rewriteNames), await computed(rewriteNames.filter((own) => own !== rule))];
    for (const [name, values] of Object.entries(without.values)) {
      values.forEach((value, i) => {
        expect(all.values[name]?.[i], name).toBeCloseTo(value, 10);
      });
    }
    expect(all.program).not.toEqual(without.program);
  });
}

test("hoist: what a step does not meet is computed before the loop", () => {
  const inLoops = (rewrites: readonly RewriteName[]) =>
    recorded(rewrites).loops.map(({ begin, end }) => end - begin)[0] as number;
  expect(inLoops(rewriteNames)).toBe(inLoops(["smallTable", "sumOverSteps", "tableRows"]) - 1);
});
