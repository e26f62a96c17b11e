import { describe, test } from "vitest";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { FrameTaggerNetwork } from "../../lib/models/frameTagger/network.js";
import { expectClose, subjects, valuesFor } from "./executors.js";
import type { FigureTensor, FigureTensors } from "./figure.js";
import { readFigures } from "./figure.js";

interface FrameFigure {
  name: string;
  bidirectional: boolean;
  several: boolean;
  lengths: number[];
  inputs: FigureTensors;
  outputs: FigureTensors;
  gradients: FigureTensors;
}

const { cases } = readFigures<{ cases: FrameFigure[] }>("frames");

describe.each(subjects)("on $name, a tagger of frames has PyTorch's losses and gradients:", (subject) => {
  test.each(cases)("$name", async ({ bidirectional, several, lengths, inputs, outputs, gradients }) => {
    const executor = subject.executor();
    const { frames, targets, ...weights } = inputs as FigureTensors & { frames: FigureTensor; targets: FigureTensor };
    const [T, B, I] = frames.shape as [number, number, number];
    const C = outputs.probabilities?.shape[2] as number;
    const network = new FrameTaggerNetwork({ inputSize: I, classes: C, hiddenSize: 5, bidirectional });
    const graph = new Graph();
    const own = graph.feed("lengths", "i32", [B]);
    const features = network.features(graph.feed("frames", "f32", [T, B, I]), own);
    const { losses } = several ? network.jointLosses(graph, features) : network.losses(graph, features);
    graph.output("losses", losses);
    graph.output("probabilities", ops.mask(network.probabilities(features, several), own));
    const parameters = network.parameters.map((parameter) => parameter.in(graph));
    for (const [i, slope] of differentiate(ops.sum(losses), parameters).entries()) graph.output(`${i}`, slope);
    const store = executor.createStore();
    for (const { name, shape } of network.parameters) {
      store.declare({ name, dtype: "f32", shape });
      await store.write(name, valuesFor(executor, weights[name] as FigureTensor));
    }
    // Padding has no label.
    const within = (k: number) => Math.floor(k / B) < (lengths[k % B] as number);
    const labels = several
      ? valuesFor(executor, targets)
      : Int32Array.from(targets.data, (label, k) => (within(k) ? label : -1));
    const found = await executor.compile(graph.program(), store).run({
      frames: valuesFor(executor, frames),
      lengths: Int32Array.from(lengths),
      targets: labels,
      ...(several
        ? {
            counted: valuesFor(executor, {
              shape: [T, B, 1],
              data: Array.from({ length: T * B }, (_, k) => Number(within(k))),
            }),
          }
        : {}),
    });
    for (const [name, tensor] of Object.entries(outputs))
      expectClose(name, found.outputs[name], tensor, subject.tolerance);
    for (const [i, { name }] of network.parameters.entries()) {
      expectClose(name, found.outputs[i], gradients[name] as FigureTensor, 4 * subject.tolerance);
    }
  });
});
