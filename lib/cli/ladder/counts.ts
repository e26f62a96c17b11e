import type { NgramTrainOptions } from "../../models/ngramModel/index.js";
import { NgramModel } from "../../models/ngramModel/index.js";
import type { Climb, Rung } from "./rung.js";

/** A rung whose model is counted. */
export function counts(rung: Omit<Rung, "make"> & { options: NgramTrainOptions }): Rung {
  const { options, ...others } = rung;
  return {
    ...others,
    async make({ text: { train, executor }, folder, signal, onProgress }: Climb) {
      const counting = {
        running: true,
        executor,
        signal,
        onProgress: (share: number) => onProgress(share, "counting"),
      };
      const model = await NgramModel.train(train, { ...options, ...counting });
      signal.throwIfAborted();
      await model.save(folder, { overwrite: true });
      return { model, tokens: train.length };
    },
  };
}
