import type { TrainingRecord } from "../../formats/index.js";
import { holdsTraining, readTrainingRecord } from "../../formats/index.js";
import { WindowData } from "../../models/textModel/data.js";
import type { TextModel } from "../../models/textModel/textModel.js";
import { adam } from "../../train/optimizers.js";
import { cosine, warmup } from "../../train/schedules.js";
import { Trainer } from "../../train/trainer.js";
import { given } from "../options.js";
import { windowSizes } from "../windowSizes.js";
import type { Climb, LadderSettings, LadderText, Rung } from "./rung.js";

/** Updates in which the learning rate rises. */
const risingSteps = 50;

/** A rung whose model is trained by gradients: all in the same way. */
export function network<M extends TextModel>(
  rung: Omit<Rung, "make"> & {
    create: (text: LadderText, settings: LadderSettings) => Promise<M>;
    /** Learning rate of Adam. Default: 0.006, for cells with gates. */
    learningRate?: number;
  },
): Rung {
  const { create, learningRate = 0.006, ...others } = rung;
  return {
    ...others,
    async make({ text, folder, record, signal, onProgress }: Climb) {
      const { settings } = text;
      const model = await create(text, settings);
      const sizes = windowSizes(text.train.length - 1, settings, { batchSize: false, windowLength: false });
      const data = new WindowData(text.train, sizes);
      const trainer = new Trainer(model, {
        data,
        validation: new WindowData(text.validation, { ...sizes, batchSize: 1, role: "validate" }),
        optimizer: adam({ learningRate }),
        schedule: warmup(risingSteps, cosine({ floor: 0.02 })),
        epochs: settings.epochs,
        ...given({ maximumSteps: settings.maximumSteps }),
        seed: settings.seed,
        clipNorm: 1,
        folder,
        record,
        ...((await isBegun(folder, record)) ? { resume: true } : { overwrite: true }),
      });
      trainer.on("step", ({ progress, loss, tokensPerSecond }) => {
        onProgress(progress, `${loss.toFixed(3)} nats, ${Math.round(tokensPerSecond)} tokens/s`);
      });
      const { tokens, seconds } = await trainer.run({ signal });
      signal.throwIfAborted();
      return { model, tokens, seconds };
    },
  };
}

/** Whether a folder holds a training of the same ladder. */
export async function isBegun(folder: string, { command, options }: TrainingRecord): Promise<boolean> {
  if (!(await holdsTraining(folder))) return false;
  const before = await readTrainingRecord(folder).catch(() => null);
  return before?.command === command && before.options.key === options.key;
}
