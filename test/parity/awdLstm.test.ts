import { describe, expect, test } from "vitest";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { LanguageModelNetwork } from "../../lib/models/languageModel/network.js";
import { constant } from "../../lib/nn/initializers.js";
import { Parameter } from "../../lib/nn/parameter.js";
import { asgd, averageShare } from "../../lib/train/optimizers.js";
import { expectClose, subjects, valuesFor } from "./executors.js";
import type { FigureTensor, FigureTensors } from "./figure.js";
import { readFigures } from "./figure.js";

interface ModelFigure {
  name: string;
  options: Record<string, number>;
  inputs: FigureTensors & Record<"inputs" | "targets", FigureTensor>;
  losses: FigureTensor;
  penalty: number;
  gradients: FigureTensors;
}

interface UpdateFigure {
  name: string;
  weightDecay: number;
  inputs: FigureTensors;
  outputs: FigureTensors;
}

const { vocabularySize, models, updates } = readFigures<{
  vocabularySize: number;
  models: ModelFigure[];
  updates: UpdateFigure[];
}>("awdLstm");

describe.each(subjects)("on $name, layers of two sizes and penalties on activations are PyTorch's:", (subject) => {
  test.each(models)("$name", async ({ options, inputs, ...figure }) => {
    const executor = subject.executor();
    const network = new LanguageModelNetwork({ vocabularySize, tied: true, ...options });
    const graph = new Graph({ training: true });
    const { inputs: ids, targets, ...weights } = inputs;
    const { losses, count, penalty } = network.losses({
      inputs: graph.feed("inputs", "i32", ids.shape),
      targets: graph.feed("targets", "i32", targets.shape),
    });
    expect(penalty === undefined).toBe(figure.penalty === 0);
    graph.output("losses", losses);
    if (penalty) graph.output("penalty", penalty);
    const mean = ops.divide(ops.sum(losses), count);
    const parameters = network.parameters.map((parameter) => parameter.in(graph));
    const slopes = differentiate(penalty ? ops.add(mean, penalty) : mean, parameters);
    for (const [i, slope] of slopes.entries()) graph.output(`${i}`, slope as Tensor);
    const store = executor.createStore();
    expect(network.parameters.map(({ name }) => name).sort()).toEqual(Object.keys(weights).sort());
    for (const { name, shape } of network.parameters) {
      store.declare({ name, dtype: "f32", shape });
      await store.write(name, valuesFor(executor, weights[name] as FigureTensor));
    }
    const feeds = { inputs: valuesFor(executor, ids, "i32"), targets: valuesFor(executor, targets, "i32") };
    const { outputs } = await executor.compile(graph.program(), store).run(feeds);
    expectClose("losses", outputs.losses, figure.losses, subject.tolerance);
    if (penalty) expectClose("penalty", outputs.penalty, { shape: [], data: [figure.penalty] }, subject.tolerance);
    for (const [i, { name }] of network.parameters.entries()) {
      expectClose(name, outputs[i], figure.gradients[name] as FigureTensor, 4 * subject.tolerance);
    }
  });
});

describe.each(subjects)("on $name, averaged updates are those of PyTorch's ASGD:", ({ executor: make, tolerance }) => {
  test.each(updates)("$name", async ({ weightDecay, inputs, outputs }) => {
    const executor = make();
    const store = executor.createStore();
    const { shape } = inputs.weight as FigureTensor;
    const parameter = new Parameter("weight", shape, constant(0));
    const graph = new Graph();
    asgd({ weightDecay }).record({
      parameter,
      gradient: graph.feed("gradient", "f32", shape),
      scale: graph.scalar("scale"),
      learningRate: graph.scalar("learningRate"),
      step: graph.scalar("step"),
    });
    const executable = executor.compile(graph.program(), store);
    await store.write("weight", valuesFor(executor, inputs.weight as FigureTensor));
    for (let step = 1; step <= 5; step++) {
      await executable.run({
        gradient: valuesFor(executor, inputs[`gradient${step}`] as FigureTensor),
        scale: 1,
        learningRate: 0.125,
        step,
        // PyTorch's mean leaves out the weights after the first update.
        [averageShare]: 1 / Math.max(1, step - 1),
      });
      for (const [name, variable] of [
        [`weight${step}`, "weight"],
        [`average${step}`, "asgd.average/weight"],
      ] as const) {
        expectClose(name, await store.read(variable), outputs[name] as FigureTensor, tolerance);
      }
    }
  });
});
