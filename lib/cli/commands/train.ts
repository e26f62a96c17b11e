import { Command } from "commander";
import { languageModelCommand } from "./trainLanguageModel.js";
import { pairCommands } from "./trainPairs.js";

export function trainCommand(): Command {
  const command = new Command("train").description("train a model").addCommand(languageModelCommand());
  for (const pairs of pairCommands()) command.addCommand(pairs);
  return command;
}
