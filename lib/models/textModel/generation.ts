import { OptionError } from "../../errors.js";
import type { OptionsOf, Rule } from "../../options.js";
import {
  abortSignal,
  completeOptions,
  list,
  option,
  optional,
  table,
  text,
  value,
  whole,
  without,
  word,
} from "../../options.js";
import type { CompleteSampling } from "../../search/sampling.js";
import { samplingRules, seeded } from "../../search/sampling.js";
import type { TextEnd } from "./textEnd.js";
import { textEnds } from "./textEnd.js";
import type { TokenStep } from "./tokenStep.js";

/** How texts are drawn, checked and complete. */
export interface Drawing extends CompleteSampling {
  maximumLength: number;
  end: TextEnd | undefined;
  stop: readonly string[];
  signal: AbortSignal | undefined;
}

/** Texts that one call may write side by side: each has a state and logits of its own in memory. */
const mostTexts = 2 ** 16;

/** A prompt, which may be empty: then the text begins as a line does. */
export const prompt = option(text({ empty: true, initial: "" }), { flag: "-p, --prompt" });

const stops: Rule<string | readonly string[] | undefined> = optional(
  value("a text that is not empty, or an array of such texts", (stops) => {
    return (Array.isArray(stops) ? stops : [stops]).every((stop) => typeof stop === "string" && stop !== "");
  }),
);

/** The options of whatever draws texts. */
export const generateRules = table("generate", {
  ...samplingRules,
  /** Text to continue. Default: the start of a line. */
  prompt,
  /** Tokens to write at most. Default 500. */
  maximumLength: option(whole({ minimum: 1, initial: 500 }), {
    flag: "-n, --maximum-length",
    aka: ["max_new_tokens", "max_length", "max_tokens", "num_predict"],
  }),
  /**
   * Where a text ends by itself: at the token for the end of a "sentence", at the end of a "line", or "never", so that it runs to
   * `maximumLength`; the end is not written. Default: line for a model of sentences, where each further line begins afresh, else
   * never.
   */
  end: optional(word(textEnds)),
  /** Stop before this text, or before the first of several, which is not written. Default: none. */
  stop: option(stops, { aka: ["stop_strings", "stop_sequences"], written: { as: "text", again: true } }),
  /** Signal that stops the writing. Default: none. */
  signal: abortSignal,
});

/** Options of `LanguageModel.generate`. @interface */
export type GenerateOptions = OptionsOf<typeof generateRules>;

export const generateAllRules = table("generateAll", {
  ...without(generateRules, "prompt"),
  /** Texts to continue, one for each text to write. Default: the start of a line, `count` times. */
  prompts: option(optional(list(text({ empty: true }))), { flag: null, excludes: ["count"] }),
  /** How many texts to write, without `prompts`. Default: 1. */
  count: option(optional(whole({ minimum: 1, maximum: mostTexts })), { aka: ["num_return_sequences", "num_samples"] }),
});

/** Options of `LanguageModel.generateAll`. @interface */
export type GenerateAllOptions = OptionsOf<typeof generateAllRules>;

/** @throws OptionError for an unknown option or a value outside its range. */
export function completeGenerate(options: GenerateOptions): Drawing & { prompt: string } {
  const { prompt, stop, end, signal, maximumLength, ...sampling } = completeOptions("generate", options, generateRules);
  return { ...seeded(sampling), maximumLength, end, signal, stop: listed(stop), prompt };
}

/** @throws OptionError for an unknown option or a value outside its range. */
export function completeGenerateAll(options: GenerateAllOptions): Drawing & { prompts: readonly string[] } {
  const who = "generateAll";
  const { prompts, count, stop, end, signal, maximumLength, ...sampling } = completeOptions(
    who,
    options,
    generateAllRules,
  );
  if (prompts?.length === 0 || (prompts?.length ?? 0) > mostTexts) {
    throw new OptionError(`${who}: expected prompts to hold 1 to ${mostTexts} texts, got ${prompts?.length}.`);
  }
  const own = prompts ?? Array.from({ length: count ?? 1 }, () => "");
  return { ...seeded(sampling), maximumLength, end, signal, stop: listed(stop), prompts: own };
}

function listed(stop: string | readonly string[] | undefined): readonly string[] {
  return typeof stop === "string" ? [stop] : (stop ?? []);
}

/** Tokens that are drawn in one call of the executor. */
const mostAtOnce = 32;

/**
 * Draws what follows some contexts, side by side: tokens of each row, as they come, at most `maximumLength` for each.
 * @param contexts each of at least one token.
 */
export async function* draw(
  step: TokenStep,
  contexts: readonly (readonly number[])[],
  options: CompleteSampling & { maximumLength: number; signal: AbortSignal | undefined },
): AsyncGenerator<{ row: number; token: number }, void, undefined> {
  const { maximumLength, signal, ...sampling } = options;
  const rows = contexts.length;
  const begun = await step.begin(
    contexts.map((context) => context.slice(0, -1)),
    signal,
  );
  let { state } = begun;
  const { read: ahead } = begun;
  const tokens = Int32Array.from(contexts, (context, row) => context[ahead[row] as number] as number);
  // Steps in which a row still reads its context.
  const longest = contexts.reduce((most, { length }, row) => Math.max(most, length - 1 - (ahead[row] as number)), 0);
  // The first token that is drawn comes at once, later ones some at a time, which costs less.
  for (let taken = 0, atOnce = 1; taken - longest < maximumLength; ) {
    const reading = taken < longest;
    const steps = reading ? 1 : Math.min(atOnce, longest + maximumLength - taken);
    // A token's random numbers are those of its place in its text, whatever was read at once.
    const result = await step.write(tokens, state, { sampling: { ...sampling, position: taken, ahead }, steps });
    state = result.state;
    for (let i = 0; i < steps; i++) {
      signal?.throwIfAborted();
      taken++;
      for (let row = 0; row < rows; row++) {
        const context = contexts[row] as readonly number[];
        const read = taken + (ahead[row] as number);
        const token = context[read] ?? (result.drawn[i * rows + row] as number);
        tokens[row] = token;
        const drawn = read - context.length + 1;
        if (drawn > 0 && drawn <= maximumLength) yield { row, token };
      }
    }
    if (!reading) atOnce = Math.min(2 * atOnce, mostAtOnce);
  }
}
