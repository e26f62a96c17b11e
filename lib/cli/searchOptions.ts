import type { Command } from "commander";
import { OptionError } from "../errors.js";
import type { TranslateOptions } from "../models/seq2seq/translation.js";
import { given, number, penalty, whole } from "./options.js";

/** The options that say how targets are searched for. */
export interface SearchOptions {
  beams?: number;
  lengthPenalty: number | "average";
  coveragePenalty?: number;
  minimumLength?: number;
  maximumLength?: number;
  blockRepeats?: number;
  prefix?: string;
  ban?: string[];
  groups?: number;
  diversity?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  seed?: number;
}

export function withSearchOptions(command: Command): Command {
  return command
    .option("--beams <n>", "hypotheses that are followed side by side; 1 is greedy (default: 5)", whole)
    .option(
      "--length-penalty <x>",
      'scores are divided by ((5 + length) / 6) to this power, or "average" for the length itself',
      penalty,
      1,
    )
    .option("--coverage-penalty <x>", "with attention: how much it counts to have looked at all of the source", number)
    .option("--minimum-length <n>", "tokens before the end", whole)
    .option("--maximum-length <n>", "tokens, the end included (default: twice those of the source, and 20)", whole)
    .option("--block-repeats <n>", "write no n tokens twice in one text", whole)
    .option("--prefix <text>", "what every text begins with")
    .option("--ban <token...>", "tokens that may not be written")
    .option("--groups <n>", "deal the beams out to groups that avoid each other's tokens", whole)
    .option("--diversity <x>", "with --groups: how much they avoid them (default: 0.5)", number)
    .option("-t, --temperature <x>", "draw tokens instead of searching; above 1 is daring", number)
    .option("--top-k <k>", "draw among the k most probable tokens", whole)
    .option("--top-p <p>", "draw among the most probable tokens that together reach p", number)
    .option("--seed <n>", "of what is drawn: the same seed draws the same (default: a new one)", whole);
}

/** The library's options for those of the command line. @throws OptionError for two that contradict each other. */
export function searchOptionsFrom(options: SearchOptions): TranslateOptions {
  const { temperature, topK, topP, seed, ban, groups, ...shared } = options;
  const { beams, lengthPenalty, coveragePenalty, minimumLength, maximumLength, blockRepeats, prefix } = shared;
  const search = {
    beams,
    lengthPenalty,
    coveragePenalty,
    minimumLength,
    maximumLength,
    noRepeatNgram: blockRepeats,
    prefix,
  };
  const drawing = given({ temperature, topK, topP, seed });
  const draws = temperature !== undefined || topK !== undefined || topP !== undefined;
  if (seed !== undefined && !draws)
    throw new OptionError("--seed is for what is drawn: add --temperature, --top-k or --top-p.");
  if (shared.diversity !== undefined && groups === undefined) throw new OptionError("--diversity needs --groups.");
  return {
    ...given({ ...search, banned: ban, groups, diversity: shared.diversity }),
    ...(draws ? { sampling: drawing } : {}),
  };
}
