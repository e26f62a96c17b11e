import type { Command } from "commander";
import type { PairModel } from "../../models/pairModel/pairModel.js";
import type { Translation } from "../../models/pairModel/translation.js";
import { translateRules, unreadableError } from "../../models/pairModel/translation.js";
import type { Completed } from "../../options.js";
import { flag, pick, table } from "../../options.js";
import { answerLines } from "../answers.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { withOptions } from "../options.js";
import { results } from "../output.js";
import { oneLine } from "../print.js";
import { searchOptionsFrom, withSearchOptions } from "../searchOptions.js";
import type { Ability } from "../verbs.js";

const flags = table("translate lines", {
  ...pick(translateRules, "nBest", "batchSize"),
  /** Write the score before each text. */
  scores: flag(),
  /** Print one JSON object for each line. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

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
  const model = await modelFrom<PairModel>(folder, options);
  await untilInterrupted(async (signal) => {
    let readable = 0;
    const answered = await answerLines({ owner: "translate", purpose: "write" }, texts, {
      batchSize,
      signal,
      answer: async (lines, firstNumber) => {
        const found = await model.translate(lines, { ...search, firstNumber, signal });
        readable += found.filter((translation) => translation.readable).length;
        return found;
      },
      read: (line) => model.readSource(line),
      write: (line, found, number) => write(line, found, { ...options, number }),
    });
    if (answered > 0 && readable === 0) throw unreadableError(model.tokenizer);
  });
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
