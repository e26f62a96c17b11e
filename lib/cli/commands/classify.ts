import type { Command } from "commander";
import type { Column, FrameFeatures } from "../../data/index.js";
import { sequenceTitle } from "../../data/index.js";
import { InputError, OptionError } from "../../errors.js";
import { encodeInput } from "../../models/sequenceClassifier/inputs.js";
import type { Classification, SequenceClassifier } from "../../models/sequenceClassifier/sequenceClassifier.js";
import { classifyRules } from "../../models/sequenceClassifier/sequenceClassifier.js";
import type { Completed } from "../../options.js";
import { flag, pick, table } from "../../options.js";
import { answerLines } from "../answers.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { framesFor } from "../frameFiles.js";
import { untilInterrupted } from "../interrupt.js";
import { textColumnsOf } from "../labelledFiles.js";
import { given, withOptions } from "../options.js";
import { results } from "../output.js";
import { oneCell, oneLine } from "../print.js";
import { readingLike, withSequenceColumn } from "../reading.js";
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
    arguments: [
      [
        "[text...]",
        "texts to label, by default the lines of standard input; for a classifier of vectors: files of sequences",
      ],
    ],
  },
  options: (command) => withSequenceColumn(withOptions(command, flags)),
  run: classifyTexts,
};

async function classifyTexts(folder: string, texts: string[], options: Options, command: Command): Promise<void> {
  const { batchSize, threshold } = options;
  const model = await modelFrom<SequenceClassifier>(folder, options);
  if (model.tokenizer.features) return classifyFrames(folder, texts, { model, options, command });
  const columns = await textColumnsOf(folder);
  await untilInterrupted(async (signal) => {
    await answerLines({ owner: "classify", purpose: "label" }, texts, {
      batchSize,
      signal,
      answer: (rows) =>
        model.classify(
          rows.map((row) => textOf(row, columns)),
          { batchSize, ...given({ threshold }), signal },
        ),
      read: (row) =>
        encodeInput(textOf(row, columns), model.tokenizer, { place: "it cannot be labelled", index: 0, count: 1 }),
      write: (row, found) => write(row, found, options),
    });
  });
}

/** Labels the sequences of files. */
function classifyFrames(
  folder: string,
  files: readonly string[],
  { model, options, command }: { model: SequenceClassifier; options: Options; command: Command },
): Promise<void> {
  const { batchSize, threshold } = options;
  return untilInterrupted(async (signal) => {
    if (files.length === 0) throw new OptionError("classify: the model reads vectors: expected files of sequences.");
    const { sequenceColumn, separator } = await readingLike(folder, files, command);
    const columns = given({ sequence: sequenceColumn, separator });
    const sequences = await framesFor(model.tokenizer.features as FrameFeatures, files, { options: columns, command });
    const found = await model.classify(sequences, { batchSize, ...given({ threshold }), signal });
    for (const [index, sequence] of sequences.entries()) {
      write(sequenceTitle(sequence, { index }), found[index] as Classification, options);
    }
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
