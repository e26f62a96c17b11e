import type { Command } from "commander";
import { writeFileAtomically } from "../../formats/index.js";
import { captionOptions } from "../../models/imageCaptioner/captioning.js";
import type { ImageCaptioner } from "../../models/imageCaptioner/imageCaptioner.js";
import type { Completed } from "../../options.js";
import { captionedLike } from "../captionFiles.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { given, typedOptions, withOptions } from "../options.js";
import { oneLine, printer } from "../print.js";
import { printCaptionScores } from "../printCaptionScores.js";
import { withCaptionColumns } from "../reading.js";
import { searchOptionsFrom, withSearchOptions } from "../searchOptions.js";
import type { Ability } from "../verbs.js";
import { evaluate, pairFlags, scoreFlags, withBatches } from "./evaluate.js";
import type { Measure } from "./quantize.js";

type Options = ExecutorOptions & Completed<typeof pairFlags> & { batchSize?: number; json: boolean };

/** Perplexity on captions, how well what the model writes matches them, and the same for images that were exchanged. */
export const evaluateCaptions: Ability = {
  verb: evaluate,
  options: (command) =>
    withSearchOptions(withCaptionColumns(withOptions(withBatches(command), pairFlags)), captionOptions),
  run: measureCaptions,
};

/** The perplexity of a captioner on tables of captions. */
export const captionPerplexity: Measure<ImageCaptioner> = {
  options: withCaptionColumns,
  of: async (model, { folder, files, command, signal }) => {
    const images = await captionedLike(model, { folder, files, command, signal });
    return (await model.evaluate(images, { signal })).perplexity;
  },
};

function measureCaptions(folder: string, files: string[], options: Options, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    const print = printer(options);
    const shared = { ...given({ batchSize: options.batchSize }), signal };
    const search = searchOptionsFrom(command, captionOptions);
    const model = await modelFrom<ImageCaptioner>(folder, options);
    const images = await captionedLike(model, { folder, files, command, signal });
    const predicted = await model.evaluate(images, shared);
    const line = print.progress();
    const written = {
      ...search,
      ...shared,
      scores: { tokenize: "none" as const, ...typedOptions(command, scoreFlags) },
    };
    const progress = (from: number) => (share: number) => line.update(from + share / 2, "writing");
    // Each image with the captions of the next but some: whether the model looks at its images shows in the difference.
    const exchanged = images.map((image, i) => {
      const other = images[(i + Math.ceil(images.length / 2)) % images.length] as typeof image;
      return { ...image, image: other.image };
    });
    const [scores, others] = await (async () => {
      const own = await model.score(images, { ...written, onProgress: progress(0) });
      return [own, await model.score(exchanged, { ...written, onProgress: progress(0.5) })] as const;
    })().finally(() => line.stop());
    const { texts, ...figures } = scores;
    const { texts: _, ...baseline } = others;
    if (options.output !== undefined) {
      await writeFileAtomically(options.output, texts.map((caption) => `${oneLine(caption)}\n`).join(""));
    }
    print.object({ ...predicted, ...figures, exchanged: baseline });
    printCaptionScores(print, { predicted, scores: figures, exchanged: baseline });
  });
}
