import { Mixture } from "../../models/mixture/mixture.js";
import type { TextModel } from "../../models/textModel/textModel.js";
import type { Climb, Rung } from "./rung.js";

/** A rung that mixes the models of two rungs below, with the weights that the validation's text likes best. */
export function mixed(rung: Omit<Rung, "make" | "needs"> & { needs: readonly [string, string] }): Rung {
  const { needs } = rung;
  return {
    ...rung,
    async make({ text: { train, validation }, below, folder, signal, onProgress }: Climb) {
      const models = needs.map((name) => below.get(name) as TextModel);
      const mixture = await Mixture.of(models);
      const reading = { batchSize: 16, signal, onProgress: (share: number) => onProgress(share, "reading") };
      await mixture.fit(validation, reading);
      signal.throwIfAborted();
      await mixture.save(folder, { overwrite: true });
      return { model: mixture, tokens: train.length };
    },
  };
}
