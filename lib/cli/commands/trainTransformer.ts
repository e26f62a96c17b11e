import type { Command } from "commander";
import { transformerLanguageModelRules } from "../../models/transformerLanguageModel/network.js";
import { TransformerLanguageModel } from "../../models/transformerLanguageModel/transformerLanguageModel.js";
import { without } from "../../options.js";
import { textTrainingCommand } from "../textTraining.js";

export function transformerCommand(): Command {
  return textTrainingCommand({
    name: "transformer",
    description: "train a Transformer language model on text files (UTF-8)",
    kind: TransformerLanguageModel.kind,
    model: without(transformerLanguageModelRules, "vocabularySize"),
    create: TransformerLanguageModel.create,
  });
}
