import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import * as ostinato from "../lib/index.js";

const {
  CharacterTokenizer,
  Graph,
  LanguageModel,
  OptionError,
  OstinatoError,
  ops,
  PairData,
  ReferenceExecutor,
  Seq2Seq,
  TokenizerPair,
} = ostinato;

// Where a hostile name of a file or folder ends up.
const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "ostinato-surface-"));
process.chdir(folder);
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});
writeFileSync("lines.txt", "abab\nbaba\n");
writeFileSync("pairs.tsv", "ab\tba\nba\tab\n");

/** Values that hardly fit anywhere. */
const hostile: readonly unknown[] = [
  undefined,
  null,
  true,
  5,
  -1,
  0.5,
  Number.NaN,
  2 ** 40,
  "nonsense",
  "",
  Buffer.from("buffer"),
  [],
  [5],
  [undefined],
  {},
  { nonsense: 1 },
  () => 1,
];

const executor = new ReferenceExecutor();
const native = ostinato.nativeExecutor();
const tokenizer = CharacterTokenizer.fromText("ab\n", { unknown: true });
const pair = new TokenizerPair(tokenizer, tokenizer);
const stream = ostinato.memoryStream(
  Int32Array.from({ length: 64 }, (_, i) => i % 2),
  64,
);
const pairs = [
  { source: "ab", target: "ba", place: "line 1" },
  { source: "b", target: "a", place: "line 2" },
];
const config = { executor, hiddenSize: 4, layers: 1 };
const model = await LanguageModel.create({ ...config, tokenizer });
const translator = await Seq2Seq.create({ executor, hiddenSize: 4, embeddingSize: 4, tokenizer: pair });
const windows = () => new ostinato.WindowData(stream, { batchSize: 2, windowLength: 4 });
const sentences = () => ostinato.SentenceData.of(stream, { tokenizer, batchSize: 2 } as never);
const pairData = () => PairData.of(pairs, { tokenizer: pair, batchSize: 2 });
const parameter = new ostinato.Parameter("weight", [3, 4], ostinato.initializers.xavierUniform);
await model.save("model");
await translator.save("savedPairs");

/** Tensors of one graph. */
function tensors() {
  const graph = new Graph();
  const f = (name: string, ...shape: number[]) => graph.feed(name, "f32", shape);
  const i = (name: string, ...shape: number[]) => graph.feed(name, "i32", shape);
  return { graph, f, i, x: f("x", 3, 4), y: f("y", 3, 4), s: f("s"), ids: i("ids", 3), random: i("random", 2) };
}
function recurrent(gates: number) {
  const { f, i } = tensors();
  return {
    x: f("in", 5, 2, 3),
    h0: f("h0", 2, 4),
    weight_ih: f("w", 4 * gates, 3),
    weight_hh: f("r", 4 * gates, 4),
    bias_ih: f("b", 4 * gates),
    bias_hh: f("c", 4 * gates),
    lengths: i("l", 2),
    reverse: false,
  };
}
function update() {
  const { graph, f, s } = tensors();
  const variable = (name: string) => graph.variable({ name, dtype: "f32", shape: [3, 4] });
  return {
    variable,
    gradient: f("g", 3, 4),
    weight: variable("w"),
    scale: s,
    learningRate: f("rate"),
    step: f("step"),
  };
}
function program(of: typeof executor | typeof native) {
  const graph = new Graph();
  const [x, ids] = [graph.feed("x", "f32", [3, 4]), graph.feed("ids", "i32", [3])];
  graph.output("z", ops.tanh(x));
  graph.output("next", ids);
  const store = of.createStore();
  store.declare({ name: "m", dtype: "f32", shape: [2, 2] });
  return { store, executable: of.compile(graph.program(), store) };
}
const feeds = () => ({ x: new Float32Array(12), ids: new Int32Array(3) });

interface Entry {
  args: () => unknown[];
  call: (...args: never[]) => unknown;
  /** Positions of objects that may have more than is read: feeds by name, data. */
  open?: readonly number[];
}
const entry = (call: Entry["call"], args: () => unknown[], open: readonly number[] = []): Entry => ({
  call,
  args,
  open,
});
/** A constructor, as a function. */
const made = (Kind: unknown): Entry["call"] =>
  ((...args: unknown[]) => new (Kind as new (...args: unknown[]) => unknown)(...args)) as Entry["call"];
/** A method of an object that is made for each call. */
const of = <T extends object>(make: () => T | Promise<T>, method: keyof T): Entry["call"] =>
  (async (...args: unknown[]) => {
    const object = await make();
    return (object[method] as unknown as (...args: unknown[]) => unknown).call(object, ...args);
  }) as Entry["call"];

const unary = Object.fromEntries(
  [
    "exp",
    "log",
    "sqrt",
    "square",
    "tanh",
    "sigmoid",
    "relu",
    "softmax",
    "logSoftmax",
    "copy",
    "asRows",
    "sum",
    "mean",
  ].map((name) => [`ops.${name}`, entry(ops[name as "exp"], () => [tensors().x])]),
);
const binary = Object.fromEntries(
  ["add", "subtract", "multiply", "divide"].map((name) => [
    `ops.${name}`,
    entry(ops[name as "add"], () => {
      const { x, y } = tensors();
      return [x, y];
    }),
  ]),
);
const layer = { inputSize: 3, hiddenSize: 4 };
const sequence = () => [tensors().f("in", 5, 2, 3), {}];

/** Every public function and method, with arguments that fit. */
const entries: Record<string, Entry> = {
  ...unary,
  ...binary,
  "ops.assign": entry(ops.assign, () => {
    const { variable, gradient } = update();
    return [variable("v"), gradient];
  }),
  "ops.attention": entry(ops.attention, () => {
    const { f } = tensors();
    return [{ query: f("q", 1, 2, 4), keys: f("k", 3, 2, 4), values: f("m", 3, 2, 4), scale: 1 }];
  }),
  "ops.gruCell": entry(ops.gruCell, () => {
    const { f } = tensors();
    return [f("a", 2, 12), f("p", 2, 12), f("h", 2, 4)];
  }),
  "ops.lstmCell": entry(ops.lstmCell, () => {
    const { f } = tensors();
    return [f("a", 2, 16), f("c", 2, 4)];
  }),
  "ops.linearCrossEntropy": entry(ops.linearCrossEntropy, () => {
    const { x, f, ids } = tensors();
    return [{ x, weight: f("w", 5, 4), bias: f("b", 5), targets: ids }];
  }),
  "ops.dropout": entry(ops.dropout, () => {
    const { x, s, random } = tensors();
    return [{ x, rate: s, random, stream: 1, overTime: true }];
  }),
  "ops.affine": entry(ops.affine, () => [tensors().x, { scale: 2, shift: 1 }]),
  "ops.clamp": entry(ops.clamp, () => {
    const { x, s } = tensors();
    return [x, s];
  }),
  "ops.embedding": entry(ops.embedding, () => {
    const { x, ids } = tensors();
    return [x, ids];
  }),
  "ops.lookedUp": entry(ops.lookedUp, () => [tensors().x]),
  "ops.tableRows": entry(ops.tableRows, () => [tensors().x]),
  "ops.sumRows": entry(ops.sumRows, () => {
    const { x, ids } = tensors();
    return [ids, x, 7];
  }),
  "ops.gru": entry(ops.gru, () => [{ ...recurrent(3), reset: "before" }]),
  "ops.lstm": entry(ops.lstm, () => {
    const operands = recurrent(4);
    return [{ ...operands, c0: operands.h0.graph.feed("c0", "f32", [2, 4]) }];
  }),
  "ops.rnn": entry(ops.rnn, () => [{ ...recurrent(1), activation: "relu" }]),
  "ops.layerNorm": entry(ops.layerNorm, () => {
    const { x, f } = tensors();
    return [{ x, gain: f("g", 4), bias: f("b", 4), epsilon: 1e-5 }];
  }),
  "ops.linear": entry(ops.linear, () => {
    const { x, f } = tensors();
    return [x, f("w", 5, 4), f("b", 5)];
  }),
  "ops.matmul": entry(ops.matmul, () => {
    const { x, y } = tensors();
    return [x, y, { transposeA: true, transposeB: false }];
  }),
  "ops.sgd": entry(ops.sgd, () => {
    const { variable, step: _, ...operands } = update();
    return [{ ...operands, velocity: variable("v"), momentum: 0.9, nesterov: false, weightDecay: 0 }];
  }),
  "ops.adam": entry(ops.adam, () => {
    const { variable, ...operands } = update();
    const rule = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, decoupled: true };
    return [{ ...operands, m: variable("m"), v: variable("v"), ...rule }];
  }),
  "ops.rmsprop": entry(ops.rmsprop, () => {
    const { variable, step: _, ...operands } = update();
    return [{ ...operands, square: variable("s"), alpha: 0.9, epsilon: 1e-8, momentum: 0, weightDecay: 0 }];
  }),
  "ops.adagrad": entry(ops.adagrad, () => {
    const { variable, step: _, ...operands } = update();
    return [{ ...operands, square: variable("s"), epsilon: 1e-8, weightDecay: 0 }];
  }),
  "ops.globalNorm": entry(ops.globalNorm, () => [[tensors().x]]),
  "ops.clipScale": entry(ops.clipScale, () => {
    const { s, f } = tensors();
    return [s, f("most")];
  }),
  "ops.pick": entry(ops.pick, () => {
    const { x, ids } = tensors();
    return [x, ids];
  }),
  "ops.argmax": entry(ops.argmax, () => [tensors().x, 1]),
  "ops.max": entry(ops.max, () => [tensors().x, 1]),
  "ops.sumTo": entry(ops.sumTo, () => [tensors().x, [4]]),
  "ops.broadcastTo": entry(ops.broadcastTo, () => [tensors().x, [2, 3, 4]]),
  "ops.sample": entry(ops.sample, () => {
    const { x, s, f, i, random } = tensors();
    return [{ logits: x, temperature: s, topK: i("k"), topP: f("p"), random }];
  }),
  "ops.scan": entry(ops.scan, () => {
    const { f, x } = tensors();
    const body = (_: unknown, { h }: Record<string, ostinato.Tensor>) => ({ state: { h: ops.tanh(h as never) } });
    return [{ inputs: { x }, state: { h: f("h", 2) }, steps: 3, reverse: false }, body];
  }),
  "ops.concat": entry(ops.concat, () => {
    const { x, y } = tensors();
    return [[x, y], 0];
  }),
  "ops.pad": entry(ops.pad, () => [tensors().x, { axis: 0, before: 1, after: 1 }]),
  "ops.reshape": entry(ops.reshape, () => [tensors().x, [4, 3]]),
  "ops.slice": entry(ops.slice, () => [tensors().x, { axis: 0, start: 1, end: 2 }]),
  "ops.transpose": entry(ops.transpose, () => [tensors().x, 0, 1]),

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
  LayerNorm: entry(made(ostinato.LayerNorm), () => ["n", { size: 4, epsilon: 1e-5 }]),
  "LayerNorm.apply": entry(
    of(() => new ostinato.LayerNorm("n", { size: 4 }), "apply"),
    () => [tensors().x],
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
  "RecurrentStack.apply": entry(
    of(() => new ostinato.LSTM("r", layer), "apply"),
    sequence,
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
  Parameter: entry(made(ostinato.Parameter), () => ["p", [2], ostinato.initializers.constant(1)]),
  "Parameter.in": entry(
    of(() => parameter, "in"),
    () => [new Graph()],
  ),
  initialise: entry(ostinato.initialise as never, () => [executor.createStore(), [parameter], { seed: 3 }]),
  "initializers.constant": entry(ostinato.initializers.constant as never, () => [1]),
  "initializers.uniform": entry(ostinato.initializers.uniform as never, () => [1]),
  "initializers.normal": entry(ostinato.initializers.normal as never, () => [1]),
  "initializers.initializer": entry(ostinato.initializers.initializer as never, () => ["uniform:1"]),

  nativeExecutor: entry(ostinato.nativeExecutor as never, () => [{ matmulPrecision: "high" }]),
  setThreads: entry(ostinato.setThreads as never, () => [2]),
  ReferenceExecutor: entry(made(ReferenceExecutor), () => [{ precision: "float64" }]),
  ...Object.fromEntries(
    [executor, native].flatMap((own) => {
      const { name } = own;
      return [
        [
          `${name} compile`,
          entry(
            of(() => own, "compile"),
            () => [new Graph().program(), own.createStore()],
          ),
        ],
        [
          `${name} declare`,
          entry(
            of(() => own.createStore(), "declare"),
            () => [{ name: "x", dtype: "f32", shape: [2] }],
          ),
        ],
        [
          `${name} read`,
          entry(
            of(() => program(own).store, "read"),
            () => ["m"],
          ),
        ],
        [
          `${name} write`,
          entry(
            of(() => program(own).store, "write"),
            () => ["m", new Float32Array(4)],
          ),
        ],
        [
          `${name} quantize`,
          entry(
            of(() => program(own).store, "quantize"),
            () => ["m", "int8"],
          ),
        ],
        [
          `${name} run`,
          entry(
            of(() => program(own).executable, "run"),
            () => [feeds(), { check: true }],
            [0],
          ),
        ],
        [
          `${name} replay`,
          entry(
            of(() => program(own).executable, "replay"),
            () => [feeds(), { steps: 2, carry: { x: "z" }, counters: ["ids"], collect: ["z"] }],
            [0],
          ),
        ],
      ];
    }),
  ),

  "CharacterTokenizer.fromText": entry(CharacterTokenizer.fromText as never, () => ["ab", { unknown: true }]),
  "CharacterTokenizer.fromCorpus": entry(CharacterTokenizer.fromCorpus.bind(CharacterTokenizer) as never, () => [
    ostinato.Corpus.fromText("ab"),
    { unknown: true },
  ]),
  "WordTokenizer.fromText": entry(ostinato.WordTokenizer.fromText as never, () => ["a b", { unknown: true }]),
  "WordTokenizer.fromCorpus": entry(ostinato.WordTokenizer.fromCorpus.bind(ostinato.WordTokenizer) as never, () => [
    ostinato.Corpus.fromText("ab"),
    { unknown: true },
  ]),
  "SubwordTokenizer.fromText": entry(ostinato.SubwordTokenizer.fromText as never, () => ["a b ab", { size: 260 }]),
  "SubwordTokenizer.fromCorpus": entry(
    ostinato.SubwordTokenizer.fromCorpus.bind(ostinato.SubwordTokenizer) as never,
    () => [ostinato.Corpus.fromText("ab"), { size: 260 }],
  ),
  ...Object.fromEntries(
    (["encode", "decode", "normalize", "token", "tokenBytes", "id"] as const).flatMap((method) =>
      (
        [
          ["CharacterTokenizer", tokenizer],
          ["WordTokenizer", ostinato.WordTokenizer.fromText("a b", { unknown: true })],
          ["ByteTokenizer", new ostinato.ByteTokenizer()],
        ] as const
      ).map(([kind, own]) => [
        `${kind}.${method}`,
        entry(
          of(() => own as typeof tokenizer, method),
          () => [{ encode: "ab", normalize: "ab", id: "a", decode: [0, 1], token: 0, tokenBytes: 0 }[method]],
        ),
      ]),
    ),
  ),
  tokenizerFromJSON: entry(ostinato.tokenizerFromJSON as never, () => [tokenizer.toJSON()], [0]),
  TokenizerPair: entry(made(TokenizerPair), () => [tokenizer, tokenizer, { reversed: true }]),
  "TokenizerPair.fromJSON": entry(TokenizerPair.fromJSON as never, () => [pair.toJSON()], [0]),
  "TokenizerPair.encodeSource": entry(
    of(() => pair, "encodeSource"),
    () => ["ab"],
  ),
  "TokenizerPair.encodeTarget": entry(
    of(() => pair, "encodeTarget"),
    () => ["ab"],
  ),
  memoryStream: entry(ostinato.memoryStream as never, () => [new Int32Array(3), 3]),
  "Corpus.fromFile": entry(ostinato.Corpus.fromFile as never, () => ["lines.txt"]),
  "Corpus.fromFiles": entry(ostinato.Corpus.fromFiles as never, () => [["lines.txt"]]),
  "Corpus.fromText": entry(ostinato.Corpus.fromText as never, () => ["ab", "name"]),
  "Corpus.pieces": entry(
    of(() => ostinato.Corpus.fromText("ab"), "pieces"),
    () => [],
  ),
  "Corpus.tokenize": entry(
    of(() => ostinato.Corpus.fromText("ab"), "tokenize"),
    () => [tokenizer, { memoryLimit: 10 }],
  ),
  PairBatches: entry(made(ostinato.PairBatches), () => [
    [{ source: [1], target: [1] }],
    { batchSize: 1, begin: 0, end: 0 },
  ]),
  readPairTable: entry(ostinato.readPairTable as never, () => ["pairs.tsv", { source: 0, target: 1 }]),
  readParallelText: entry(ostinato.readParallelText as never, () => ["lines.txt", "lines.txt"]),
  loadTrainerHistory: entry(ostinato.loadTrainerHistory as never, () => ["model"]),
  readTrainingRecord: entry(ostinato.readTrainingRecord as never, () => ["model"]),

  "LanguageModel.create": entry(LanguageModel.create as never, () => [
    { ...config, tokenizer, seed: 2, tied: true, dropout: 0.1 },
  ]),
  "LanguageModel.load": entry(LanguageModel.load as never, () => ["model", { executor }]),
  "LanguageModel.evaluate": entry(
    of(() => model, "evaluate"),
    () => ["abab", {}],
  ),
  "LanguageModel.logProbability": entry(
    of(() => model, "logProbability"),
    () => ["abab"],
  ),
  "LanguageModel.generate": entry(
    of(() => model, "generate"),
    () => [{ prompt: "a", maximumTokens: 2, temperature: 1, topK: 2 }],
  ),
  "LanguageModel.generateAll": entry(
    of(() => model, "generateAll"),
    () => [{ prompts: ["a"], maximumTokens: 2, seed: 4 }],
  ),
  "LanguageModel.beamSearch": entry(
    of(() => model, "beamSearch"),
    () => [{ prompt: "a", maximumLength: 2, beams: 2 }],
  ),
  "LanguageModel.activations": entry(
    of(() => model, "activations"),
    () => ["abab"],
  ),
  "LanguageModel.save": entry(
    of(() => model, "save"),
    () => ["saved"],
  ),
  "LanguageModel.restore": entry(
    of(() => model, "restore"),
    () => ["model"],
  ),
  "LanguageModel.quantize": entry(
    of(() => LanguageModel.create({ ...config, tokenizer }), "quantize"),
    () => ["int8"],
  ),
  "Seq2Seq.create": entry(Seq2Seq.create as never, () => [
    { executor, hiddenSize: 4, tokenizer: pair, seed: 2, encoderLayers: 1 },
  ]),
  "Seq2Seq.load": entry(Seq2Seq.load as never, () => ["savedPairs", { executor }]),
  "Seq2Seq.evaluate": entry(
    of(() => translator, "evaluate"),
    () => [pairs, {}],
  ),
  "Seq2Seq.translate": entry(
    of(() => translator, "translate"),
    () => [["ab"], { beams: 2, nBest: 1, maximumLength: 3 }],
  ),
  "Seq2Seq.score": entry(
    of(() => translator, "score"),
    () => [pairs, { maximumLength: 3 }],
  ),
  "Seq2Seq.vectors": entry(
    of(() => translator, "vectors"),
    () => [["ab"]],
  ),
  "Seq2Seq.save": entry(
    of(() => translator, "save"),
    () => ["savedPairs"],
  ),
  "Seq2Seq.restore": entry(
    of(() => translator, "restore"),
    () => ["savedPairs"],
  ),
  "Seq2Seq.quantize": entry(
    of(() => Seq2Seq.create({ executor, hiddenSize: 4, tokenizer: pair }), "quantize"),
    () => ["int8"],
  ),
  Seq2SeqNetwork: entry(made(ostinato.Seq2SeqNetwork), () => [
    { sourceVocabularySize: 4, targetVocabularySize: 4, hiddenSize: 4, encoderLayers: 1 },
  ]),
  WindowData: entry(made(ostinato.WindowData), () => [stream, { batchSize: 2, windowLength: 4, role: "train" }]),
  "WindowData.batches": entry(of(windows, "batches"), () => [0]),
  "SentenceData.of": entry(ostinato.SentenceData.of as never, () => [stream, { tokenizer, batchSize: 2 }]),
  "SentenceData.batches": entry(of(sentences, "batches"), () => [0]),
  "PairData.of": entry(PairData.of as never, () => [pairs, { tokenizer: pair, batchSize: 2, long: "skip" }]),
  "PairData.batches": entry(of(pairData, "batches"), () => [0]),

  ...Object.fromEntries(
    Object.entries({
      sgd: ostinato.sgd,
      adam: ostinato.adam,
      adamw: ostinato.adamw,
      rmsprop: ostinato.rmsprop,
      adagrad: ostinato.adagrad,
    }).map(([name, optimizer]) => [name, entry(optimizer as never, () => [{ learningRate: 0.1, weightDecay: 0 }])]),
  ),
  constant: entry(ostinato.constant as never, () => []),
  cosine: entry(ostinato.cosine as never, () => [{}]),
  plateau: entry(ostinato.plateau as never, () => [{}]),
  stepDecay: entry(ostinato.stepDecay as never, () => [{}]),
  warmup: entry(ostinato.warmup as never, () => [10]),
  teacherForcing: entry(ostinato.teacherForcing as never, () => ["linear:1:0:100"]),
  Trainer: entry(made(ostinato.Trainer), () => [
    model,
    { data: windows(), epochs: 1, clipNorm: 1, optimizer: ostinato.adam() },
  ]),
  "Trainer.run": entry(
    of(() => new ostinato.Trainer(model, { data: windows(), epochs: 1 }), "run"),
    () => [{}],
  ),

  accuracy: entry(ostinato.accuracy as never, () => [[["a"]], [["a"]]]),
  bleu: entry(ostinato.bleu as never, () => [["a b"], ["a b"], { lowercase: true }]),
  sentenceBleu: entry(ostinato.sentenceBleu as never, () => ["a b", ["a b"], {}]),
  chrf: entry(ostinato.chrf as never, () => [["a b"], ["a b"], { wordOrder: 2 }]),
  editDistance: entry(ostinato.editDistance as never, () => [["a"], ["b"]]),
  errorRate: entry(ostinato.errorRate as never, () => [[["a"]], [[["a"]]]]),
  attentionSVG: entry(
    ostinato.attentionSVG as never,
    () => [{ source: ["a"], target: ["b"], weights: [[1]] }, { title: "t" }],
    [0],
  ),
  beamTreeSVG: entry(
    ostinato.beamTreeSVG as never,
    () => [
      {
        nodes: [{ token: 1, parent: -1, logProbability: -1, score: -1 }],
        hypotheses: [{ tokens: [1], score: -1, ended: false }],
        end: 0,
        textOf: (token: number) => String(token),
      },
      { title: "t", steps: 3, branches: 2 },
    ],
    [0],
  ),
  curvesSVG: entry(ostinato.curvesSVG as never, () => [
    [
      {
        name: "a",
        history: {
          steps: [
            { step: 1, loss: 1, epoch: 1, seconds: 1, tokens: 5, gradientNorm: 1, learningRate: 1, tokensPerSecond: 1 },
          ],
          validations: [],
          samples: [],
        },
      },
    ],
    { title: "t" },
  ]),
  vectorMap: entry(ostinato.vectorMap as never, () => [
    {
      labels: ["a", "b", "c"],
      vectors: [
        [1, 2],
        [3, 4],
        [5, 7],
      ],
      groups: ["x", "x", "y"],
    },
  ]),
  vectorMapSVG: entry(ostinato.vectorMapSVG as never, () => [
    ostinato.vectorMap({
      labels: ["a", "b", "c"],
      vectors: [
        [1, 2],
        [3, 4],
        [5, 7],
      ],
    }),
    { title: "t" },
  ]),
  beamSearch: entry(ostinato.beamSearch as never, () => [
    (tokens: number[], states: unknown[]) => ({ logProbabilities: tokens.map(() => [-2, -1, -3]), states }),
    0,
    { begin: 0, end: 1, beams: 2, maximumLength: 3 },
  ]),
  elementsOf: entry(ostinato.elementsOf as never, () => [[2, 3]]),
  shapeText: entry(ostinato.shapeText as never, () => [[2, 3]]),
};

/** What is public and has no row: with the reason. */
const without: Readonly<Record<string, string>> = {
  NativeExecutor: "made by nativeExecutor()",
  RecurrentStack: "abstract; its methods have rows",
  Tensor: "made by a Graph",
  LanguageModel: "made by create() and load()",
  Seq2Seq: "made by create() and load()",
  SentenceData: "made by of()",
  PairData: "made by of()",
  CharacterTokenizer: "made by fromText() and tokenizerFromJSON()",
  Corpus: "made by fromText() and fromFile()",
  SubwordTokenizer: "made by fromText() and tokenizerFromJSON()",
  WordTokenizer: "made by fromText() and tokenizerFromJSON()",
  ByteTokenizer: "takes nothing",
  nativeInfo: "takes nothing",
  operations: "takes nothing",
  recordSeq2SeqLoss: "recorded through Seq2Seq",
  searchStep: "its options are those of beamSearch, its step a recorded program",
};

test("every public function has a row here, or a reason", () => {
  const isError = (value: unknown) =>
    typeof value === "function" && (value === Error || value.prototype instanceof Error);
  const names = Object.entries(ostinato).flatMap(([name, value]) => {
    if (isError(value)) return [];
    if (typeof value === "function") return [name];
    if (typeof value !== "object" || Array.isArray(value)) return [];
    return Object.entries(value).flatMap(([own, part]) => (typeof part === "function" ? [`${name}.${own}`] : []));
  });
  const drawn = (name: string) => /^initializers\.(xavier|he|fanIn|orthogonal)/.test(name);
  expect(names.filter((name) => !(name in entries) && !(name in without) && !drawn(name))).toEqual([]);
});

/** Takes a few values of what is lazy, so that it does its work. */
async function settled(value: unknown): Promise<unknown> {
  const result = (await value) as AsyncIterable<unknown> | Iterable<unknown> | null | undefined;
  if (typeof result !== "object" || result === null) return result;
  if (!(Symbol.asyncIterator in result) && !("next" in result)) return result;
  let left = 3;
  for await (const _ of result) if (--left === 0) break;
  return result;
}

/** What went wrong in another way than an OstinatoError; null for nothing. */
async function complaint({ call }: Entry, args: readonly unknown[], said: string): Promise<string | null> {
  try {
    await settled((call as (...args: unknown[]) => unknown)(...args));
    return null;
  } catch (error) {
    if (error instanceof OstinatoError) return null;
    return `${said}: ${(error as Error)?.stack?.split("\n").slice(0, 3).join(" | ") ?? String(error)}`;
  }
}

const shown = (value: unknown) =>
  typeof value === "object" && value !== null
    ? `${Object.prototype.toString.call(value)}${JSON.stringify(value)}`
    : String(value);
const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Rows whose arguments are not all checked yet. */
const unchecked = new Set([
  "CharacterTokenizer.fromText",
  "CharacterTokenizer.fromCorpus",
  "WordTokenizer.fromText",
  "WordTokenizer.fromCorpus",
  "SubwordTokenizer.fromText",
  "SubwordTokenizer.fromCorpus",
  "CharacterTokenizer.encode",
  "WordTokenizer.encode",
  "ByteTokenizer.encode",
  "CharacterTokenizer.decode",
  "WordTokenizer.decode",
  "ByteTokenizer.decode",
  "CharacterTokenizer.normalize",
  "WordTokenizer.normalize",
  "ByteTokenizer.normalize",
  "ByteTokenizer.id",
  "TokenizerPair.encodeSource",
  "TokenizerPair.encodeTarget",
  "memoryStream",
  "Corpus.fromFiles",
  "Corpus.tokenize",
  "PairBatches",
  "loadTrainerHistory",
  "readTrainingRecord",
  "LanguageModel.create",
  "LanguageModel.load",
  "LanguageModel.evaluate",
  "LanguageModel.logProbability",
  "LanguageModel.generate",
  "LanguageModel.generateAll",
  "LanguageModel.beamSearch",
  "LanguageModel.activations",
  "Seq2Seq.create",
  "Seq2Seq.load",
  "Seq2Seq.evaluate",
  "Seq2Seq.score",
  "WindowData",
  "SentenceData.of",
  "PairData.of",
  "Trainer.run",
  "sentenceBleu",
  "chrf",
  "beamSearch",
]);

test.each(Object.entries(entries).filter(([name]) => !unchecked.has(name)))(
  "%s answers hostile arguments with an OstinatoError",
  async (name, entry) => {
    const complaints: (string | null)[] = [];
    // The row itself fits.
    complaints.push(
      await Promise.resolve()
        .then(() => settled((entry.call as (...args: unknown[]) => unknown)(...entry.args())))
        .then(
          () => null,
          (error) => `${name} of arguments that fit: ${error}`,
        ),
    );
    complaints.push(await complaint(entry, [], `${name}()`));
    for (const position of entry.args().keys()) {
      for (const value of hostile) {
        complaints.push(
          await complaint(entry, entry.args().with(position, value), `${name}, ${position}: ${shown(value)}`),
        );
      }
      const options = entry.args()[position];
      if (!isPlain(options)) continue;
      for (const key of Object.keys(options)) {
        for (const value of hostile) {
          const args = entry.args();
          args[position] = { ...(args[position] as object), [key]: value };
          complaints.push(await complaint(entry, args, `${name}, ${position}.${key}: ${shown(value)}`));
        }
      }
      if (entry.open?.includes(position)) continue;
      const misspelt = entry.args().with(position, { ...options, nonsenseOption: 1 });
      const outcome = await Promise.resolve()
        .then(() => settled((entry.call as (...args: unknown[]) => unknown)(...misspelt)))
        .then(
          () => "accepted",
          (error) => (error instanceof OptionError ? null : String(error)),
        );
      complaints.push(outcome && `${name}, ${position} with an option that does not exist: ${outcome}`);
    }
    expect(complaints.filter((said) => said !== null)).toEqual([]);
  },
);
