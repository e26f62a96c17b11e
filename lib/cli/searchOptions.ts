import type { Command } from "commander";
import { OptionError } from "../errors.js";
import type { TranslateOptions } from "../models/seq2seq/translation.js";
import { translateRules } from "../models/seq2seq/translation.js";
import { expectCompany, without } from "../options.js";
import { samplingRules } from "../search/sampling.js";
import { typedOptions, withOptions } from "./options.js";

const searchRules = without(translateRules, "nBest", "batchSize");

/** Adds the options that say how targets are searched for, or drawn. */
export function withSearchOptions(command: Command): Command {
  withOptions(command, searchRules, { group: "Search" });
  return withOptions(command, samplingRules, { group: "Drawing instead of searching, with one of these" });
}

/** The library's options for those of the command line. @throws OptionError for two that contradict each other. */
export function searchOptionsFrom(command: Command): TranslateOptions {
  const [search, sampling] = [typedOptions(command, searchRules), typedOptions(command, samplingRules)];
  const draws = Object.keys(sampling).some((name) => name !== "seed");
  if (sampling.seed !== undefined && !draws) {
    throw new OptionError("--seed is for what is drawn: add --temperature, --top-k or --top-p.");
  }
  const options = { ...search, ...(draws ? { sampling } : {}) };
  expectCompany(command.name(), options, translateRules);
  return options;
}
