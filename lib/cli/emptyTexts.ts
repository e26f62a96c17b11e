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
  for (const [i, argument] of command.registeredArguments.entries()) {
    if (![command.processedArgs[i]].flat().includes("")) continue;
    throw new OptionError(`${command.name()}: <${argument.name()}> is empty. Give it a value.`);
  }
}
