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
    /** Learning rate of Adam. Default: 0.002. */
    learningRate?: number;
  },
): Rung {
  const { create, learningRate = 0.002, ...others } = rung;
  return {
    ...others,
    async make({ text, folder, signal, onProgress }: Climb) {
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
        overwrite: true,
      });
      let tokens = 0;
      trainer.on("step", (event) => {
        ({ tokens } = event);
        onProgress(event.progress, `${event.loss.toFixed(3)} nats, ${Math.round(event.tokensPerSecond)} tokens/s`);
      });
      await trainer.run({ signal });
      signal.throwIfAborted();
      return { model, tokens };
    },
  };
}
