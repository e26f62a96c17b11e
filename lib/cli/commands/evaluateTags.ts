import type { Command } from "commander";
import type { SequenceTagger } from "../../models/sequenceTagger/sequenceTagger.js";
import { tagRules } from "../../models/sequenceTagger/sequenceTagger.js";
import { pick } from "../../options.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { optionsIn, withOptions } from "../options.js";
import { printer } from "../print.js";
import { printTagging } from "../printTagging.js";
import { taggedLike, withConllOptions } from "../taggedFiles.js";
import type { Ability } from "../verbs.js";
import type { EvaluateOptions } from "./evaluate.js";
import { evaluate } from "./evaluate.js";
import type { Measure } from "./quantize.js";

const flags = pick(tagRules, "batchSize");

/** Accuracy on tagged sentences, and the scores of each tag. */
export const evaluateTags: Ability = {
  verb: evaluate,
  options: (command) => withConllOptions(withOptions(command, flags)),
  run: measureTags,
};

/** The perplexity of a tagger's tags on files of sentences. */
export const tagPerplexity: Measure<SequenceTagger> = {
  options: withConllOptions,
  of: async (model, { folder, files, command, signal }) => {
    const sentences = await taggedLike(folder, files, command);
    return Math.exp((await model.evaluate(sentences, { signal })).loss);
  },
};

function measureTags(folder: string, files: string[], options: EvaluateOptions, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    const print = printer(options);
    const sentences = await taggedLike(folder, files, command);
    const model = await modelFrom<SequenceTagger>(folder, options);
    const result = await model.evaluate(sentences, { ...optionsIn(command, flags), signal });
    print.object(result);
    printTagging(print, result);
  });
}
