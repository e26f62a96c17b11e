import { tokensOf, training, translationTraining } from "./workloads.mjs";

const dist = (file) => import(new URL(`../dist/${file}`, import.meta.url).href);

/** A language model of the workload's size. */
export async function languageModel(executor, { V, E, H, layers, cell = "lstm" }) {
  const [{ CharacterTokenizer }, { LanguageModel }] = await Promise.all(
    ["data/characterTokenizer.js", "models/languageModel/languageModel.js"].map(dist),
  );
  // Any V characters will do: the benchmarks draw token ids.
  const tokenizer = CharacterTokenizer.fromText(
    Array.from({ length: V }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(""),
  );
  return LanguageModel.create({ tokenizer, executor, cell, layers, hiddenSize: H, embeddingSize: E });
}

/** A sentence classifier of the workload's size. */
async function classifier(executor, { V, E, H, classes }) {
  const [{ CharacterTokenizer }, { SequenceClassifier }] = await Promise.all(
    ["data/characterTokenizer.js", "models/sequenceClassifier/sequenceClassifier.js"].map(dist),
  );
  const letters = Array.from({ length: V }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("");
  return SequenceClassifier.create({
    executor,
    tokenizer: CharacterTokenizer.fromText(letters),
    labels: Array.from({ length: classes }, (_, c) => `label ${c}`),
    cell: "gru",
    hiddenSize: H,
    embeddingSize: E,
    pooling: "max",
  });
}

/** An encoder-decoder of the workload's size. */
async function translator(executor, workload) {
  const { recordPairLoss } = await dist("models/pairModel/pairNetwork.js");
  const { network, store } = await encoderDecoder(executor, workload);
  const recordLoss = (graph, { T, B }) => ({ ...recordPairLoss(graph, network, { S: T, T, B }), carried: [] });
  return { executor, store, parameters: network.parameters, recordLoss };
}

/** Its layers, and a store with first weights. */
async function encoderDecoder(executor, { V, E, H, layers, attention }) {
  const [{ Seq2SeqNetwork }, { initialize }] = await Promise.all(
    ["models/seq2seq/network.js", "nn/initialize.js"].map(dist),
  );
  const network = new Seq2SeqNetwork({
    sourceVocabularySize: V,
    targetVocabularySize: V,
    embeddingSize: E,
    hiddenSize: H,
    cell: "lstm",
    encoderSize: H / 2,
    encoderLayers: layers,
    attention: attention.scorer,
    attend: attention.attend,
  });
  const store = executor.createStore();
  await initialize(store, network.parameters);
  return { network, store };
}

/** The best of some beams for each of B sentences of T words: T words, for no hypothesis may end. */
async function searchingStep(executor, workload) {
  const [{ TranslationStep }, { searchStep }] = await Promise.all(
    ["models/pairModel/translationStep.js", "search/index.js"].map(dist),
  );
  const { T, B, beams } = workload;
  const translation = new TranslationStep({ executor, ...(await encoderDecoder(executor, workload)) });
  const { inputs } = tokensOf(workload, T);
  const sources = Array.from({ length: B }, (_, b) => inputs.slice(b * T, (b + 1) * T));
  return async () => {
    const { step, feeds } = translation.step(await translation.read(sources), beams);
    const found = await searchStep(step, feeds, { begin: 0, end: null, beams, sentences: B, maximumLength: T });
    return found[0].hypotheses[0].score;
  };
}

/** A forward pass of one LSTM over a whole batch. */
async function layerStep(executor, { E, H, B, T }) {
  const [{ LSTM }, { Graph }, { initialize }] = await Promise.all(
    ["nn/lstm.js", "graph/graph.js", "nn/initialize.js"].map(dist),
  );
  const lstm = new LSTM("rnn", { inputSize: E, hiddenSize: H });
  const store = executor.createStore();
  await initialize(store, lstm.parameters);
  const graph = new Graph();
  graph.output("y", lstm.apply(graph.feed("x", "f32", [T, B, E])).y);
  const executable = executor.compile(graph.program(), store);
  const x = Float32Array.from({ length: T * B * E }, (_, i) => Math.sin(i));
  return async () => (await executable.run({ x })).outputs.y[0];
}

/** One text of T tokens. */
async function writingStep(executor, workload, weights) {
  const model = await languageModel(executor, workload);
  if (weights) await model.quantize(weights);
  let seed = 0;
  return async () => {
    for await (const _ of model.generate({ maximumLength: workload.T, seed: ++seed }));
    return seed;
  };
}

/** One step of whatever work it is. Resolves with a number that shows that something was done: in training, the loss. */
export function stepOf(executor, workload, weights) {
  if (workload.kind === "layer") return layerStep(executor, workload);
  if (workload.kind === "writing") return writingStep(executor, workload, weights);
  if (workload.kind === "search") return searchingStep(executor, workload);
  return trainingStep(executor, workload, workload.T);
}

/** One training step of such a model, as Trainer makes it. */
export async function trainingStep(executor, workload, T) {
  const [{ adam, sgd }, { TrainingStep }] = await Promise.all(["train/optimizers.js", "train/step.js"].map(dist));
  const { B, kind } = workload;
  const translates = kind === "translation";
  const make = { classifier, translation: translator }[kind] ?? languageModel;
  const model = await make(executor, workload);
  const { learningRate, clipNorm } = translates ? translationTraining : training;
  const step = new TrainingStep(model, {
    optimizer: translates ? adam() : sgd(),
    clipNorm,
    clipValue: 0,
    reduction: "token",
  });
  const batch = {
    form: { T, B, role: "train", lengths: false, weighted: false, multiLabel: false },
    feeds: {
      ...tokensOf(workload, T),
      carry: 1,
      ...(translates ? { source: tokensOf(workload, T).inputs, sourceLengths: new Int32Array(B).fill(T) } : {}),
      ...(kind === "classifier" ? labelled(workload, T) : {}),
    },
    tokens: T * B,
  };
  let updates = 0;
  return async () => (await step.run(batch, { learningRate, step: ++updates, seed: 1 })).loss;
}

/** Texts of T tokens with a label each. */
function labelled(workload, T) {
  const { B, classes } = workload;
  return {
    ids: tokensOf(workload, T).inputs,
    lengths: new Int32Array(B).fill(T),
    targets: Int32Array.from({ length: B }, (_, i) => i % classes),
  };
}

/** @returns {Promise<{ executor: object, settings: string, weights?: string }>} `weights`: the type they are rounded to */
export async function executorOf(kind) {
  if (kind === "reference") {
    const { ReferenceExecutor } = await dist("executor/reference/executor.js");
    return {
      executor: new ReferenceExecutor({ precision: "float32" }),
      settings: `Node ${process.version}, one thread`,
    };
  }
  if (kind === "wasm") {
    const { loadWasm } = await dist("executor/loadWasm.js");
    const executor = loadWasm();
    return { executor, settings: `WebAssembly, Node ${process.version}, threads ${executor.threads}` };
  }
  const { nativeExecutor, nativeInfo } = await dist("executor/native.js");
  const variant = kind === "native" ? "highest" : kind.slice("native-".length);
  const weights = ["bfloat16", "int8"].includes(variant) ? variant : undefined;
  const matmulPrecision = weights ? "highest" : variant;
  const executor = nativeExecutor({ matmulPrecision });
  const { kernels, gemm, threads } = nativeInfo();
  const blas = gemm.blas ? `, BLAS ${gemm.blas}` : "";
  const unit = matmulPrecision === "highest" ? "" : ` (${gemm[matmulPrecision] ?? "float32"})`;
  return {
    executor,
    weights,
    settings:
      `kernels ${kernels.chosen}, products ${gemm.provider}${blas}, ` +
      `${weights ? `weights ${weights}` : `precision ${matmulPrecision}${unit}`}, ` +
      `${threads} thread${threads === 1 ? "" : "s"}`,
  };
}
