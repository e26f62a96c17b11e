import { tokensOf, training } from "./workloads.mjs";

const dist = (file) => import(new URL(`../dist/${file}`, import.meta.url).href);

/** A language model of the workload's size and one training step of it, as Trainer makes them. */
export async function trainingStep(executor, workload, T) {
  const [{ CharacterTokenizer }, { LanguageModel }, { sgd }, { TrainingStep }] = await Promise.all(
    ["data/characterTokenizer.js", "models/languageModel.js", "train/optimizers.js", "train/step.js"].map(dist),
  );
  const { V, E, H, layers, B } = workload;
  // Any V characters will do: the benchmark draws token ids.
  const tokenizer = CharacterTokenizer.fromText(
    Array.from({ length: V }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(""),
  );
  const model = await LanguageModel.create({
    tokenizer,
    executor,
    cell: "lstm",
    layers,
    hiddenSize: H,
    embeddingSize: E,
  });
  const { learningRate, clipNorm } = training;
  const step = new TrainingStep(model, {
    optimizer: sgd({ learningRate }),
    clipNorm,
    clipValue: 0,
    reduction: "token",
  });
  const batch = {
    form: { T, B, role: "train", lengths: false },
    feeds: { ...tokensOf(workload, T), carry: 1 },
    tokens: T * B,
  };
  let updates = 0;
  return async () => (await step.run(batch, { learningRate, step: ++updates, seed: 1 })).loss;
}

/** @returns {Promise<{ executor: object, settings: string }>} */
export async function executorOf(kind) {
  if (kind === "reference") {
    const { ReferenceExecutor } = await dist("executor/reference/executor.js");
    return {
      executor: new ReferenceExecutor({ precision: "float32" }),
      settings: `Node ${process.version}, one thread`,
    };
  }
  const { nativeExecutor, nativeInfo } = await dist("executor/native.js");
  const executor = nativeExecutor();
  const { kernels, gemm, threads } = nativeInfo();
  const blas = gemm.blas ? `, BLAS ${gemm.blas}` : "";
  return {
    executor,
    settings: `kernels ${kernels.chosen}, products ${gemm.provider}${blas}, ${threads} thread${threads === 1 ? "" : "s"}`,
  };
}
