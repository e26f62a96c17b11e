import * as ostinato from "../../lib/index.js";
import type { Entry } from "./row.js";
import { entry, made, of } from "./row.js";
import * as things from "./things.js";

const { Graph, ops } = ostinato;
const { executor, parameter, tensors } = things;

const layer = { inputSize: 3, hiddenSize: 4 };
const leaky = {
  name: "leaky",
  title: "leaky integrator",
  gates: ["n"],
  options: {},
  states: ({ H }: { H: number }) => ({ h: H }),
  weights: (sizes: ostinato.CellSizes) => ostinato.cellWeights.gated(1, sizes),
  step: ({ state: { h } }: { state: { h: ostinato.Tensor } }) => ({ h }),
};
const leakyCell = ostinato.defineCell(leaky);
const sequence = () => [tensors().f("in", 5, 2, 3), {}];

export const layerRows: Record<string, Entry> = {
  Graph: entry(made(Graph), () => [{ training: true }]),
  "Graph.feed": entry(
    of(() => new Graph(), "feed"),
    () => ["x", "f32", [2]],
  ),
  "Graph.scalar": entry(
    of(() => new Graph(), "scalar"),
    () => ["x", 1],
  ),
  "Graph.random": entry(
    of(() => new Graph(), "random"),
    () => [],
  ),
  "Graph.nextStream": entry(
    of(() => new Graph(), "nextStream"),
    () => [],
  ),
  "Graph.variable": entry(
    of(() => new Graph(), "variable"),
    () => [{ name: "x", dtype: "f32", shape: [2] }],
  ),
  "Graph.zeros": entry(
    of(() => new Graph(), "zeros"),
    () => [[2]],
  ),
  "Graph.output": entry(
    (async (...args: [string, ostinato.Tensor]) => {
      const graph = args[1] instanceof ostinato.Tensor ? args[1].graph : new Graph();
      graph.output(...args);
    }) as Entry["call"],
    () => ["x", tensors().x],
  ),
  "Graph.within": entry(
    of(() => new Graph(), "within"),
    () => ["path", () => 1],
  ),
  "Graph.program": entry(
    of(() => new Graph(), "program"),
    () => [],
  ),
  differentiate: entry(ostinato.differentiate as never, () => {
    const { x } = tensors();
    return [ops.sum(x), [x]];
  }),

  Attention: entry(made(ostinato.Attention), () => ["a", { querySize: 4, memorySize: 4, scorer: "general" }]),
  "Attention.memory": entry(
    of(() => new ostinato.Attention("a", { querySize: 4, memorySize: 4 }), "memory"),
    () => [tensors().f("m", 3, 2, 4), null],
  ),
  "Attention.apply": entry(
    of(() => new ostinato.Attention("a", { querySize: 4, memorySize: 4 }), "apply"),
    () => {
      const { f } = tensors();
      return [f("q", 1, 2, 4), new ostinato.Attention("a", { querySize: 4, memorySize: 4 }).memory(f("m", 3, 2, 4))];
    },
  ),
  Dropout: entry(made(ostinato.Dropout), () => ["d", { rate: 0.5, variational: true }]),
  "Dropout.apply": entry(
    of(() => new ostinato.Dropout("d", { rate: 0.5 }), "apply"),
    () => [tensors().x],
  ),
  Embedding: entry(made(ostinato.Embedding), () => ["e", { vocabularySize: 3, embeddingSize: 4 }]),
  "Embedding.apply": entry(
    of(() => new ostinato.Embedding("e", { vocabularySize: 3, embeddingSize: 4 }), "apply"),
    () => [tensors().ids],
  ),
  Highway: entry(made(ostinato.Highway), () => ["h", { size: 4, gateBias: -1 }]),
  "Highway.apply": entry(
    of(() => new ostinato.Highway("h", { size: 4 }), "apply"),
    () => [tensors().f("in", 3, 4)],
  ),
  LayerNorm: entry(made(ostinato.LayerNorm), () => ["n", { size: 4, epsilon: 1e-5 }]),
  "LayerNorm.apply": entry(
    of(() => new ostinato.LayerNorm("n", { size: 4 }), "apply"),
    () => [tensors().x],
  ),
  Convolution: entry(made(ostinato.Convolution), () => [
    "c",
    { inputSize: 2, outputSize: 3, size: 2, stride: 1, padding: 0 },
  ]),
  "Convolution.apply": entry(
    of(() => new ostinato.Convolution("c", { inputSize: 2, outputSize: 3 }), "apply"),
    () => [tensors().f("image", 1, 3, 3, 2)],
  ),
  FeedForward: entry(made(ostinato.FeedForward), () => ["f", { size: 4, hiddenSize: 5, activation: "swiglu" }]),
  "FeedForward.apply": entry(
    of(() => new ostinato.FeedForward("f", { size: 4 }), "apply"),
    () => [tensors().f("in", 3, 4)],
  ),
  MultiHeadAttention: entry(made(ostinato.MultiHeadAttention), () => ["m", { size: 4, heads: 2, rotaryBase: 100 }]),
  "MultiHeadAttention.apply": entry(
    of(() => new ostinato.MultiHeadAttention("m", { size: 4, heads: 2 }), "apply"),
    () => [tensors().f("in", 3, 2, 4), { causal: true }],
  ),
  "MultiHeadAttention.weights": entry(
    of(() => new ostinato.MultiHeadAttention("m", { size: 4, heads: 2 }), "weights"),
    () => [tensors().f("in", 3, 2, 4), { causal: true }],
  ),
  "MultiHeadAttention.cacheSize": entry(
    of(() => new ostinato.MultiHeadAttention("m", { size: 4, heads: 2 }), "cacheSize"),
    () => [3],
  ),
  "MultiHeadAttention.step": entry(
    of(() => new ostinato.MultiHeadAttention("m", { size: 4, heads: 2 }), "step"),
    () => {
      const { f, i } = tensors();
      const indices = { lineage: i("lineage", 2, 3), times: i("times", 2), positions: i("positions", 2) };
      return [f("in", 2, 4), { memory: f("cache", 2, 24), ...indices }];
    },
  ),
  "MultiHeadAttention.begin": entry(
    of(() => new ostinato.MultiHeadAttention("m", { size: 4, heads: 2 }), "begin"),
    () => [tensors().f("in", 3, 2, 4), 5],
  ),
  "MultiHeadAttention.keysAndValues": entry(
    of(() => new ostinato.MultiHeadAttention("m", { size: 4, heads: 2, memorySize: 3 }), "keysAndValues"),
    () => [tensors().f("memory", 5, 2, 3)],
  ),
  "MultiHeadAttention.look": entry(
    of(() => new ostinato.MultiHeadAttention("m", { size: 4, heads: 2 }), "look"),
    () => {
      const { f, i } = tensors();
      return [f("in", 4, 4), { memory: f("memory", 3, 2, 8), lengths: i("lengths", 2) }];
    },
  ),
  Positions: entry(made(ostinato.Positions), () => ["p", { size: 4, length: 5, kind: "learned" }]),
  "Positions.apply": entry(
    of(() => new ostinato.Positions("p", { size: 4, length: 5 }), "apply"),
    () => [tensors().f("in", 3, 2, 4)],
  ),
  "Positions.step": entry(
    of(() => new ostinato.Positions("p", { size: 4, length: 5 }), "step"),
    () => {
      const { f, i } = tensors();
      return [f("in", 2, 4), i("positions", 2)];
    },
  ),
  Transformer: entry(made(ostinato.Transformer), () => ["t", { size: 4, heads: 2, layers: 2, causal: true }]),
  "Transformer.apply": entry(
    of(() => new ostinato.Transformer("t", { size: 4, heads: 2 }), "apply"),
    () => [tensors().f("in", 3, 2, 4), { lengths: null }],
  ),
  "Transformer.weights": entry(
    of(() => new ostinato.Transformer("t", { size: 4, heads: 2 }), "weights"),
    () => [tensors().f("in", 3, 2, 4), { lengths: null }],
  ),
  "Transformer.stateEntries": entry(
    of(() => new ostinato.Transformer("t", { size: 4, heads: 2 }), "stateEntries"),
    () => [3],
  ),
  "Transformer.begin": entry(
    of(() => new ostinato.Transformer("t", { size: 4, heads: 2, causal: true }), "begin"),
    () => {
      const { f, i } = tensors();
      return [f("in", 3, 2, 4), { last: i("last", 2), length: 5 }];
    },
  ),
  "Transformer.step": entry(
    of(() => new ostinato.Transformer("t", { size: 4, heads: 2, causal: true }), "step"),
    () => {
      const { f, i } = tensors();
      const state = { memory_l0: f("cache", 2, 24), lineage: i("lineage", 2, 3), times: i("times", 2, 1) };
      return [f("in", 2, 4), state, { positions: i("positions", 2) }];
    },
  ),
  "Transformer.memoryWeights": entry(
    of(() => new ostinato.Transformer("t", { size: 4, heads: 2, memorySize: 3 }), "memoryWeights"),
    () => {
      const { f } = tensors();
      return [f("in", 3, 2, 4), { memory: f("memory", 5, 2, 3) }];
    },
  ),
  "Transformer.keysAndValues": entry(
    of(() => new ostinato.Transformer("t", { size: 4, heads: 2, memorySize: 3 }), "keysAndValues"),
    () => [tensors().f("memory", 5, 2, 3)],
  ),
  Linear: entry(made(ostinato.Linear), () => ["l", { inputSize: 4, outputSize: 3, bias: true, tied: parameter }]),
  "Linear.apply": entry(
    of(() => new ostinato.Linear("l", { inputSize: 4, outputSize: 3 }), "apply"),
    () => [tensors().x],
  ),
  "Linear.crossEntropy": entry(
    of(() => new ostinato.Linear("l", { inputSize: 4, outputSize: 3 }), "crossEntropy"),
    () => {
      const { x, ids } = tensors();
      return [x, ids];
    },
  ),
  RNN: entry(made(ostinato.RNN), () => ["r", { ...layer, activation: "relu", bidirectional: true }]),
  GRU: entry(made(ostinato.GRU), () => ["r", { ...layer, reset: "before", layers: 2, dropout: 0.1 }]),
  LSTM: entry(made(ostinato.LSTM), () => ["r", { ...layer, forgetBias: 1, connections: "dense" }]),
  RecurrentStack: entry(made(ostinato.RecurrentStack), () => ["r", { ...layer, cell: "gru", reset: "before" }]),
  defineCell: entry(ostinato.defineCell as never, () => [leaky]),
  registerCell: entry(ostinato.registerCell as never, () => [leakyCell]),
  "cellWeights.input": entry(ostinato.cellWeights.input as never, () => [[4, 3]]),
  "cellWeights.recurrent": entry(ostinato.cellWeights.recurrent as never, () => [[4, 4]]),
  "cellWeights.bias": entry(ostinato.cellWeights.bias as never, () => [[4], ostinato.initializers.constant(1)]),
  "cellWeights.vector": entry(ostinato.cellWeights.vector as never, () => [[4], ostinato.initializers.constant(1)]),
  "rules.real": entry(ostinato.rules.real as never, () => [{ minimum: 0, below: 1, initial: 0.5 }]),
  "rules.whole": entry(ostinato.rules.whole as never, () => [{ minimum: 1, initial: 2 }]),
  "rules.text": entry(ostinato.rules.text as never, () => []),
  "rules.list": entry(ostinato.rules.list as never, () => [ostinato.rules.whole(), [1, 2]], [0]),
  "rules.optional": entry(ostinato.rules.optional as never, () => [ostinato.rules.whole()], [0]),
  "rules.flag": entry(ostinato.rules.flag as never, () => [true]),
  "rules.word": entry(ostinato.rules.word as never, () => [["up", "down"], "up"]),
  "cellWeights.gated": entry(ostinato.cellWeights.gated as never, () => [2, { I: 3, H: 4 }]),
  "RecurrentStack.apply": entry(
    of(() => new ostinato.LSTM("r", layer), "apply"),
    sequence,
  ),
  "RecurrentStack.stepWithGates": entry(
    of(() => new ostinato.GRU("r", layer), "stepWithGates"),
    () => {
      const { f } = tensors();
      return [f("in", 2, 3), { h_l0: f("h", 2, 4) }];
    },
  ),
  "RecurrentStack.step": entry(
    of(() => new ostinato.GRU("r", layer), "step"),
    () => {
      const { f } = tensors();
      return [f("in", 2, 3), { h_l0: f("h", 2, 4) }];
    },
  ),
  "RecurrentStack.dropoutMasks": entry(
    of(() => new ostinato.GRU("r", layer), "dropoutMasks"),
    () => [new Graph(), 2, 3],
  ),
  "RecurrentStack.zeroState": entry(
    of(() => new ostinato.GRU("r", layer), "zeroState"),
    () => [new Graph(), 2],
  ),
  "LanguageModelNetwork.features": entry(
    of(() => things.model.network, "features"),
    () => [tensors().i("in", 3, 2), { lengths: null }],
  ),
  Parameter: entry(made(ostinato.Parameter), () => ["p", [2], ostinato.initializers.constant(1), { frozen: true }]),
  "Parameter.in": entry(
    of(() => parameter, "in"),
    () => [new Graph()],
  ),
  initialize: entry(ostinato.initialize as never, () => [executor.createStore(), [parameter], { seed: 3 }]),
  loadWeights: entry(ostinato.loadWeights as never, () => [
    executor.createStore(),
    [things.model.parameters[0]],
    "model/model.safetensors",
    {
      rename: (name: string) => (name === things.model.parameters[0]?.name ? name : null),
      prefix: "",
      missing: "keep",
    },
  ]),
  "initializers.constant": entry(ostinato.initializers.constant as never, () => [1]),
  "initializers.uniform": entry(ostinato.initializers.uniform as never, () => [1]),
  "initializers.normal": entry(ostinato.initializers.normal as never, () => [1]),
  "initializers.initializer": entry(ostinato.initializers.initializer as never, () => ["uniform:1"]),
};
