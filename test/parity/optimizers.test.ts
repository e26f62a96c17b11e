import { describe, test } from "vitest";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { constant } from "../../lib/nn/initializers.js";
import { Parameter } from "../../lib/nn/parameter.js";
import { optimizer } from "../../lib/train/optimizers.js";
import { expectClose, subjects, valuesFor } from "./executors.js";
import type { FigureTensor, FigureTensors } from "./figure.js";
import { readFigures } from "./figure.js";

interface OptimizerFigure {
  name: string;
  rule: string;
  options: Record<string, number | boolean>;
  learningRates: number[];
  /** weight, and gradient1 to gradient5. */
  inputs: FigureTensors;
  /** weight1 to weight5: after each step. */
  outputs: FigureTensors;
}

interface ClippingFigure {
  name: string;
  maxNorm: number;
  inputs: FigureTensors;
  outputs: FigureTensors;
}

const optimizers = readFigures<{ cases: OptimizerFigure[] }>("optimizers").cases;
const clippings = readFigures<{ cases: ClippingFigure[] }>("clipping").cases;

describe.each(subjects)("on $name, five updates leave PyTorch's weights:", ({ executor: make, tolerance }) => {
  test.each(optimizers)("$name", async ({ rule, options, learningRates, inputs, outputs }) => {
    const executor = make();
    const store = executor.createStore();
    const { shape } = inputs.weight as FigureTensor;
    const parameter = new Parameter("weight", shape, constant(0));
    const graph = new Graph();
    optimizer(rule, options).record({
      parameter,
      gradient: graph.feed("gradient", "f32", shape),
      scale: graph.scalar("scale"),
      learningRate: graph.scalar("learningRate"),
      step: graph.scalar("step"),
    });
    const program = graph.program();
    const executable = executor.compile(program, store);
    await store.write("weight", valuesFor(executor, inputs.weight as FigureTensor));

    for (const [i, learningRate] of learningRates.entries()) {
      const step = i + 1;
      await executable.run({
        gradient: valuesFor(executor, inputs[`gradient${step}`] as FigureTensor),
        scale: 1,
        learningRate,
        // Only rules that correct for their start ask for the number of the step.
        ...(program.feeds.some(({ name }) => name === "step") ? { step } : {}),
      });
      const name = `weight${step}`;
      expectClose(name, await store.read("weight"), outputs[name] as FigureTensor, tolerance);
    }
  });
});

describe.each(subjects)(
  "on $name, clipping by global norm is PyTorch's clip_grad_norm_:",
  ({ executor: make, tolerance }) => {
    test.each(clippings)("$name", async ({ maxNorm, inputs, outputs: expected }) => {
      const executor = make();
      const graph = new Graph();
      const gradients = Object.entries(inputs).map(([name, { shape }]) => graph.feed(name, "f32", shape));
      const { norm, norms } = ops.globalNorm(gradients);
      const scale = ops.clipScale(norm, graph.scalar("maxNorm"));
      graph.output("norm", norm);
      graph.output("norms", norms);
      for (const [i, gradient] of gradients.entries()) graph.output(`clipped${i}`, ops.multiply(gradient, scale));

      const feeds = Object.entries(inputs).map(([name, tensor]) => [name, valuesFor(executor, tensor)]);
      const { outputs } = await executor
        .compile(graph.program(), executor.createStore())
        .run({ ...Object.fromEntries(feeds), maxNorm });
      for (const [name, tensor] of Object.entries(expected)) expectClose(name, outputs[name], tensor, tolerance);
    });
  },
);
