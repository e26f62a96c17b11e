import type { Command } from "commander";
import { OptionError } from "../errors.js";
import { translateRules } from "../models/pairModel/translation.js";
import type { OptionsOf, OptionTable } from "../options.js";
import { expectCompany, without } from "../options.js";
import { samplingRules } from "../search/sampling.js";
import { typedOptions, withOptions } from "./options.js";

/** Adds the options that say how texts are searched for, or drawn. @param rules of the model's search. */
export function withSearchOptions(command: Command, rules: OptionTable = translateRules): Command {
  withOptions(command, without(rules, "nBest", "batchSize"), { group: "Search" });
  return withOptions(command, samplingRules, { group: "Drawing instead of searching, with one of these" });
}

/** The library's options for those of the command line. @throws OptionError for two that contradict each other. */
export function searchOptionsFrom<Rules extends OptionTable = typeof translateRules>(
  command: Command,
  rules: Rules = translateRules as unknown as Rules,
): Partial<OptionsOf<Rules>> {
  const search = typedOptions(command, without(rules, "nBest", "batchSize")) as Partial<OptionsOf<Rules>>;
  const sampling = typedOptions(command, samplingRules);
  const draws = Object.keys(sampling).some((name) => name !== "seed");
  if (sampling.seed !== undefined && !draws) {
    throw new OptionError("--seed is for what is drawn: add --temperature, --top-k or --top-p.");
  }
  const options = { ...search, ...(draws ? { sampling } : {}) };
  expectCompany(command.name(), options, rules);
  return options;
}
