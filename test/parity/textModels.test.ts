import { describe, test } from "vitest";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { CharacterAwareLanguageModelNetwork } from "../../lib/models/characterAwareLanguageModel/network.js";
import { FeedForwardLanguageModelNetwork } from "../../lib/models/feedForwardLanguageModel/network.js";
import type { TokenNetwork } from "../../lib/models/textModel/tokenNetwork.js";
import { expectClose, subjects, valuesFor } from "./executors.js";
import type { FigureTensor, FigureTensors } from "./figure.js";
import { readFigures } from "./figure.js";

interface TextModelFigure {
  name: string;
  options: { spellings?: number[][] } & Record<string, unknown>;
  inputs: FigureTensors;
  losses: FigureTensor;
  gradients: FigureTensors;
}

const { vocabularySize, cases } = readFigures<{ vocabularySize: number; cases: TextModelFigure[] }>("textModels");

function networkOf({ options: { spellings, ...options } }: TextModelFigure): TokenNetwork {
  if (!spellings) return new FeedForwardLanguageModelNetwork({ vocabularySize, ...options } as never);
  const network = new CharacterAwareLanguageModelNetwork({ vocabularySize, ...options } as never);
  const longest = Math.max(...spellings.map(({ length }) => length));
  const characters = new Int32Array(vocabularySize * longest);
  for (const [id, spelling] of spellings.entries()) characters.set(spelling, id * longest);
  const lengths = Int32Array.from(spellings, ({ length }) => length);
  network.spell({ kind: "characters", size: options.characterCount as number, longest, characters, lengths });
  return network;
}

describe.each(subjects)("on $name, losses and gradients are PyTorch's:", (subject) => {
  test.each(cases)("$name", async (figure) => {
    const executor = subject.executor();
    const {
      inputs: ids,
      targets,
      ...weights
    } = figure.inputs as FigureTensors & Record<"inputs" | "targets", FigureTensor>;
    const network = networkOf(figure);
    const graph = new Graph();
    const { losses } = network.losses({
      inputs: graph.feed("inputs", "i32", ids.shape),
      targets: graph.feed("targets", "i32", targets.shape),
    });
    graph.output("losses", losses);
    const parameters = network.parameters.map((parameter) => parameter.in(graph));
    for (const [i, slope] of differentiate(ops.sum(losses), parameters).entries()) graph.output(`${i}`, slope);
    const store = executor.createStore();
    for (const { name, shape } of network.parameters) {
      store.declare({ name, dtype: "f32", shape });
      await store.write(name, valuesFor(executor, weights[name] as FigureTensor));
    }
    const feeds = { inputs: valuesFor(executor, ids, "i32"), targets: valuesFor(executor, targets, "i32") };
    const { outputs } = await executor.compile(graph.program(), store).run(feeds);
    expectClose("losses", outputs.losses, figure.losses, subject.tolerance);
    for (const [i, { name }] of network.parameters.entries()) {
      expectClose(name, outputs[i], figure.gradients[name] as FigureTensor, 4 * subject.tolerance);
    }
  });
});
