import type { Command } from "commander";
import { InputError } from "../../errors.js";
import type { Seq2Seq } from "../../models/seq2seq/seq2seq.js";
import type { Translation } from "../../models/seq2seq/translation.js";
import { translateRules, unreadableError } from "../../models/seq2seq/translation.js";
import type { Completed } from "../../options.js";
import { flag, pick, table } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { withOptions } from "../options.js";
import { notes, results } from "../output.js";
import { oneLine } from "../print.js";
import { searchOptionsFrom, withSearchOptions } from "../searchOptions.js";
import { standardInputLines } from "../standardInput.js";
import type { Ability } from "../verbs.js";

const flags = table("translate lines", {
  ...pick(translateRules, "nBest", "batchSize"),
  /** Write the score before each text. */
  scores: flag(),
  /** Print one JSON object for each line. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

/** Batches of lines that are sorted by length together. */
const batchesAtOnce = 16;

export const translate: Ability = {
  verb: {
    name: "translate",
    description: "write the target of each line: translations, answers, pronunciations",
    arguments: [["[text...]", "what to translate; default: the lines of standard input"]],
  },
  options: (command) => withSearchOptions(withOptions(command, flags)),
  run: translateTexts,
};

async function translateTexts(folder: string, texts: string[], options: Options, command: Command): Promise<void> {
  const { nBest, batchSize } = options;
  const search = { ...searchOptionsFrom(command), nBest, batchSize, unreadable: "write" as const };
  const model = await modelFrom<Seq2Seq>(folder, options);
  await untilInterrupted(async (signal) => {
    // Lines so far; of these the ones that are not blank, and of these the ones with a known token.
    let [read, asked, readable] = [0, 0, 0];
    for await (const lines of texts.length > 0 ? [texts] : standardInputLines(batchSize * batchesAtOnce, signal)) {
      const full = lines.filter((line) => line.trim() !== "");
      const found = await model.translate(full, { ...search, firstNumber: asked, signal }).catch((error: unknown) => {
        throw located(error, model, lines, read);
      });
      let next = 0;
      for (const line of lines) {
        write(line, line.trim() === "" ? null : (found[next++] as Translation), { ...options, number: ++read });
      }
      asked += full.length;
      readable += found.filter((translation) => translation.readable).length;
    }
    if (read === 0) notes.write("translate: standard input is empty, so there is nothing to write.\n");
    if (asked > 0 && readable === 0) throw unreadableError(model.tokenizer);
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

/**
 * One line out for each line in, a blank one for a blank one, so that lines of source and target belong together. Of several
 * targets each has a line that begins with the number of its source.
 */
function write(
  source: string,
  translation: Translation | null,
  { number, nBest, scores, json }: Options & { number: number },
): void {
  if (json) {
    const hypotheses = translation?.hypotheses.map(({ text, score, tokens, logProbabilities, ended }) => {
      return { text, score, tokens, logProbabilities, ended };
    });
    const { text = "", readable = false } = translation ?? {};
    results.json({ source, readable, text, hypotheses: hypotheses ?? [] });
    return;
  }
  const before = nBest > 1 ? `${number}\t` : "";
  const found = translation?.hypotheses.slice(0, nBest) ?? [];
  if (found.length === 0) results.write(`${before}\n`);
  for (const { text, score } of found) {
    results.write(`${before}${scores ? `${score.toFixed(4)}\t` : ""}${oneLine(text)}\n`);
  }
}
