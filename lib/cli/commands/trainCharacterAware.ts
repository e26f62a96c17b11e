import type { Command } from "commander";
import { CharacterAwareLanguageModel } from "../../models/characterAwareLanguageModel/characterAwareLanguageModel.js";
import { characterAwareRules } from "../../models/characterAwareLanguageModel/network.js";
import { without } from "../../options.js";
import { cellOptions, withCells } from "../cells.js";
import { textTrainingCommand } from "../textTraining.js";

export function characterAwareCommand(): Command {
  return textTrainingCommand({
    name: "char-aware",
    description: "train a language model that reads the characters of words and predicts words, on text files (UTF-8)",
    kind: CharacterAwareLanguageModel.kind,
    model: without(characterAwareRules, "vocabularySize", "characterCount", "cell"),
    tokenizer: "word",
    others: { add: (command) => withCells(command, characterAwareRules.cell.initial), typed: cellOptions },
    create: CharacterAwareLanguageModel.create,
  });
}
