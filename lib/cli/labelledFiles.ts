import type { Command } from "commander";
import type { Column, LabelledReading } from "../data/index.js";
import { readTableOfLabels } from "../data/index.js";
import { OptionError } from "../errors.js";
import { FrameSet, readTrainingRecord } from "../formats/index.js";
import { given } from "./options.js";
import type { Printer } from "./print.js";
import { count, countOf, shortened } from "./print.js";
import type { Reading } from "./reading.js";
import { readingLike, tableOptionsOf } from "./reading.js";

/** The texts and labels of tables. */
export async function readLabelled(
  files: readonly string[],
  reading: Reading,
  owner: string,
): Promise<LabelledReading> {
  const { textColumn, andColumn = [], labelColumn: label, labelSeparator } = reading;
  if (andColumn.length > 0 && textColumn === undefined) {
    throw new OptionError(`${owner}: andColumn needs textColumn, the first column of texts.`, [
      "andColumn",
      "textColumn",
    ]);
  }
  const text = textColumn === undefined ? undefined : [textColumn, ...andColumn];
  const tables: LabelledReading[] = [];
  for (const file of files) {
    tables.push(
      await readTableOfLabels(owner, file, { ...tableOptionsOf(reading), ...given({ text, label, labelSeparator }) }),
    );
  }
  const examples = tables.flatMap((read) => read.examples);
  return {
    examples:
      reading.frames === undefined ? examples : await (await frameSetOf(reading.frames, reading)).labelled(examples),
    skipped: tables.reduce((sum, { skipped }) => sum + skipped, 0),
    description: tables.map(({ description }) => description).join("; "),
  };
}

/** The sequences that a command reads in place of texts. */
function frameSetOf(frames: readonly string[], reading: Reading): Promise<FrameSet> {
  const { sequenceColumn: sequence, featureColumns: features, separator } = reading;
  return FrameSet.open(frames, given({ sequence, features, separator }));
}

/** The texts and labels of tables, read as the training of the model in a folder read its own unless the options say otherwise. */
export async function labelledLike(
  folder: string,
  files: readonly string[],
  command: Command,
): Promise<LabelledReading> {
  return readLabelled(files, await readingLike(folder, files, command), command.name());
}

/** The columns of texts that the training of the model in a folder read; none where it does not say. */
export async function textColumnsOf(folder: string): Promise<readonly Column[]> {
  const { textColumn, andColumn } = (await readTrainingRecord(folder))?.options ?? {};
  return [textColumn, andColumn].flat().filter((column) => column !== undefined) as Column[];
}

/** Says what was read, and shows the first text: whether columns and header are right is seen at once. */
export function noteLabelled(print: Printer, { examples, skipped, description }: LabelledReading): void {
  const [first] = examples;
  const left = skipped > 0 ? `; ${count(skipped)} left out for an empty text or label` : "";
  print.note(`${description}: ${countOf(examples.length, "text")}${left}.`);
  if (first) print.note(`The first: ${shortened(first.text)} -> ${shortened(String(first.label))}`);
  print.object({ event: "texts", description, texts: examples.length, skipped, first });
}
