import type { Command } from "commander";
import type { FrameTagger } from "../../models/frameTagger/frameTagger.js";
import { frameTagRules } from "../../models/frameTagger/frameTagger.js";
import { pick } from "../../options.js";
import { modelFrom } from "../executor.js";
import { framesLike, withFrameOptions } from "../frameFiles.js";
import { untilInterrupted } from "../interrupt.js";
import { optionsIn, withOptions } from "../options.js";
import { printer } from "../print.js";
import { printFrameScores } from "../printFrameScores.js";
import type { Ability } from "../verbs.js";
import type { EvaluateOptions } from "./evaluate.js";
import { evaluate } from "./evaluate.js";
import type { Measure } from "./quantize.js";

const flags = pick(frameTagRules, "batchSize", "threshold");

/** Nats a frame, accuracy and F1 on sequences of frames. */
export const evaluateFrames: Ability = {
  verb: evaluate,
  options: (command) => withFrameOptions(withOptions(command, flags)),
  run: measureFrames,
};

/** The perplexity of the labels of frames. */
export const framePerplexity: Measure<FrameTagger> = {
  options: withFrameOptions,
  of: async (model, { folder, files, command, signal }) => {
    const sequences = await framesLike(model, { folder, files, command, labels: true });
    return Math.exp((await model.evaluate(sequences, { signal })).loss);
  },
};

function measureFrames(folder: string, files: string[], options: EvaluateOptions, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    const print = printer(options);
    const model = await modelFrom<FrameTagger>(folder, options);
    const sequences = await framesLike(model, { folder, files, command, labels: true });
    const result = await model.evaluate(sequences, {
      ...optionsIn(command, flags),
      signal,
    });
    print.object(result);
    printFrameScores(print, result);
  });
}
