import type { Command } from "commander";
import { OptionError } from "../errors.js";

/** @throws OptionError for an option or an argument that is given as an empty text: that is not the same as leaving it out. */
export function expectNoEmptyTexts(command: Command): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== "cli") continue;
    if (![command.getOptionValue(name)].flat().includes("")) continue;
    throw new OptionError(`${command.name()}: ${option.long} is empty. Give it a value, or leave it out.`);
  }
  for (const [i, value] of command.processedArgs.entries()) {
    if (![value].flat().includes("")) continue;
    const name = command.registeredArguments[i]?.name() ?? "argument";
    throw new OptionError(`${command.name()}: <${name}> is empty. Give it a value.`);
  }
}
