import { CharacterTokenizer, LanguageModel, memoryStream, Trainer, WindowData } from "../../dist/index.js";

const tokenizer = CharacterTokenizer.fromText("ab cd\n");
const ids = tokenizer.encode("ab cd\nabc d\n".repeat(6));

/** The model whose training is among the seeds. */
export async function trainingModel(executor) {
  return LanguageModel.create({ tokenizer, executor, cell: "gru", layers: 1, hiddenSize: 3 });
}

/** Its training, begun or gone on with: a few updates, samples and validations. */
export function newTrainer(model, folder, { resume = false, maximumSteps = 4 } = {}) {
  return new Trainer(model, {
    data: new WindowData(memoryStream(ids, 0), { batchSize: 2, windowLength: 8 }),
    validation: new WindowData(memoryStream(ids, 72), { batchSize: 2, windowLength: 8, role: "validate" }),
    samples: { every: 2, write: async () => "<b>ab" },
    ...{ epochs: 3, maximumSteps, validateEvery: 2, folder, resume },
  });
}
