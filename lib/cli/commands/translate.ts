import { createInterface } from "node:readline";
import { Command } from "commander";
import { InputError, OptionError } from "../../errors.js";
import { Seq2Seq } from "../../models/seq2seq.js";
import type { Translation } from "../../models/translation.js";
import { unreadableError } from "../../models/translation.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom, withExecutorOptions } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { whole } from "../options.js";
import type { SearchOptions } from "../searchOptions.js";
import { searchOptionsFrom, withSearchOptions } from "../searchOptions.js";

interface Options extends ExecutorOptions, SearchOptions {
  nBest: number;
  scores?: boolean;
  batch: number;
  json?: boolean;
}

/** Lines that are read before they are sorted by length, in batches. */
const batchesAtOnce = 16;

export function translateCommand(): Command {
  const command = new Command("translate")
    .description("write the target of each line: translations, answers, pronunciations")
    .argument("<model>", "folder of a model that was trained on pairs")
    .argument("[text...]", "what to translate; default: the lines of standard input");
  withSearchOptions(command)
    .option("--n-best <n>", "how many of the best to write for each line", whole, 1)
    .option("--scores", "write the score before each text")
    .option("--batch <n>", "lines that are read side by side", whole, 32)
    .option("--json", "print one JSON object for each line");
  return withExecutorOptions(command).action(translate);
}

async function translate(folder: string, texts: string[], options: Options): Promise<void> {
  const { nBest, batch } = options;
  if (batch < 1) throw new OptionError("translate: --batch must be at least 1.");
  const search = { ...searchOptionsFrom(options), nBest, batchSize: batch, unreadable: "write" as const };
  const model = await Seq2Seq.load(folder, { executor: executorFrom(options) });
  let [read, readable] = [0, 0];
  await untilInterrupted(async (signal) => {
    for await (const lines of texts.length > 0 ? [texts] : standardInput(batch * batchesAtOnce, signal)) {
      const full = lines.filter((line) => line.trim() !== "");
      const found = await model.translate(full, { ...search, signal }).catch((error: unknown) => {
        throw located(error, model, lines, read);
      });
      let next = 0;
      for (const line of lines) write(line, line.trim() === "" ? null : (found[next++] as Translation), options);
      read += lines.length;
      readable += found.filter((translation) => translation.readable).length;
    }
    if (read > 0 && readable === 0) throw unreadableError(model.tokenizer);
  });
}

/** The error with the number of the line that cannot be read; `before` lines have been. */
function located(error: unknown, model: Seq2Seq, lines: readonly string[], before: number): unknown {
  if (!(error instanceof InputError)) return error;
  for (const [i, line] of lines.entries()) {
    try {
      model.tokenizer.encodeSource(line);
    } catch (cause) {
      return new InputError(`translate: line ${before + i + 1}: ${(cause as Error).message}`, cause);
    }
  }
  return error;
}

/** An empty line stays one, so that lines of source and target belong together. */
function write(source: string, translation: Translation | null, { nBest, scores, json }: Options): void {
  if (json) {
    const hypotheses = translation?.hypotheses.map(({ text, score, tokens, logProbabilities, ended }) => {
      return { text, score, tokens, logProbabilities, ended };
    });
    const { text = "", readable = false } = translation ?? {};
    process.stdout.write(`${JSON.stringify({ source, readable, text, hypotheses: hypotheses ?? [] })}\n`);
    return;
  }
  const found = translation?.hypotheses.slice(0, nBest) ?? [];
  if (found.length === 0) process.stdout.write("\n");
  for (const { text, score } of found) process.stdout.write(`${scores ? `${score.toFixed(4)}\t` : ""}${text}\n`);
}

/** Lines, some at a time; from a terminal, each as it comes. */
async function* standardInput(most: number, signal: AbortSignal): AsyncGenerator<string[], void, undefined> {
  const reader = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  // Reading from a terminal would go on.
  signal.addEventListener("abort", () => reader.close(), { once: true });
  const atOnce = process.stdin.isTTY ? 1 : most;
  let lines: string[] = [];
  for await (const line of reader) {
    lines.push(line);
    if (lines.length < atOnce) continue;
    yield lines;
    lines = [];
  }
  signal.throwIfAborted();
  if (lines.length > 0) yield lines;
}
