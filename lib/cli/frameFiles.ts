import type { Command } from "commander";
import type { FrameFeatures, FrameSequence, FrameTableOptions } from "../data/index.js";
import { frameTableRules, readColumnNames, sequenceTitle } from "../data/index.js";
import { readFrames } from "../formats/index.js";
import type { FrameTagger } from "../models/frameTagger/frameTagger.js";
import { without } from "../options.js";
import { given, withOptions } from "./options.js";
import type { Printer } from "./print.js";
import { countOf, oneCell, shortened } from "./print.js";
import { optionsLike } from "./remembered.js";

/** Adds the options that say how the frames of tables are read. @param options.labels whether labels are read, too. Default true. */
export function withFrameOptions(command: Command, { labels = true } = {}): Command {
  const rules = labels ? frameTableRules : without(frameTableRules, "label", "labelSeparator");
  return withOptions(command, rules, { group: "Reading files" });
}

/** The sequences of files. */
export async function readFrameFiles(files: readonly string[], options: FrameTableOptions): Promise<FrameSequence[]> {
  const sequences: FrameSequence[] = [];
  for (const file of files) for (const own of await readFrames(file, options)) sequences.push(own);
  return sequences;
}

/**
 * The sequences of files, read as the training of the model in a folder read its own unless the options say otherwise. In tables the
 * features are those of the model, by their names; a table that lacks the training's column of sequences is one sequence.
 * @param options.labels whether labels are read, too.
 */
export async function framesLike(
  { tokenizer: { features } }: FrameTagger,
  { folder, files, command, labels }: { folder: string; files: readonly string[]; command: Command; labels: boolean },
): Promise<FrameSequence[]> {
  const { label, ...reading } = await optionsLike(folder, command, frameTableRules);
  const options = { ...reading, ...(labels ? given({ label }) : {}) };
  return framesFor(features, files, { options, command });
}

/**
 * The sequences of files for a model of some features, which in tables are found by their names; a table that lacks the column of sequences
 * is one sequence, unless that was typed.
 */
export async function framesFor(
  { names }: FrameFeatures,
  files: readonly string[],
  { options, command }: { options: FrameTableOptions; command: Command },
): Promise<FrameSequence[]> {
  const table = { ...(names ? { features: names } : {}), ...options };
  const isTyped = command.getOptionValueSource("sequenceColumn") === "cli";
  const sequences: FrameSequence[] = [];
  for (const file of files) {
    const own = isTable(file)
      ? await withoutAbsent(file, table, isTyped)
      : given({ labelSeparator: options.labelSeparator });
    for (const sequence of await readFrameFiles([file], own)) sequences.push(sequence);
  }
  return sequences;
}

function isTable(file: string): boolean {
  return !/\.(npy|safetensors)$/i.test(file);
}

/** Options without the column of sequences where the table has none of its name, and nobody typed it. */
async function withoutAbsent(file: string, options: FrameTableOptions, isTyped: boolean): Promise<FrameTableOptions> {
  const { sequence, ...others } = options;
  if (isTyped || typeof sequence !== "string") return options;
  return (await readColumnNames(file, options.separator)).includes(sequence) ? options : others;
}

/** Says what was read, and shows the first labels: whether the columns are right is seen at once. */
export function noteFrames(print: Printer, files: readonly string[], sequences: readonly FrameSequence[]): void {
  const lengths = sequences.map(({ frames }) => frames.shape[0] as number);
  const frames = lengths.reduce((sum, length) => sum + length, 0);
  const features = sequences[0]?.frames.shape[1] ?? 0;
  print.note(
    `${files.join(", ")}: ${countOf(sequences.length, "sequence")}, ${countOf(frames, "frame")} of ${countOf(features, "feature")}.`,
  );
  const [first] = sequences;
  if (first?.labels) {
    const labels = first.labels.slice(0, 12).map((label) => [label ?? "-"].flat().join("+") || "none");
    print.note(`The first: ${oneCell(sequenceTitle(first, { index: 0 }))}: ${shortened(labels.join(" "))} ...`);
  }
  print.object({ event: "sequences", files, sequences: sequences.length, frames, features });
}
