import type { Command } from "commander";
import type { NgramModel } from "../../models/ngramModel/ngramModel.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { typedOptions, withOptions } from "../options.js";
import { count, countOf, printer } from "../print.js";
import { withLineOptions } from "../reading.js";
import { measures } from "../reportTraining.js";
import { corpusLike } from "../textFiles.js";
import type { Ability } from "../verbs.js";
import { cacheFlags, evaluate } from "./evaluate.js";

/** Perplexity on texts, with and without unknown words, and how often each order was found. */
export const evaluateNgrams: Ability = {
  verb: evaluate,
  options: (command) => withOptions(withLineOptions(command), cacheFlags, { group: "Adaptation" }),
  run: measure,
};

function measure(
  folder: string,
  files: string[],
  options: ExecutorOptions & { json: boolean },
  command: Command,
): Promise<void> {
  return untilInterrupted(async (signal) => {
    const print = printer(options);
    const model = await modelFrom<NgramModel>(folder, options);
    const corpus = await corpusLike(folder, files, { command });
    const stream = await corpus.tokenize(model.tokenizer, { signal });
    const cache = typedOptions(command, cacheFlags);
    const result = await model.evaluate(stream, { ...cache, signal }).finally(() => stream.close());
    print.object(result);
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
