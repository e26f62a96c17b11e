import { tokensOf, training } from "./workloads.mjs";

const dist = (file) => import(new URL(`../dist/${file}`, import.meta.url).href);

/** A language model of the workload's size. */
export async function languageModel(executor, { V, E, H, layers }) {
  const [{ CharacterTokenizer }, { LanguageModel }] = await Promise.all(
    ["data/characterTokenizer.js", "models/languageModel.js"].map(dist),
  );
  // Any V characters will do: the benchmarks draw token ids.
  const tokenizer = CharacterTokenizer.fromText(
    Array.from({ length: V }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(""),
  );
  return LanguageModel.create({ tokenizer, executor, cell: "lstm", layers, hiddenSize: H, embeddingSize: E });
}

/** One training step of such a model, as Trainer makes it. */
export async function trainingStep(executor, workload, T) {
  const [{ sgd }, { TrainingStep }] = await Promise.all(["train/optimizers.js", "train/step.js"].map(dist));
  const model = await languageModel(executor, workload);
  const { B } = workload;
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
  const matmulPrecision = kind === "native" ? "highest" : kind.slice("native-".length);
  const executor = nativeExecutor({ matmulPrecision });
  const { kernels, gemm, threads } = nativeInfo();
  const blas = gemm.blas ? `, BLAS ${gemm.blas}` : "";
  const unit = matmulPrecision === "highest" ? "" : gemm.matrixUnit ? " on the matrix unit" : " without a matrix unit";
  return {
    executor,
    settings:
      `kernels ${kernels.chosen}, products ${gemm.provider}${blas}, precision ${matmulPrecision}${unit}, ` +
      `${threads} thread${threads === 1 ? "" : "s"}`,
  };
}
