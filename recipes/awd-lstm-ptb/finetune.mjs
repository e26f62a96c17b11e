// Trains a model once more with its weights averaged from the first update on, until the validation does not improve for five epochs (Merity
// et al. 2018, section 6): node finetune.mjs DATA MODEL OUT EPOCHS [PRECISION [resume]]
import { asgd, Corpus, LanguageModel, nativeExecutor, Trainer, WindowData } from "../../dist/index.js";

const [data, from, folder, epochs, matmulPrecision = "highest", resume] = process.argv.slice(2);
const model = await LanguageModel.load(from, { executor: nativeExecutor({ matmulPrecision }) });
const stream = (part) => Corpus.fromFile(`${data}/ptb.${part}.txt`).tokenize(model.tokenizer);
const sizes = { batchSize: 20, windowLength: 70 };
const trainer = new Trainer(model, {
  data: new WindowData(await stream("train"), { ...sizes, windowSpread: 5, seed: 2 }),
  validation: new WindowData(await stream("valid"), { ...sizes, role: "validate" }),
  optimizer: asgd({ learningRate: 30, weightDecay: 1.2e-6, nonMonotone: 0 }),
  clipNorm: 0.25,
  patience: 5,
  epochs: Number(epochs),
  seed: 2,
  folder,
  resume: resume !== undefined,
});
trainer.on("validation", ({ epoch, perplexity }) => console.log(`epoch ${epoch}: ${perplexity.toFixed(2)}`));
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
await trainer.run({ signal: stop.signal });
