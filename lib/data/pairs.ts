import { parse } from "csv-parse/sync";
import { InputError, OptionError } from "../errors.js";
import { expectKnownOptions } from "../options.js";
import { readLines, readTextFile } from "./textFile.js";

/** A text and the one that is to be made of it. */
export interface Pair {
  readonly source: string;
  readonly target: string;
  /** Where it stands, for messages: "train.tsv, line 12". */
  readonly place: string;
}

export interface TableOptions {
  /** What is between columns. Default: a comma in a .csv file, otherwise a tab. */
  separator?: "tab" | "comma";
  /** The source's column: its number from 0, or its name in the first line. Default 0. */
  source?: number | string;
  /** The target's column. Default 1. */
  target?: number | string;
  /** Whether the first line names the columns. Default: yes where a column is given by its name, otherwise no. */
  header?: boolean;
}

/**
 * Reads pairs from two files, the target of a line in the same line of the other file.
 * @throws InputError if a file is empty or not UTF-8, has an empty line, or the other has more or fewer lines.
 */
export async function readParallelText(sourceFile: string, targetFile: string): Promise<Pair[]> {
  const [sources, targets] = [await readLines(sourceFile), await readLines(targetFile)];
  if (sources.length !== targets.length) {
    const [longer, at] = sources.length > targets.length ? [sourceFile, targets.length] : [targetFile, sources.length];
    throw new InputError(
      `${sourceFile} has ${sources.length} lines and ${targetFile} has ${targets.length}: expected a target for every ` +
        `source. Line ${at + 1} of ${longer} has no partner.`,
    );
  }
  return sources.map((source, i) => {
    for (const [file, text] of [
      [sourceFile, source],
      [targetFile, targets[i] as string],
    ] as const) {
      if (text.trim() === "") throw new InputError(`${file}, line ${i + 1} is empty: expected a text on both sides.`);
    }
    return { source, target: targets[i] as string, place: `${sourceFile} and ${targetFile}, line ${i + 1}` };
  });
}

/**
 * Reads pairs from two columns of a table: TSV, where a tab ends a column and quotes are like other characters, or CSV (RFC 4180),
 * where a quoted column may hold commas and line ends.
 * @throws InputError if the file is empty or not UTF-8, or a line lacks a column or has an empty one; OptionError for a column
 *   that the first line does not name.
 */
export async function readPairTable(file: string, options: TableOptions = {}): Promise<Pair[]> {
  expectKnownOptions("readPairTable", options, ["separator", "source", "target", "header"]);
  const { separator = /\.csv$/i.test(file) ? "comma" : "tab", source = 0, target = 1 } = options;
  const named = typeof source === "string" || typeof target === "string";
  if (named && options.header === false) {
    throw new OptionError(
      "readPairTable: columns are given by name, and header is off: the first line must name them.",
    );
  }
  const text = await textOf(file);
  const rows = separator === "comma" ? csvRows(text, file) : tsvRows(text);
  const names = (options.header ?? named) ? rows.shift()?.columns : undefined;
  const indexOf = (column: number | string): number => {
    if (typeof column === "number") return column;
    const index = names?.indexOf(column) ?? -1;
    if (index >= 0) return index;
    throw new OptionError(
      `${file} has no column ${JSON.stringify(column)}: its first line names ${names?.join(", ")}.`,
    );
  };
  const columns = [indexOf(source), indexOf(target)] as const;
  const pairs = rows.map(({ columns: values, line }) => {
    const place = `${file}, line ${line}`;
    const [from, to] = columns.map((column) => {
      const value = values[column];
      if (value === undefined) {
        throw new InputError(`${place} has ${values.length} columns: expected ${Math.max(...columns) + 1} or more.`);
      }
      if (value.trim() === "") throw new InputError(`${place}: column ${column + 1} is empty: expected a text.`);
      return value;
    }) as [string, string];
    return { source: from, target: to, place };
  });
  if (pairs.length === 0) throw new InputError(`${file} has no pairs.`);
  return pairs;
}

interface Row {
  columns: string[];
  line: number;
}

function tsvRows(text: string): Row[] {
  const rows = text.split("\n").map((line, i) => ({ columns: line.split("\t"), line: i + 1 }));
  return rows.filter(({ columns }, i) => i < rows.length - 1 || columns.join("") !== "");
}

function csvRows(text: string, file: string): Row[] {
  try {
    const records = parse(text, { relax_column_count: true, skip_empty_lines: true, info: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    // Its last line is known; quotes may hold line ends.
    return records.map(({ record, info }) => ({
      columns: record,
      line: info.lines - record.join("").split("\n").length + 1,
    }));
  } catch (cause) {
    throw new InputError(`${file} is not CSV: ${(cause as Error).message}.`, cause);
  }
}

async function textOf(file: string): Promise<string> {
  let text = "";
  for await (const piece of readTextFile(file)) text += piece;
  return text;
}
