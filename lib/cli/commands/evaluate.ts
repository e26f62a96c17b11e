import { Command, Option } from "commander";
import type { TokenizerPair } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { modelIn, writeFileAtomically } from "../../formats/index.js";
import type { BleuTokenization } from "../../metrics/index.js";
import { bleuTokenizations } from "../../metrics/index.js";
import { LanguageModel } from "../../models/languageModel/languageModel.js";
import { Seq2Seq } from "../../models/seq2seq/seq2seq.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom, withExecutorOptions } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { given, whole } from "../options.js";
import { pairsLike, withPairOptions } from "../pairFiles.js";
import type { Printer } from "../print.js";
import { count, countOf, oneLine, printer } from "../print.js";
import { printScores } from "../printScores.js";
import { measures } from "../reportTraining.js";
import type { SearchOptions } from "../searchOptions.js";
import { searchOptionsFrom, withSearchOptions } from "../searchOptions.js";
import type { ReadingFlags } from "../tableOptions.js";
import { corpusLike, withTextColumn } from "../textFiles.js";

interface Options extends ExecutorOptions, SearchOptions, ReadingFlags {
  batch?: number;
  output?: string;
  bleuTokenizer?: BleuTokenization;
  lowercase?: boolean;
  json?: boolean;
}

export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description("measure how well a model predicts text, or writes what pairs of texts ask for")
    .argument("<model>", "folder of a trained model")
    .argument(
      "<files...>",
      "text; for a model of pairs: a table (.tsv, .csv, .jsonl), or a file of sources and one or more of references. Pairs of " +
        "one source are one source with several references, wherever they stand. Read as the training read its files",
    )
    .option("--batch <n>", "texts side by side (default: 1 for text, where each part begins without memory; 32)", whole)
    .option("--output <file>", "keep what was written, a line for each row of the files")
    .addOption(
      new Option("--bleu-tokenizer <kind>", "how BLEU cuts texts into words (default: 13a)").choices(bleuTokenizations),
    )
    .option("--lowercase", "ignore case in all scores");
  withTextColumn(withSearchOptions(withPairOptions(command)));
  return withExecutorOptions(command.option("--json", "print one JSON object")).action(evaluate);
}

async function evaluate(folder: string, files: string[], options: Options, command: Command): Promise<void> {
  const print = printer(options);
  const pairs = (await modelIn(folder)) === "Seq2Seq";
  if (!pairs) expectTextOptions(command);
  await untilInterrupted((signal) => {
    const work = { files, command, options, signal, print };
    return pairs ? evaluatePairs(folder, work) : evaluateText(folder, work);
  });
}

interface Work {
  files: readonly string[];
  command: Command;
  options: Options;
  signal: AbortSignal;
  print: Printer;
}

const textOptions = new Set([
  ...["batch", "json", "executor", "precision", "threads"],
  ...["textColumn", "plainText", "separator", "header", "skipEmpty"],
]);

/** A language model writes nothing here. @throws OptionError for options of search and of pairs. */
function expectTextOptions(command: Command): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (textOptions.has(name) || command.getOptionValueSource(name) !== "cli") continue;
    throw new OptionError(`evaluate: ${option.long} is for models of pairs, and this is a language model.`);
  }
}

async function evaluateText(folder: string, { files, options, signal, print }: Work): Promise<void> {
  const model = await LanguageModel.load(folder, { executor: executorFrom(options) });
  const corpus = await corpusLike(folder, files, options, "evaluate");
  const stream = await corpus.tokenize(model.tokenizer, { signal });
  const result = await model.evaluate(stream, { batchSize: options.batch ?? 1, signal }).finally(() => stream.close());
  print.object(result);
  print.line(`${countOf(result.tokens, "token")}: ${measures(result)}`);
  if (result.unknown === 0) return;
  const share = ((100 * result.unknown) / result.tokens).toFixed(1);
  print.line(`${countOf(result.unknown, "token")} (${share} %) not in the vocabulary: read and predicted as <unk>.`);
}

async function evaluatePairs(folder: string, { files, command, options, signal, print }: Work): Promise<void> {
  const { batch = 32, lowercase, bleuTokenizer: tokenize, output } = options;
  const search = searchOptionsFrom(options);
  const { pairs, targets } = await pairsLike(folder, { files, command, options });
  const model = await Seq2Seq.load(folder, { executor: executorFrom(options) });
  const predicted = await model.evaluate(pairs, { batchSize: batch, signal });
  const line = print.progress();
  const { texts, ...scores } = await model
    .score(pairs, {
      ...search,
      batchSize: batch,
      signal,
      scores: given({ lowercase, tokenize }),
      onProgress: (share) => line.update(share, "writing"),
    })
    .finally(() => line.stop());
  if (output !== undefined) {
    const rows = texts.filter((_, i) => i % targets === 0);
    await writeFileAtomically(output, rows.map((text) => `${oneLine(text)}\n`).join(""));
  }
  print.object({ ...predicted, ...scores });
  print.line(`${count(predicted.tokens)} tokens: ${measures(predicted)}`);
  print.line(`${countOf(scores.sources, "source")}, ${countOf(scores.references, "reference")}:`);
  printScores(print, scores, unitOf(model.tokenizer));
}

/** What a target is counted in. */
function unitOf({ source, target }: TokenizerPair): string {
  if (target.kind === "character") return "characters";
  return target.kind === "word" && source.kind === "character" ? "symbols" : "words";
}
