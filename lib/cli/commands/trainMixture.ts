import { Command } from "commander";
import { OptionError, withArticle } from "../../errors.js";
import { expectFreeFolder, lockFolder } from "../../formats/index.js";
import { Mixture } from "../../models/mixture/mixture.js";
import { loadModel } from "../../models/registry.js";
import { readingRules } from "../../models/textModel/textMeasure.js";
import { TextModel } from "../../models/textModel/textModel.js";
import type { Completed } from "../../options.js";
import { flag, list, table, text } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom, withExecutorOptions } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { withOptions } from "../options.js";
import { oneCell, printer } from "../print.js";
import { withLineOptions } from "../reading.js";
import { corpusLike } from "../textFiles.js";

const flags = table("train mixture", {
  /** Folders of the models to mix, two or more, all with one vocabulary. */
  models: list(text({ as: "folder" })),
  /** Folder for the mixture. */
  out: text({ as: "folder" }),
  /** Replace the model in the folder. */
  overwrite: flag(),
  batchSize: readingRules.batchSize,
  /** Print one JSON object. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

/** The command that fits the weights of a mixture. */
export function mixtureCommand(): Command {
  const command = new Command("mixture")
    .description("mix models of text: their probabilities interpolated, with the weights that make a text likeliest")
    .argument(
      "<text...>",
      "text to fit the weights on, which no model has learnt from, such as that of the validation",
    );
  withLineOptions(withOptions(command, flags));
  return withExecutorOptions(command).action(mix);
}

async function mix(files: string[], options: Options, command: Command): Promise<void> {
  const owner = "train mixture";
  const { models: folders = [], out, overwrite, batchSize } = options;
  if (folders.length < 2) {
    throw new OptionError(`${owner}: expected models to be two folders or more, got ${folders.length}.`, ["models"]);
  }
  if (out === undefined)
    throw new OptionError(`${owner}: expected out to be the folder of the mixture, got none.`, ["out"]);
  const print = printer(options);
  await expectFreeFolder(owner, out, { overwrite });
  await untilInterrupted((signal) =>
    lockFolder(out, { owner, purpose: "training" }, async () => {
      const executor = executorFrom(options);
      const models: TextModel[] = [];
      for (const folder of folders) {
        const model = await loadModel(folder, { executor });
        if (!(model instanceof TextModel)) {
          throw new OptionError(
            `${owner}: ${folder} holds ${withArticle(model.kind.name)}, which is no model of text.`,
          );
        }
        models.push(model);
      }
      const mixture = await Mixture.of(models);
      const corpus = await corpusLike(folders[0] as string, files, { command, owner });
      const stream = await corpus.tokenize(mixture.tokenizer, { signal });
      const line = print.progress();
      const fit = await mixture
        .fit(stream, { batchSize, signal, onProgress: (share) => line.update(share, "reading") })
        .finally(() => Promise.all([line.stop(), stream.close()]));
      signal.throwIfAborted();
      await mixture.save(out, { overwrite });
      print.object({ models: folders, ...fit, out });
      const width = Math.max(...folders.map((folder) => oneCell(folder).length), "the mixture".length);
      print.line(`${"".padEnd(width)}  weight  perplexity`);
      for (const [k, folder] of folders.entries()) {
        const [weight, perplexity] = [fit.weights[k] as number, fit.perplexities[k] as number];
        print.line(`${oneCell(folder).padEnd(width)}  ${weight.toFixed(4)}  ${perplexity.toFixed(3).padStart(10)}`);
      }
      print.line(`${"the mixture".padEnd(width)}          ${fit.perplexity.toFixed(3).padStart(10)}`);
      print.line(`The mixture is in ${out}: ostinato evaluate ${out} <text>`);
    }),
  );
}
