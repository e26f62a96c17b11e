import type { Command } from "commander";
import { LanguageModel } from "../../models/languageModel/languageModel.js";
import { configRules } from "../../models/languageModel/network.js";
import { without } from "../../options.js";
import { cellOptions, withCells } from "../cells.js";
import { textTrainingCommand } from "../textTraining.js";

export function languageModelCommand(): Command {
  return textTrainingCommand({
    name: "lm",
    description: "train a language model on text files (UTF-8)",
    kind: LanguageModel.kind,
    model: without(configRules, "vocabularySize", "cell"),
    others: { add: (command) => withCells(command, configRules.cell.initial), typed: cellOptions },
    create: LanguageModel.create,
  });
}
