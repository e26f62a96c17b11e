import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { Column, TableOptions } from "../data/index.js";
import { columnRule, separatorRule } from "../data/index.js";
import { OptionError } from "../errors.js";
import { readTrainingRecord } from "../formats/index.js";
import type { Rule } from "../options.js";
import { completeOptions, optional } from "../options.js";
import { given } from "./options.js";

/** How commands read tables. */
export interface TableFlags {
  separator?: string;
  header?: boolean;
  skipEmpty?: boolean;
}

/** How commands read any file with texts: what a model folder remembers of its training. */
export interface ReadingFlags extends TableFlags {
  sourceColumn?: Column;
  targetColumn?: Column;
  textColumn?: Column;
  plainText?: boolean;
  copies?: boolean;
}

/** Adds the options that say how tables are read. */
export function withTableOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--separator <character>",
        "of a table: tab, comma, semicolon or another character (default: guessed from name and first lines)",
      ).argParser(checked(separatorRule)),
    )
    .option("--header", "of a table: its first row names the columns (default: if a column is given by its name)")
    .option("--no-header", "of a table: its first row has texts like the others")
    .option("--skip-empty", "leave out rows with an empty text, instead of refusing them");
}

/** An option for a column of a table. */
export function columnOption(flags: string, description: string): Option {
  return new Option(flags, `${description}: number from 1, or name in the first row or of a JSON field`).argParser(
    column,
  );
}

/** A number counts columns from 1; anything else is a name. */
function column(word: string): Column {
  return checked(columnRule)(/^\d+$/.test(word) ? Number(word) : word);
}

function checked<T>(rule: Rule<T>): (value: unknown) => T {
  return (value) => {
    if (rule.fits(value)) return value as T;
    throw new InvalidArgumentError(`expected ${rule.expected}.`);
  };
}

/** The library's options for those of the command line. */
export function tableOptionsFrom({ separator, header, skipEmpty }: TableFlags): TableOptions {
  return given({ separator, header, empty: skipEmpty ? ("skip" as const) : undefined });
}

/** Refuses options of tables that were typed for a command whose files are none. */
export function expectTable(command: Command, ...files: readonly (readonly string[])[]): void {
  if (files.some(({ length }) => length === 1)) return;
  for (const option of command.options) {
    const name = option.attributeName();
    if (!["separator", "header", "sourceColumn", "targetColumn"].includes(name)) continue;
    if (command.getOptionValueSource(name) !== "cli") continue;
    const flag = command.getOptionValue(name) === false ? "--no-header" : option.long;
    throw new OptionError(`${command.name()}: ${flag} is for a table, and these are files of lines.`);
  }
}

/** Options as they were typed, and where they were not, as the training of the model in a folder read its files. */
export async function readingFlags(folder: string, options: ReadingFlags): Promise<ReadingFlags> {
  const record = await readTrainingRecord(folder);
  if (!record) return options;
  const remembered = Object.fromEntries(Object.entries(record.options).filter(([name]) => name in flagRules));
  const before: ReadingFlags = given(completeOptions(`The training of ${folder}`, remembered, flagRules));
  // These two exclude each other.
  if (options.plainText) delete before.textColumn;
  if (options.textColumn !== undefined) delete before.plainText;
  return { ...before, ...(record.command === "autoencoder" ? { copies: true } : {}), ...given(options) };
}

const yesOrNo: Rule<boolean> = { expected: "true or false", fits: (value) => typeof value === "boolean" };

const flagRules = {
  separator: optional(separatorRule),
  header: optional(yesOrNo),
  skipEmpty: optional(yesOrNo),
  sourceColumn: optional(columnRule),
  targetColumn: optional(columnRule),
  textColumn: optional(columnRule),
  plainText: optional(yesOrNo),
};
