import type { Command } from "commander";
import type { TableOptions } from "../data/index.js";
import { columnRule, labelledTableRules, pairTableRules } from "../data/index.js";
import { OptionError } from "../errors.js";
import { readTrainingRecord } from "../formats/index.js";
import type { OptionsOf } from "../options.js";
import { flag, list, option, optional, pick, table, text, without } from "../options.js";
import { given, optionsIn, typedOptions, withOptions } from "./options.js";
import { optionsLike } from "./remembered.js";

const columnWords = columnRule.written ?? { as: "column" };

const rules = table("files", {
  /** Column of a table that has the texts: its number from 1, or its name in the first row or of a JSON field. Default: none. */
  textColumn: option(optional(columnRule), { excludes: ["plainText"] }),
  /** Read a .csv, .tsv or .jsonl file as the plain text that it is. */
  plainText: flag(),
  /**
   * Read each line from its end to its beginning. A model that learns so is the backward one for --backward-model of train tag; what it
   * writes is turned round too.
   */
  reverseLines: flag(),
  ...pairTableRules,
  /** Column of a table that has the labels: its number from 1, or its name. Default: 2, or "label" in JSON. */
  labelColumn: optional(columnRule),
  /** Another column of texts, each read after that of --text-column, on a line of its own. The option may come several times. Default: none. */
  andColumn: option(optional(list(columnRule)), { written: { ...columnWords, again: true } }),
  ...pick(labelledTableRules, "labelSeparator"),
  /**
   * Where sequences of vectors are, to be read in place of the texts, which are their names: .safetensors files, .npy arrays, tables with
   * --sequence-column, folders of files with a sequence each. Default: none.
   */
  frames: option(optional(list(text({ as: "path" }))), {
    onResume: "changes",
    excludes: ["andColumn", "tokenizer", "vocabulary", "wordDropout"],
  }),
  /** Column of a table of --frames that says which sequence a row is of. Default: each table is one sequence. */
  sequenceColumn: optional(columnRule),
  /** Columns of a table of --frames that have the features. Default: all but that of the sequences, and one called "label". */
  featureColumns: optional(list(columnRule)),
  /** Take the lines of one file as sources and as targets: for autoencoders. */
  copies: flag(),
  /** Column of a table that has the names of images: its number from 1, or its name. Default: 1, or "image" in JSON. */
  imageColumn: optional(columnRule),
  /** Column of a table that has captions: its number from 1, or its name. Default: 2, or "caption" in JSON. */
  captionColumn: optional(columnRule),
  /**
   * Where images are: folders of PNG, JPEG or .npy files, .npy arrays (NAME.names.txt beside NAME.npy has a name a line), .safetensors
   * files with a tensor for each image. Default: none.
   */
  images: option(optional(list(text({ as: "path" }))), { onResume: "changes" }),
});

const captionNames = ["imageColumn", "captionColumn", "images"] as const;

/** How a command reads files with texts. */
export type Reading = OptionsOf<typeof rules>;

const group = "Reading files";

const lineNames = ["reverseLines"] as const;

const labelNames = [
  "labelColumn",
  "andColumn",
  "labelSeparator",
  "frames",
  "sequenceColumn",
  "featureColumns",
] as const;

/** Adds the options that say which texts of a file are read. */
export function withTextOptions(command: Command): Command {
  return withOptions(
    command,
    without(rules, "source", "target", "copies", ...lineNames, ...labelNames, ...captionNames),
    {
      group,
    },
  );
}

/** Adds the options that say which texts of a file a language model reads, and from which end. */
export function withLineOptions(command: Command): Command {
  return withOptions(withTextOptions(command), pick(rules, ...lineNames), { group });
}

/** Adds the options that say which columns of a table are texts and labels. */
export function withLabelOptions(command: Command): Command {
  const notes = { textColumn: '1, or "text" in JSON' };
  return withOptions(
    command,
    without(rules, "source", "target", "copies", "plainText", ...lineNames, ...captionNames),
    {
      group,
      notes,
    },
  );
}

/** Adds the options that say which columns of a table are source and target. */
export function withColumnOptions(command: Command, defaults: { source?: string; target?: string } = {}): Command {
  return withOptions(command, { ...pick(rules, "plainText"), ...pairTableRules }, { group, defaults });
}

/** Adds the options of commands that read pairs to measure or to show. */
export function withPairOptions(command: Command): Command {
  return withOptions(command, without(rules, ...lineNames, ...labelNames, ...captionNames), { group });
}

/** Adds the option that says which sequence a row of a table of frames is of. */
export function withSequenceColumn(command: Command): Command {
  return withOptions(command, pick(rules, "sequenceColumn"), { group });
}

/** Adds the options that say where images are, and which columns of a table are their names and captions. */
export function withCaptionColumns(command: Command): Command {
  return withOptions(command, pick(rules, "separator", "header", "empty", ...captionNames), { group });
}

/** Adds the option that says where images are. */
export function withImages(command: Command): Command {
  return withOptions(command, pick(rules, "images"), { group });
}

/** How a command reads files, by its own options. */
export function readingOf(command: Command): Reading {
  return optionsIn(command, rules);
}

/** How a command reads files: as was typed, otherwise as the training of the model in a folder read its own. */
export async function readingLike(folder: string, files: readonly string[], command: Command): Promise<Reading> {
  const [typed, record] = [typedOptions(command, rules), await readTrainingRecord(folder)];
  const reading: Reading = await optionsLike(folder, command, rules);
  // These two exclude each other.
  if (typed.plainText) delete reading.textColumn;
  if (typed.textColumn !== undefined) delete reading.plainText;
  return { copies: record?.command === "autoencoder" && files.length === 1, ...reading };
}

/** The library's options of tables. */
export function tableOptionsOf({ separator, header, empty }: Reading): TableOptions {
  return given({ separator, header, empty });
}

/** Refuses options of tables that were typed for a command whose files are none. */
export function expectTable(command: Command, ...files: readonly (readonly string[])[]): void {
  if (files.some(({ length }) => length === 1)) return;
  const [name] = Object.keys(typedOptions(command, pick(rules, "separator", "header", "source", "target")));
  if (name === undefined) return;
  throw new OptionError(`${command.name()}: ${name} is for a table, and these are files of lines.`, [name]);
}
