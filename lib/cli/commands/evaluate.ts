import { Command, Option } from "commander";
import type { TokenizerPair } from "../../data/index.js";
import { Corpus } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { modelIn } from "../../formats/index.js";
import type { BleuTokenization } from "../../metrics/index.js";
import { bleuTokenizations } from "../../metrics/index.js";
import { LanguageModel } from "../../models/languageModel.js";
import { Seq2Seq } from "../../models/seq2seq.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom, withExecutorOptions } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { given, whole } from "../options.js";
import type { PairOptions } from "../pairFiles.js";
import { pairsOf, withPairOptions } from "../pairFiles.js";
import type { Printer } from "../print.js";
import { count, printer } from "../print.js";
import { measures } from "../reportTraining.js";
import type { SearchOptions } from "../searchOptions.js";
import { searchOptionsFrom, withSearchOptions } from "../searchOptions.js";

interface Options extends ExecutorOptions, SearchOptions, PairOptions {
  batch?: number;
  bleuTokenizer?: BleuTokenization;
  lowercase?: boolean;
  json?: boolean;
}

export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description("measure how well a model predicts text, or writes what pairs of texts ask for")
    .argument("<model>", "folder of a trained model")
    .argument("<files...>", "text; for a model of pairs: two files (source, target), or a table (.tsv, .csv)")
    .option("--batch <n>", "texts side by side (default: 1 for text, where each part begins without memory; 32)", whole)
    .addOption(
      new Option("--bleu-tokenizer <kind>", "how BLEU cuts texts into words (default: 13a)").choices(bleuTokenizations),
    )
    .option("--lowercase", "ignore case in all scores");
  return withExecutorOptions(
    withSearchOptions(withPairOptions(command)).option("--json", "print one JSON object"),
  ).action(evaluate);
}

async function evaluate(folder: string, files: string[], options: Options, command: Command): Promise<void> {
  const print = printer(options);
  const pairs = (await modelIn(folder)) === "Seq2Seq";
  if (!pairs) expectTextOptions(command);
  const measure = pairs ? evaluatePairs : evaluateText;
  await untilInterrupted((signal) => measure(folder, files, { ...options, signal }, print));
}

type Signalled = Options & { signal: AbortSignal };

/** A language model writes nothing here. @throws OptionError for options of search and of pairs. */
function expectTextOptions(command: Command): void {
  const own = new Set(["batch", "json", "executor", "precision", "threads"]);
  for (const option of command.options) {
    const name = option.attributeName();
    if (own.has(name) || command.getOptionValueSource(name) !== "cli") continue;
    throw new OptionError(`evaluate: ${option.long} is for models of pairs, and this is a language model.`);
  }
}

async function evaluateText(folder: string, files: string[], options: Signalled, print: Printer): Promise<void> {
  const { signal } = options;
  const model = await LanguageModel.load(folder, { executor: executorFrom(options) });
  const stream = await Corpus.fromFiles(files).tokenize(model.tokenizer, { signal });
  const result = await model.evaluate(stream, { batchSize: options.batch ?? 1, signal }).finally(() => stream.close());
  print.object(result);
  print.line(`${count(result.tokens)} tokens: ${measures({ ...result, loss: result.nats })}`);
}

async function evaluatePairs(folder: string, files: string[], options: Signalled, print: Printer): Promise<void> {
  const { signal, batch = 32, lowercase = false, bleuTokenizer } = options;
  const search = searchOptionsFrom(options);
  const pairs = await pairsOf(files, options, "evaluate");
  const model = await Seq2Seq.load(folder, { executor: executorFrom(options) });
  const predicted = await model.evaluate(pairs, { batchSize: batch, signal });
  const line = print.progress();
  const scores = await model
    .score(pairs, {
      ...search,
      batchSize: batch,
      signal,
      bleu: { lowercase, ...given({ tokenize: bleuTokenizer }) },
      onProgress: (share) => line.update(share, "writing"),
    })
    .finally(() => line.stop());
  print.object({ ...predicted, ...scores });
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const { bleu, chrf, errorRate, exact, tokenAccuracy, sources } = scores;
  const unit = unitOf(model.tokenizer);
  print.line(`${count(predicted.tokens)} tokens: ${measures({ ...predicted, loss: predicted.nats })}`);
  print.line(`${count(sources)} sources:`);
  print.line(`  BLEU         ${bleu.score.toFixed(2)}  (${bleu.signature})`);
  print.line(`  chrF         ${chrf.score.toFixed(2)}  (${chrf.signature})`);
  print.line(`  exact        ${percent(exact)}  (${percent(1 - exact)} with an error)`);
  print.line(`  error rate   ${percent(errorRate.rate)} of ${unit}`);
  print.line(`  accuracy     ${percent(tokenAccuracy)} of ${unit}, place by place`);
}

/** What a target is counted in. */
function unitOf({ source, target }: TokenizerPair): string {
  if (target.kind === "character") return "characters";
  return target.kind === "word" && source.kind === "character" ? "symbols" : "words";
}
