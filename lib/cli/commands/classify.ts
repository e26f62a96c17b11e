import type { Column } from "../../data/index.js";
import { InputError } from "../../errors.js";
import { textTokens } from "../../models/sequenceClassifier/examples.js";
import type { Classification, SequenceClassifier } from "../../models/sequenceClassifier/sequenceClassifier.js";
import { classifyRules } from "../../models/sequenceClassifier/sequenceClassifier.js";
import type { Completed } from "../../options.js";
import { flag, pick, table } from "../../options.js";
import { answerLines } from "../answers.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { textColumnsOf } from "../labelledFiles.js";
import { withOptions } from "../options.js";
import { results } from "../output.js";
import { oneCell, oneLine } from "../print.js";
import type { Ability } from "../verbs.js";

const flags = table("classify lines", {
  ...pick(classifyRules, "batchSize", "threshold"),
  /** Write the probabilities of all labels, the likeliest first. */
  probabilities: flag(),
  /** Print one JSON object for each line. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

export const classify: Ability = {
  verb: {
    name: "classify",
    description: "write the label of each line, and how likely it is",
    arguments: [["[text...]", "texts to label; default: the lines of standard input"]],
  },
  options: (command) => withOptions(command, flags),
  run: classifyTexts,
};

async function classifyTexts(folder: string, texts: string[], options: Options): Promise<void> {
  const { batchSize, threshold } = options;
  const model = await modelFrom<SequenceClassifier>(folder, options);
  const columns = await textColumnsOf(folder);
  await untilInterrupted(async (signal) => {
    await answerLines({ owner: "classify", purpose: "label" }, texts, {
      batchSize,
      signal,
      answer: (rows) =>
        model.classify(
          rows.map((row) => textOf(row, columns)),
          { batchSize, threshold, signal },
        ),
      read: (row) => textTokens(textOf(row, columns), "it cannot be labelled", model.tokenizer),
      write: (row, found) => write(row, found, options),
    });
  });
}

/** The text of a line: of a model of several columns they stand in it, separated by tabs. */
function textOf(line: string, columns: readonly Column[]): string {
  if (columns.length < 2) return line;
  const cells = line.split("\t");
  if (cells.length === columns.length) return cells.join("\n");
  throw new InputError(
    `expected ${columns.length} columns (${columns.join(", ")}), separated by tabs, got ${cells.length}.`,
  );
}

/** One line out for each line in, an empty one for an empty one: label, probability, text. */
function write(text: string, found: Classification | null, { probabilities, json }: Options): void {
  const ranked = Object.entries(found?.probabilities ?? {}).sort(([, a], [, b]) => b - a);
  if (json) {
    results.json({ text, label: found?.label ?? null, probabilities: found?.probabilities ?? {} });
  } else if (!found) {
    results.write("\n");
  } else if (probabilities) {
    results.write(`${ranked.map(([label, p]) => `${oneCell(label)} ${p.toFixed(4)}`).join("  ")}\t${oneLine(text)}\n`);
  } else {
    const labels = [found.label].flat();
    const sure = labels.map((label) => (found.probabilities[label] as number).toFixed(4)).join(" ");
    results.write(`${labels.map(oneCell).join(" ")}\t${sure}\t${oneLine(text)}\n`);
  }
}
