import type { Command } from "commander";
import type { Column } from "../data/index.js";
import { Corpus } from "../data/index.js";
import { OptionError } from "../errors.js";
import type { Printer } from "./print.js";
import { shortened } from "./print.js";
import type { Reading } from "./reading.js";
import { readingLike, tableOptionsOf } from "./reading.js";

/** The text of files: plain text, or a column of tables. */
export async function corpusOf(files: readonly string[], reading: Reading, owner: string): Promise<Corpus> {
  const corpus = await plainCorpus(files, reading, owner);
  return reading.reverseLines ? corpus.reversed() : corpus;
}

async function plainCorpus(files: readonly string[], reading: Reading, owner: string): Promise<Corpus> {
  const column = textColumnFor(files, reading, owner);
  if (column !== undefined) return Corpus.fromTable(files, { ...tableOptionsOf(reading), text: column });
  if (reading.empty !== "skip") return Corpus.fromFiles(files);
  throw new OptionError(`${owner}: --empty skip is for a table: say its --text-column too.`);
}

/** Says which column of a table is read, and shows its first text. */
export async function noteTexts(print: Printer, corpus: Corpus, { textColumn }: Reading): Promise<void> {
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
  { command, owner = command.name() }: { command: Command; owner?: string },
): Promise<Corpus> {
  return corpusOf(files, await readingLike(folder, files, command), owner);
}

/** The column that has the texts; undefined for plain text. @throws OptionError for a table of which nobody says what to read. */
export function textColumnFor(
  files: readonly string[],
  { textColumn, plainText, separator, header }: Reading,
  owner: string,
): Column | undefined {
  if (textColumn !== undefined) return textColumn;
  const needless = Object.entries({ separator, header }).find(([, value]) => value !== undefined)?.[0];
  if (needless !== undefined)
    throw new OptionError(`${owner}: ${needless} is for a table: say its --text-column too.`, [needless]);
  const file = tableAmong(files);
  if (file === undefined || plainText) return undefined;
  throw new OptionError(
    `${owner}: ${file} is a table by its name. Name its column of texts (--text-column), or say --plain-text to read the ` +
      "file as it stands.",
  );
}

/** The first file that is a table by its name. */
export function tableAmong(files: readonly string[]): string | undefined {
  return files.find((name) => /\.(csv|tsv|tab|jsonl|ndjson)$/i.test(name));
}

/** Characters of a text that are shown token by token. */
const mostShown = 20_000;

/** The beginning of files, to show what a model makes of it; "" where there are none. */
export async function beginningOf(folder: string, files: readonly string[], command: Command): Promise<string> {
  if (files.length === 0) return "";
  let text = "";
  for await (const piece of (await corpusLike(folder, files, { command, owner: "inspect --text" })).pieces()) {
    text += piece;
    if (text.length > mostShown) break;
  }
  return text.slice(0, mostShown);
}
