import type { Command } from "commander";
import { readTrainingRecord } from "../formats/index.js";
import type { OptionsOf, OptionTable, Rule } from "../options.js";
import { checkOption } from "../options.js";
import { attributeOf } from "./flagNames.js";
import { typedOptions } from "./options.js";

/** Options that say how files are read: as was typed, otherwise as the training of the model in a folder read its own. */
export async function optionsLike<Table extends OptionTable>(
  folder: string,
  command: Command,
  rules: Table,
): Promise<Partial<OptionsOf<Table>>> {
  const record = await readTrainingRecord(folder);
  const remembered = Object.entries<Rule<unknown>>(rules).flatMap(([name, rule]) => {
    const value = record?.options[attributeOf(name, rule)];
    return value === undefined ? [] : [[name, checkOption(`The training of ${folder}`, name, value, rule)]];
  });
  return { ...Object.fromEntries(remembered), ...typedOptions(command, rules) };
}
