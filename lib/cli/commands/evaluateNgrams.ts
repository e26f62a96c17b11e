import type { Command } from "commander";
import type { NgramProbability } from "../../models/ngramModel/ngramMeasure.js";
import type { NgramModel } from "../../models/ngramModel/ngramModel.js";
import type { Completed } from "../../options.js";
import { flag, table } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { typedOptions, withOptions } from "../options.js";
import { count, countOf, printer } from "../print.js";
import { logFlags, TokenTable } from "../printNgrams.js";
import { withLineOptions } from "../reading.js";
import { measures } from "../reportTraining.js";
import { corpusLike } from "../textFiles.js";
import type { Ability } from "../verbs.js";
import { cacheFlags, evaluate } from "./evaluate.js";

const flags = table("evaluate n-grams", {
  /**
   * Print each word: its log-probability, the words of the longest n-gram that the model has for it, and whether the vocabulary lacks it.
   * Default false.
   */
  words: flag(),
  ...logFlags,
});

/** Perplexity on texts, with and without unknown words, and how often each order was found. */
export const evaluateNgrams: Ability = {
  verb: evaluate,
  options: (command) => {
    return withOptions(withOptions(withLineOptions(command), flags), cacheFlags, { group: "Adaptation" });
  },
  run: measure,
};

function measure(
  folder: string,
  files: string[],
  options: ExecutorOptions & Completed<typeof flags> & { json: boolean },
  command: Command,
): Promise<void> {
  return untilInterrupted(async (signal) => {
    const print = printer(options);
    const model = await modelFrom<NgramModel>(folder, options);
    const corpus = await corpusLike(folder, files, { command });
    const stream = await corpus.tokenize(model.tokenizer, { signal });
    const words: NgramProbability["tokens"] = [];
    const rows = options.words ? new TokenTable(print, options.logBase) : null;
    const onTokens = (tokens: NgramProbability["tokens"]) => {
      rows?.rows(tokens);
      if (options.json) words.push(...tokens);
    };
    const cache = typedOptions(command, cacheFlags);
    const reading = model.evaluate(stream, { ...cache, signal, ...(options.words ? { onTokens } : {}) });
    const result = await reading.finally(() => stream.close());
    print.object(options.words ? { ...result, words } : result);
    const { tokens, unknown, known, orders } = result;
    print.line(`${countOf(tokens, "token")}: ${measures(result)}`);
    if (unknown > 0) {
      const share = ((100 * unknown) / tokens).toFixed(1);
      print.line(`${countOf(known.tokens, "token")} of the vocabulary: ${measures(known)}; ${share} % are not in it.`);
    }
    const found = orders.map((times, i) => `${i + 1}-gram ${((100 * times) / tokens).toFixed(1)} %`);
    print.line(`Longest n-gram found: ${found.join(", ")} of ${count(tokens)}.`);
  });
}
