import { describe, test } from "vitest";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { expectClose, subjects, valuesFor } from "./executors.js";
import type { FigureTensor, FigureTensors } from "./figure.js";
import { readFigures } from "./figure.js";

interface LayerFigure {
  name: string;
  op: keyof typeof record;
  inputs: FigureTensors;
  upstream: FigureTensors;
  outputs: FigureTensors;
  gradients: FigureTensors;
}

type Operands = Record<string, Tensor>;

/** How each case is recorded: operands by name to the one result that the loss reads. */
const record = {
  embedding: ({ weight, ids }: Operands) => ops.embedding(weight as Tensor, ids as Tensor),
  linear: ({ x, weight, bias }: Operands) => ops.linear(x as Tensor, weight as Tensor, bias),
  layerNorm: ({ x, gain, bias }: Operands) =>
    ops.layerNorm({ x, gain, bias } as { x: Tensor; gain: Tensor; bias: Tensor }),
  softmax: ({ x }: Operands) => ops.softmax(x as Tensor),
  logSoftmax: ({ x }: Operands) => ops.logSoftmax(x as Tensor),
  linearCrossEntropy: ({ x, weight, bias, targets }: Operands) =>
    ops.linearCrossEntropy({ x: x as Tensor, weight: weight as Tensor, bias: bias ?? null, targets: targets as Tensor })
      .losses,
};

const integers = new Set(["ids", "targets"]);
const { cases } = readFigures<{ cases: LayerFigure[] }>("layers");

describe.each(subjects)("on $name, results and gradients are PyTorch's:", ({ executor: make, tolerance }) => {
  test.each(cases)("$name", async (figure) => {
    const executor = make();
    const graph = new Graph();
    const operands = Object.fromEntries(
      Object.entries(figure.inputs).map(([name, { shape }]) => [
        name,
        graph.feed(name, integers.has(name) ? "i32" : "f32", shape),
      ]),
    );
    const [[outputName, upstream]] = Object.entries(figure.upstream) as [[string, FigureTensor]];
    const output = record[figure.op](operands);
    const loss = ops.sum(ops.multiply(output, graph.feed("upstream", "f32", upstream.shape)));
    const sources = Object.keys(figure.gradients);
    const gradients = differentiate(
      loss,
      sources.map((name) => operands[name] as Tensor),
    );
    graph.output(outputName, output);
    for (const [i, name] of sources.entries()) graph.output(`gradient.${name}`, gradients[i] as Tensor);

    const feeds = Object.entries(figure.inputs).map(([name, tensor]) => [
      name,
      valuesFor(executor, tensor, integers.has(name) ? "i32" : "f32"),
    ]);
    const { outputs } = await executor
      .compile(graph.program(), executor.createStore())
      .run({ ...Object.fromEntries(feeds), upstream: valuesFor(executor, upstream) });

    for (const [name, tensor] of Object.entries(figure.outputs)) expectClose(name, outputs[name], tensor, tolerance);
    for (const [name, tensor] of Object.entries(figure.gradients)) {
      expectClose(`gradient.${name}`, outputs[`gradient.${name}`], tensor, tolerance);
    }
  });
});
