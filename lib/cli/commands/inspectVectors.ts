import { join } from "node:path";
import type { Word2Vec } from "../../models/word2vec/word2vec.js";
import type { Completed } from "../../options.js";
import { list, optional, table, text } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { withOptions } from "../options.js";
import { printer } from "../print.js";
import type { Ability } from "../verbs.js";
import { describeWordVectors, writeVectorReport } from "../writeVectorReport.js";
import { judgementsOf } from "./evaluateVectors.js";
import { historyIn, inspect } from "./inspect.js";

/** Words that are shown. */
export const wordFlags = table("inspect words", {
  /** Words for the table and the lists of neighbours. Default: frequent ones. */
  words: optional(list(text({ as: "word" }))),
});

type Options = ExecutorOptions & Completed<typeof wordFlags> & { text?: string[]; out?: string; json?: boolean };

/** The lookup table, the map, neighbours, and agreement with people. */
export const inspectVectors: Ability = {
  verb: inspect,
  options: (command) => withOptions(command, wordFlags),
  run: (folder: string, options: Options) =>
    untilInterrupted(async (signal) => {
      const print = printer(options);
      const { text: files = [], out: file = join(folder, "report.html"), words } = options;
      const model = await modelFrom<Word2Vec>(folder, options);
      const vectors = await model.vectors();
      const agreement = await judgementsOf(files, { vectors, executor: model.executor, signal });
      const history = await historyIn(folder);
      await writeVectorReport({
        ...{ model, vectors, folder, file, agreement },
        description: describeWordVectors(model),
        // Their loss is none of a language model, and has no perplexity.
        history: history && { ...history, validations: [] },
        words: words ?? null,
        unit: "nats per prediction",
      });
      print.object({ report: file });
      print.line(`The report is in ${file}: open it in a browser.`);
    }),
};
