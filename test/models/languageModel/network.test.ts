import { expect, test } from "vitest";
import { Graph } from "../../../lib/graph/graph.js";
import { LanguageModelNetwork } from "../../../lib/models/languageModel/network.js";
import { stateVariables } from "../../../lib/models/textModel/tokenNetwork.js";

const sizes = { vocabularySize: 11, hiddenSize: 4, embeddingSize: 4, layers: 2 };
const variants = {
  plain: {},
  "tied, with a projection to the size of the table": { tied: true, embeddingSize: 3 },
  "tied without one": { tied: true },
  "normalised, gru": { layerNorm: true, cell: "gru" },
};

test.each(Object.entries(variants))("%s: the variables of its program are its parameters, each once", (_, config) => {
  const network = new LanguageModelNetwork({ ...sizes, ...config });
  const graph = new Graph();
  const state = stateVariables(graph, network.stateEntries, { role: "generate", B: 2 });
  graph.output("logits", network.nextLogits(graph.feed("ids", "i32", [1, 2]), state).logits);
  const recorded = graph.program().variables.filter(({ name }) => !name.startsWith("state/"));
  const named = ({ name, shape }: { name: string; shape: readonly number[] }) => `${name} ${shape}`;
  expect(network.parameters.map(named).sort()).toEqual(recorded.map(named).sort());
});

test("a tied output layer reads the embedding's table, and a projection brings the features to its size", () => {
  const matrices = (config: object) =>
    new LanguageModelNetwork({ ...sizes, ...config }).parameters
      .filter(({ name }) => /^(embedding|projection|output)\.weight$/.test(name))
      .map(({ name, shape }) => `${name} ${shape}`);
  expect(matrices({})).toEqual(["embedding.weight 11,4", "output.weight 11,4"]);
  expect(matrices({ tied: true })).toEqual(["embedding.weight 11,4"]);
  expect(matrices({ tied: true, embeddingSize: 3 })).toEqual(["embedding.weight 11,3", "projection.weight 3,4"]);
});
