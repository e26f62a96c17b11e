import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Program } from "../../lib/graph/program.js";
import type { Parameter } from "../../lib/nn/index.js";
import { Embedding, GRU, LSTM, RNN } from "../../lib/nn/index.js";
import { numbers } from "../graph/case.js";

const [T, B, E] = [5, 4, 3];
const ids = (V: number) => Int32Array.from({ length: T * B }, (_, n) => (n * 7) % V);

/** Outputs and gradients of a stack that reads an embedding; `hidden`: the stack cannot see that it is one. */
function recorded(
  Cell: typeof LSTM | typeof GRU | typeof RNN,
  options: { V: number; hidden?: boolean; connections?: "dense" },
): { program: Program; parameters: Parameter[] } {
  const embedding = new Embedding("embedding", { vocabularySize: options.V, embeddingSize: E });
  const stack = new Cell("rnn", {
    inputSize: E,
    hiddenSize: 5,
    layers: 2,
    bidirectional: true,
    connections: options.connections ?? "plain",
  });
  const parameters = [...embedding.parameters, ...stack.parameters];
  const graph = new Graph();
  const x = embedding.apply(graph.feed("ids", "i32", [T, B]));
  const { y } = stack.apply(options.hidden ? ops.affine(x, {}) : x);
  const variables = parameters.map((parameter) => parameter.in(graph));
  const gradients = differentiate(ops.sum(ops.square(y)), variables);
  graph.output("y", y);
  gradients.forEach((gradient, i) => {
    graph.output(`d${parameters[i]?.name}`, gradient);
  });
  return { program: graph.program(), parameters };
}

async function outputsOf({ program, parameters }: ReturnType<typeof recorded>, V: number) {
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = executor.createStore();
  const executable = executor.compile(program, store);
  for (const [i, { name, shape }] of parameters.entries()) {
    await store.write(
      name,
      numbers(
        shape.reduce((a, b) => a * b, 1),
        i,
      ),
    );
  }
  return (await executable.run({ ids: ids(V) })).outputs;
}

for (const Cell of [RNN, GRU, LSTM]) {
  for (const connections of [undefined, "dense"] as const) {
    test(`${Cell.name}${connections ? `, ${connections}` : ""}: a small table's products are looked up, with the same results and gradients`, async () => {
      const options = { V: 5, ...(connections ? { connections } : {}) };
      const [looked, multiplied] = [recorded(Cell, options), recorded(Cell, { ...options, hidden: true })];
      const names = looked.program.ops.map(({ name }) => name);
      // Whoever else reads the embedding still gets it.
      expect(names.includes("embedding")).toBe(connections === "dense");
      expect(names.filter((name) => name === "linear").length).toBe(2);
      const [got, want] = [await outputsOf(looked, 5), await outputsOf(multiplied, 5)];
      for (const [name, values] of Object.entries(want)) {
        values.forEach((value, i) => {
          expect(got[name]?.[i], name).toBeCloseTo(value, 10);
        });
      }
    });
  }
}

test("the products of a table with more rows than a quarter of the tokens are not made", () => {
  const { program } = recorded(LSTM, { V: 6 });
  expect(program.ops.some(({ name }) => name === "linear")).toBe(false);
});
