import { Command } from "commander";
import { Corpus } from "../../data/index.js";
import { LanguageModel } from "../../models/languageModel.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom, withExecutorOptions } from "../executor.js";
import { exitCodeOf, interruptible } from "../interrupt.js";
import { whole } from "../options.js";
import { count, printer } from "../print.js";
import { measures } from "../reportTraining.js";

interface Options extends ExecutorOptions {
  batch: number;
  json?: boolean;
}

export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description("measure how well a language model predicts text files")
    .argument("<model>", "folder of a trained model")
    .argument("<text...>", "the text, one or several files")
    .option(
      "--batch <n>",
      "parts of the text that are read side by side: faster, but each begins without memory",
      whole,
      1,
    )
    .option("--json", "print one JSON object");
  return withExecutorOptions(command).action(evaluate);
}

async function evaluate(folder: string, files: string[], options: Options): Promise<void> {
  const print = printer(options);
  const { signal, stoppedBy, done } = interruptible();
  try {
    const model = await LanguageModel.load(folder, { executor: executorFrom(options) });
    const stream = await Corpus.fromFiles(files).tokenize(model.tokenizer, { signal });
    const result = await model.evaluate(stream, { batchSize: options.batch, signal }).finally(() => stream.close());
    print.object(result);
    print.line(`${count(result.tokens)} tokens: ${measures({ ...result, loss: result.nats })}`);
  } catch (error) {
    const by = stoppedBy();
    if (!by) throw error;
    process.exitCode = exitCodeOf(by);
  } finally {
    done();
  }
}
