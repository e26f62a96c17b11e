import { pipeline, Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { InputError } from "../errors.js";
import type { TableFormat } from "./tableFormat.js";
import { csvRules } from "./tableFormat.js";

/** A line of a table, or several where a quoted column holds line ends. */
export interface TableRow {
  /** Number of its first line in the file, from 1. */
  readonly line: number;
  /** Columns, or the fields of an object. */
  readonly cells: readonly string[] | Readonly<Record<string, unknown>>;
}

type Pieces = AsyncIterable<string>;

/**
 * The rows of a text that comes in pieces.
 * @param options.blank whether blank lines of CSV are rows too. @throws InputError for what is not in the format.
 */
export async function* tableRows(
  pieces: Pieces,
  { separator, preamble }: TableFormat,
  file: string,
  { blank }: { blank: boolean } = { blank: false },
): AsyncGenerator<TableRow, void, undefined> {
  const lines = wholeLines(pieces, file);
  const rows =
    separator === null
      ? jsonRows(lines, file)
      : separator === "\t"
        ? tsvRows(lines)
        : csvRows(lines, { separator, file, blank });
  for await (const row of rows) if (row.line > preamble) yield row;
}

/**
 * A text whose last line has its whole end, also where a shell has taken a part of it.
 * @throws InputError for a text of several lines in the form of old Macs, whose ends end no line here.
 */
export async function* wholeLines(pieces: Pieces, file: string): Pieces {
  let [hasLines, hasReturns, last] = [false, false, ""];
  for await (const piece of pieces) {
    hasLines ||= piece.includes("\n");
    hasReturns ||= !hasLines && (last === "\r" || /\r[^\r]/.test(piece));
    if (piece !== "") last = piece.at(-1) as string;
    yield piece;
  }
  if (hasReturns && !hasLines) {
    throw new InputError(
      `${file} has carriage returns and no line feed, and so is one line. Make line feeds of them: tr '\\r' '\\n' < FILE > new.txt`,
    );
  }
  if (last === "\r") yield "\n";
}

/** Lines of a text in pieces, without the line end and what Windows puts before it. */
export async function* linesOf(pieces: Pieces): AsyncGenerator<string, void, undefined> {
  const open: string[] = [];
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", start)) {
      yield withoutReturns(open.splice(0).join("") + piece.slice(start, end));
      start = end + 1;
    }
    if (start < piece.length) open.push(piece.slice(start));
  }
  if (open.length > 0) yield open.join("");
}

function withoutReturns(line: string): string {
  let end = line.length;
  while (line[end - 1] === "\r") end--;
  return line.slice(0, end);
}

/** A tab ends a column, and quotes are like other characters. */
async function* tsvRows(pieces: Pieces): AsyncGenerator<TableRow, void, undefined> {
  let line = 0;
  for await (const text of linesOf(pieces)) yield { line: ++line, cells: text.split("\t") };
}

async function* csvRows(
  pieces: Pieces,
  { separator, file, blank }: { separator: string; file: string; blank: boolean },
): AsyncGenerator<TableRow, void, undefined> {
  const parser = parse(csvRules(separator));
  pipeline(Readable.from(pieces), parser, () => {});
  let line = 1;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (blank || cells.length > 1 || cells[0] !== "") yield { line, cells };
      // The parser's own count takes a "\r\n" inside quotes for two line ends.
      line += 1;
      for (const cell of cells) line += cell.split("\n").length - 1;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const open = error.code === "CSV_QUOTE_NOT_CLOSED";
    const why = open ? `the quote that opens a column in line ${line} or after it is never closed` : error.message;
    throw new InputError(`${file} is not CSV: ${why}. A quote inside a quoted column is written twice.`, error);
  }
}

async function* jsonRows(pieces: Pieces, file: string): AsyncGenerator<TableRow, void, undefined> {
  let line = 0;
  for await (const text of linesOf(pieces)) {
    line++;
    if (text.trim() === "") continue;
    const cells = parseLine(text);
    if (cells instanceof Error || typeof cells !== "object" || cells === null || Array.isArray(cells)) {
      const got = cells instanceof Error ? cells.message : Array.isArray(cells) ? "an array" : "no object";
      const hint = text.trimStart().startsWith("[") ? " A list in one file becomes lines by: jq -c '.[]' FILE" : "";
      throw new InputError(`${file}, line ${line}: expected an object of JSON, got ${got}.${hint}`);
    }
    yield { line, cells: cells as Record<string, unknown> };
  }
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}
