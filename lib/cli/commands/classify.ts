import type { Column } from "../../data/index.js";
import { counted, InputError } from "../../errors.js";
import { textTokens } from "../../models/sequenceClassifier/examples.js";
import type { Classification, SequenceClassifier } from "../../models/sequenceClassifier/sequenceClassifier.js";
import { classifyRules } from "../../models/sequenceClassifier/sequenceClassifier.js";
import type { Completed } from "../../options.js";
import { flag, pick, table } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { textColumnsOf } from "../labelledFiles.js";
import { withOptions } from "../options.js";
import { notes, results } from "../output.js";
import { oneCell, oneLine } from "../print.js";
import { standardInputLines } from "../standardInput.js";
import type { Ability } from "../verbs.js";

const flags = table("classify lines", {
  ...pick(classifyRules, "batchSize", "threshold"),
  /** Write the probabilities of all labels, the likeliest first. */
  probabilities: flag(),
  /** Print one JSON object for each line. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

/** Batches of lines that are sorted by length together. */
const batchesAtOnce = 16;

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
    let read = 0;
    for await (const rows of texts.length > 0 ? [texts] : standardInputLines(batchSize * batchesAtOnce, signal)) {
      const lines = rows.map((row, i) => textOf(row, columns, `classify: line ${read + i + 1}`));
      const full = lines.filter((line) => line.trim() !== "");
      const found = await model.classify(full, { batchSize, threshold, signal }).catch((error: unknown) => {
        throw located(error, model, lines, read);
      });
      let next = 0;
      for (const [i, line] of lines.entries()) {
        write(rows[i] as string, line.trim() === "" ? null : (found[next++] as Classification), options);
      }
      read += lines.length;
    }
    if (read === 0) notes.write("classify: standard input is empty, so there is nothing to label.\n");
  });
}

/** The text of a line: of a model of several columns they stand in it, separated by tabs. */
function textOf(line: string, columns: readonly Column[], place: string): string {
  if (columns.length < 2 || line.trim() === "") return line;
  const cells = line.split("\t");
  if (cells.length === columns.length) return cells.join("\n");
  throw new InputError(
    `${place} has ${counted(cells.length, "column")}, and the model reads ${columns.length} (${columns.join(", ")}), separated by tabs.`,
  );
}

/** The error with the number of the line that cannot be read; `before` lines have been. */
function located(error: unknown, model: SequenceClassifier, lines: readonly string[], before: number): unknown {
  if (!(error instanceof InputError)) return error;
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    try {
      textTokens(line, "it cannot be labelled", model.tokenizer);
    } catch (cause) {
      return new InputError(`classify: line ${before + i + 1}: ${(cause as Error).message}`, cause);
    }
  }
  return error;
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
