// One rank, or a process alone, that trains a workload: prints { tokensPerSecond } of the first rank. Takes { workload, steps, precision, ... } as JSON;
// `share` of the workload's rows, default 1.
import {
  CharacterTokenizer,
  Corpus,
  LanguageModel,
  mpi,
  nativeExecutor,
  sgd,
  Trainer,
  WindowData,
} from "../../dist/index.js";
import { training, workloads } from "../workloads.mjs";

const { workload, steps, precision, share = 1, ...options } = JSON.parse(process.argv[2]);
const { V, E, H, layers, B: rows, T } = workloads[workload];
const B = Math.round(rows * share);
const letters = Array.from({ length: V }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("");
const tokenizer = CharacterTokenizer.fromText(letters);
const model = await LanguageModel.create({
  ...{ tokenizer, hiddenSize: H, embeddingSize: E, layers, cell: "lstm", seed: 1 },
  executor: nativeExecutor({ matmulPrecision: precision }),
});
const warm = 10;
const text = Array.from({ length: B * T * (steps + warm) + B }, (_, i) => letters[(i * 7919) % V]).join("");
const stream = (await Corpus.fromText(text).tokenize(tokenizer)).split({ validation: 0 }).train;
const communicator = process.env.OMPI_COMM_WORLD_SIZE === undefined ? undefined : await mpi();
const trainer = new Trainer(model, {
  data: new WindowData(stream, { batchSize: B, windowLength: T }),
  ...{ optimizer: sgd({ learningRate: training.learningRate }), clipNorm: training.clipNorm },
  ...{ maximumSteps: steps + warm, epochs: 1, communicator, ...options },
});
const times = [];
trainer.on("step", ({ step, tokens }) => times.push({ step, tokens, at: performance.now() }));
await trainer.run();
// Where ranks learn by themselves, an exchange is in each stretch: the whole is measured, not the steps.
const [begin, end] = [times.find(({ step }) => step >= warm), times.at(-1)];
const tokensPerSecond = (1000 * (end.tokens - begin.tokens)) / (end.at - begin.at);
if (!communicator || communicator.rank === 0) process.stdout.write(`${JSON.stringify({ tokensPerSecond })}\n`);
await communicator?.close();
