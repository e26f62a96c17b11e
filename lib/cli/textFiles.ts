import type { Command } from "commander";
import type { Column } from "../data/index.js";
import { Corpus } from "../data/index.js";
import { OptionError } from "../errors.js";
import type { Printer } from "./print.js";
import { shortened } from "./print.js";
import type { ReadingFlags } from "./tableOptions.js";
import { columnOption, readingFlags, tableOptionsFrom, withTableOptions } from "./tableOptions.js";

/** Adds the options that say which texts of a table are read. */
export function withTextOptions(command: Command): Command {
  return withTableOptions(withTextColumn(command));
}

/** Adds the options that say whether a file is plain text or a table, for commands that have those of tables already. */
export function withTextColumn(command: Command): Command {
  return command
    .addOption(columnOption("--text-column <name>", "read the texts of this column of a table"))
    .option("--plain-text", "read a .csv, .tsv or .jsonl file as the plain text that it is");
}

/** The text of files: plain text, or a column of tables. */
export async function corpusOf(files: readonly string[], options: ReadingFlags, owner: string): Promise<Corpus> {
  const column = textColumnFor(files, options, owner);
  if (column === undefined) {
    if (options.skipEmpty) throw new OptionError(`${owner}: --skip-empty is for a table: say its --text-column too.`);
    return Corpus.fromFiles(files);
  }
  return Corpus.fromTable(files, { ...tableOptionsFrom(options), text: column });
}

/** Says which column of a table is read, and shows its first text. */
export async function noteTexts(print: Printer, corpus: Corpus, { textColumn }: ReadingFlags): Promise<void> {
  if (textColumn === undefined) return;
  for await (const text of corpus.pieces()) {
    print.note(`${corpus.name}: the texts of column ${textColumn}. The first: ${shortened(text.trimEnd())}`);
    return;
  }
}

/** The text of files, read as the training of the model in a folder read its own unless the options say otherwise. */
export async function corpusLike(
  folder: string,
  files: readonly string[],
  options: ReadingFlags,
  owner: string,
): Promise<Corpus> {
  return corpusOf(files, await readingFlags(folder, options), owner);
}

/** The column that has the texts; undefined for plain text. @throws OptionError for a table of which nobody says what to read. */
export function textColumnFor(
  files: readonly string[],
  { textColumn, plainText, ...table }: ReadingFlags,
  owner: string,
): Column | undefined {
  if (textColumn !== undefined && plainText) {
    throw new OptionError(`${owner}: --plain-text and --text-column contradict each other.`);
  }
  if (textColumn !== undefined) return textColumn;
  const needless = Object.entries({ "--separator": table.separator, "--header": table.header });
  const flag = needless.find(([, value]) => value !== undefined)?.[0];
  if (flag !== undefined) throw new OptionError(`${owner}: ${flag} is for a table: say its --text-column too.`);
  const file = files.find((name) => /\.(csv|tsv|tab|jsonl|ndjson)$/i.test(name));
  if (file === undefined || plainText) return undefined;
  throw new OptionError(
    `${owner}: ${file} is a table by its name. Say which column has the texts (--text-column), or --plain-text to read the ` +
      "file as it stands.",
  );
}
