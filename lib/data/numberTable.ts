import { counted, describe, InputError, OptionError, quote } from "../errors.js";
import { nearestName } from "../options.js";
import type { TableFormat } from "./tableFormat.js";
import { formatWith, guessFormat } from "./tableFormat.js";
import type { TableRow } from "./tableRows.js";
import { tableRows } from "./tableRows.js";
import { expectPath, readTextFile } from "./textFile.js";

/** A row of a table of numbers. */
export interface NumberRow {
  /** "sales.csv, line 12" */
  readonly place: string;
  /** Its number in the file, from 1. */
  readonly line: number;
  /** A text for each column; "" where the row is shorter. */
  readonly cells: readonly string[];
}

/** A whole table whose first row names its columns. */
export interface NumberTable {
  readonly file: string;
  readonly names: readonly string[];
  readonly rows: readonly NumberRow[];
}

/** Words for a value that is missing. */
const missing = new Set(["", "na", "n/a", "nan", "null", "none", "-", "?", "."]);

/** The number of a cell, NaN where it says that there is none. @throws InputError that names the place. */
export function numberIn(cell: string, place: string, column: string): number {
  const text = cell.trim();
  if (missing.has(text.toLowerCase())) return Number.NaN;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  const hint = /^-?\d+(\.\d{3})*,\d+$/.test(text) ? " Decimal commas are to be written as points." : "";
  throw new InputError(
    `${place}, column ${quote(column)}: expected a number, or nothing where it is missing, got ${describe(cell)}.${hint}`,
  );
}

/** Whether any cell of a row holds something. */
export function isFilled({ cells }: Pick<NumberRow, "cells">): boolean {
  return cells.some((cell) => cell.trim() !== "");
}

/** Names of the columns of a table, of which no more than the first row is looked at. @throws InputError if the file has no rows. */
export async function readColumnNames(file: string, separator?: string): Promise<readonly string[]> {
  const format = await formatOf(file, separator);
  for await (const { cells } of tableRows(readTextFile(file, { keepReturns: true }), format, file)) {
    return isList(cells) ? cells.map((name) => name.trim()) : Object.keys(cells);
  }
  throw new InputError(`${file} has no rows.`);
}

async function formatOf(file: string, separator: string | undefined): Promise<TableFormat> {
  if (separator !== undefined) return formatWith(separator);
  for await (const piece of readTextFile(file, { keepReturns: true })) return guessFormat(file, piece);
  return guessFormat(file, "");
}

/**
 * Reads a table: CSV, TSV, or lines of JSON, whose fields are columns. A row whose cells are all empty is one of missing values, but for
 * those at the end, which spreadsheets leave there; a line without separators is none where there are several columns.
 * @throws InputError if the file is empty, no such table, or a row has more columns than the first.
 */
export async function readNumberTable(owner: string, file: string, separator?: string): Promise<NumberTable> {
  expectPath(owner, file);
  const format = await formatOf(file, separator);
  const rows: NumberRow[] = [];
  let names: readonly string[] | null = null;
  let known: ReadonlySet<string> = new Set();
  for await (const row of tableRows(readTextFile(file, { keepReturns: true }), format, file, { blank: true })) {
    const place = `${file}, line ${row.line}`;
    const isBlank = isList(row.cells) && row.cells.length === 1 && row.cells[0]?.trim() === "";
    if (isBlank && names?.length !== 1) continue;
    if (!names) {
      names = isList(row.cells) ? row.cells.map((name) => name.trim()) : Object.keys(row.cells);
      if (names.length === 0) throw new InputError(`${place} names no fields.`);
      known = new Set(names);
      if (isList(row.cells)) continue;
    }
    const cells = isList(row.cells) ? row.cells : fieldsIn(row.cells, { names, known }, place);
    const filled = cells.findLastIndex((cell) => cell.trim() !== "") + 1;
    if (filled > names.length) {
      throw new InputError(`${place} has ${counted(filled, "column")}, and the first row has ${names.length}.`);
    }
    rows.push({ place, line: row.line, cells: names.map((_, i) => cells[i] ?? "") });
  }
  if (format.separator !== null) rows.length = rows.findLastIndex(isFilled) + 1;
  if (!names || rows.length === 0) {
    throw new InputError(`${file} has no rows${names ? " but the names of its columns" : ""}.`);
  }
  return { file, names, rows };
}

function isList(cells: TableRow["cells"]): cells is readonly string[] {
  return Array.isArray(cells);
}

function fieldsIn(
  fields: Readonly<Record<string, unknown>>,
  { names, known }: { names: readonly string[]; known: ReadonlySet<string> },
  place: string,
): string[] {
  const other = Object.keys(fields).find((name) => !known.has(name));
  if (other !== undefined) {
    throw new InputError(
      `${place} has the field ${quote(other)}, and the first object has ${names.join(", ")} alone. Give it all fields, null where a value is missing.`,
    );
  }
  return names.map((name) => {
    const value = fields[name] ?? "";
    if (typeof value === "string" || typeof value === "number") return String(value);
    throw new InputError(
      `${place}: expected the field ${quote(name)} to be a number or a text, got ${describe(value)}.`,
    );
  });
}

/** Where a column is: by its name, or its number from 1. @throws OptionError for one that is not there. */
export function columnIn({ file, names }: Pick<NumberTable, "file" | "names">, column: number | string): number {
  if (typeof column === "number" && column <= names.length) return column - 1;
  const index = names.indexOf(String(column));
  if (typeof column === "string" && index >= 0 && names.lastIndexOf(column) === index) return index;
  const nearest = nearestName(String(column), names);
  const many = names.filter((name) => name === column).length > 1;
  throw new OptionError(
    many
      ? `${file} has several columns ${quote(String(column))}: take a number, from 1.`
      : `${file} has no column ${describe(column)}: its first line names ${names.slice(0, 20).join(", ")}` +
          `${names.length > 20 ? " ..." : ""}.${nearest === undefined ? "" : ` Did you mean ${nearest}?`}`,
  );
}
