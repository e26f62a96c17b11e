import type { Command } from "commander";
import { FeedForwardLanguageModel } from "../../models/feedForwardLanguageModel/feedForwardLanguageModel.js";
import { feedForwardRules } from "../../models/feedForwardLanguageModel/network.js";
import { without } from "../../options.js";
import { textTrainingCommand } from "../textTraining.js";

export function feedForwardCommand(): Command {
  return textTrainingCommand({
    name: "nplm",
    description:
      "train a neural probabilistic language model, which reads a fixed number of words, on text files (UTF-8)",
    kind: FeedForwardLanguageModel.kind,
    model: without(feedForwardRules, "vocabularySize"),
    tokenizer: "word",
    create: FeedForwardLanguageModel.create,
  });
}
