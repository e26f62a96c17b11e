import { counted, describe, InputError, OptionError } from "../errors.js";
import type { Completed, OptionsOf } from "../options.js";
import { nearestName, option, optional, table, text, value, word, yesOrNo } from "../options.js";
import type { TableFormat } from "./tableFormat.js";
import { formatWith, guessFormat, separatorRule, separatorText } from "./tableFormat.js";
import { looksLikeHeader } from "./tableHeader.js";
import type { TableRow } from "./tableRows.js";
import { tableRows } from "./tableRows.js";
import { expectPath, readTextFile } from "./textFile.js";

/** How a table of texts is read: CSV, TSV, or lines of JSON. */
export const tableRules = table("tables", {
  /**
   * Separator of the columns of a table: tab, comma, semicolon, or another single character. Between tabs quotes are like other
   * characters; otherwise a column in quotes may hold the separator, line ends, and quotes written twice. Default: guessed from
   * the file's name and first lines, which also show lines of JSON.
   */
  separator: option(optional(separatorRule), { aka: ["delimiter", "sep"] }),
  /** Read the first row of a table as the names of its columns. Default: where a column is given by its name. */
  header: optional(yesOrNo),
  /** Rule for a row that has an empty text: "refuse" it with an error, or "skip" it. Default refuse. */
  empty: word(["refuse", "skip"], "refuse"),
});

/** Options of reading a table. @interface */
export type TableOptions = OptionsOf<typeof tableRules>;

/** A column: its number from 1, or its name in the first row. Lines of JSON have names; "a.b" is field b of field a. */
export type Column = number | string;

/** The rule of a column. On a command line a number is one. */
export const columnRule = option(
  value<Column>(
    "a column: its number from 1, or its name in the first row",
    (column) => (Number.isInteger(column) && (column as number) >= 1) || text().fits(column),
  ),
  { written: { as: "column", parse: (typed) => (/^\d+$/.test(typed) ? Number(typed) : typed) } },
);

/** A column to read, and what it is where nobody names it. */
export interface WantedColumn {
  readonly column: Column | undefined;
  /** Its number, from 1. */
  readonly number: number;
  /** Its name in lines of JSON. */
  readonly name: string;
  /** Text between the parts of its cells, which may have none; in lines of JSON the field may be a list of them. */
  readonly parts?: string;
}

/** The texts of one row. */
export interface RowTexts {
  /** "train.csv, line 12" */
  readonly place: string;
  readonly line: number;
  /** A text for each column. */
  readonly texts: readonly string[];
}

/** Some columns of a table in a file. */
export class Table {
  /** "train.csv: columns Q and A, separated by commas, named in the first row", for people. */
  readonly description: string;
  /** Rows that were left out for an empty text, once all have been read. */
  skipped = 0;
  /** Whether the first row is read as texts though nobody said that it is no header. */
  readonly mayHaveHeader: boolean;
  readonly #file: string;
  readonly #format: TableFormat;
  readonly #header: boolean;
  readonly #columns: readonly Column[];
  readonly #empty: "refuse" | "skip";
  /** Text between the parts of each column's cells; undefined where a cell is one text. */
  readonly #parts: readonly (string | undefined)[];
  /** The first row: names of columns, or the first texts. */
  readonly #first: TableRow;

  private constructor(
    file: string,
    read: {
      format: TableFormat;
      header: boolean;
      columns: readonly Column[];
      empty: "refuse" | "skip";
      parts: readonly (string | undefined)[];
      first: TableRow;
      mayHaveHeader: boolean;
    },
  ) {
    this.#file = file;
    this.#format = read.format;
    this.#header = read.header;
    this.#columns = read.columns;
    this.#empty = read.empty;
    this.#parts = read.parts;
    this.#first = read.first;
    this.mayHaveHeader = read.mayHaveHeader;
    const { separator } = read.format;
    const columns = `${read.columns.length > 1 ? "columns" : "column"} ${read.columns.join(" and ")}`;
    this.description =
      separator === null
        ? `${file}: ${columns.replace("column", "field")} of lines of JSON`
        : `${file}: ${columns}, separated by ${separatorText(separator)}${read.header ? ", named in the first row" : ""}`;
  }

  /**
   * Looks at the beginning of a file and finds the columns in it.
   * @param options those of `tableRules`, complete. Columns that are not asked for have their number, or in lines of JSON their name.
   * @throws OptionError for a column that is not there, and for a first row that looks like names though nobody says so.
   */
  static async open(
    owner: string,
    options: Completed<typeof tableRules> & { file: string; columns: readonly WantedColumn[] },
  ): Promise<Table> {
    const { file, separator, header, empty } = options;
    expectPath(owner, file);
    const named = options.columns.find(({ column }) => typeof column === "string")?.column;
    if (named !== undefined && header === false) {
      throw new OptionError(
        `${owner}: column ${JSON.stringify(named)} is given by its name, and header is off: the first row must name the columns.`,
      );
    }
    const format = separator === undefined ? guessFormat(file, await beginningOf(file)) : formatWith(separator);
    const first = await firstRow(file, format);
    if (!first) throw new InputError(`${file} has no rows.`);
    const columns = options.columns.map(
      ({ column, number, name }) => column ?? (format.separator === null ? name : number),
    );
    const table = new Table(file, {
      format,
      header: format.separator !== null && (header ?? named !== undefined),
      columns,
      empty,
      parts: options.columns.map(({ parts }) => parts),
      first,
      mayHaveHeader: format.separator !== null && header === undefined && named === undefined,
    });
    if (header === undefined) table.#expectTexts();
    table.#expectColumns(options.columns.map(({ name }) => name));
    return table;
  }

  /** The texts of the columns, row by row. @throws InputError that names the line. */
  async *rows(): AsyncGenerator<RowTexts, void, undefined> {
    const names = this.#header ? (this.#first.cells as readonly string[]) : null;
    this.skipped = 0;
    let rows = 0;
    for await (const row of rowsOf(this.#file, this.#format)) {
      if (names && row.line === this.#first.line) continue;
      rows++;
      const place = `${this.#file}, line ${row.line}`;
      this.#expectWidth(row, place);
      const texts = this.#columns.map((column, i) => this.#text(row, { column, parts: this.#parts[i] }, place));
      if (names && texts.every((text, i) => text === names[this.#indexOf(this.#columns[i] as Column)])) {
        throw new InputError(`${place} names the columns again: two tables were joined there. Take the line out.`);
      }
      const empty = texts.findIndex((text, i) => text.trim() === "" && this.#parts[i] === undefined);
      if (empty < 0) yield { place, line: row.line, texts };
      else if (this.#empty === "skip") this.skipped++;
      else throw emptyError(`${place}: ${this.#columnText(this.#columns[empty] as Column)} is empty`);
    }
    if (rows === 0) throw new InputError(`${this.#file} has no rows but the names of its columns.`);
  }

  #text({ cells }: TableRow, { column, parts }: { column: Column; parts: string | undefined }, place: string): string {
    if (isFields(cells)) return fieldText(cells, column as string, { place, parts });
    const index = this.#indexOf(column);
    const text = cells[index];
    // A blank line is an empty text wherever its column is.
    if (text === undefined && this.#empty === "skip" && cells.join("") === "") return "";
    if (text !== undefined) return text;
    const wanted = `${place} has ${counted(cells.length, "column")}: expected ${index + 1} or more`;
    const width = this.#first.cells.length as number;
    throw new InputError(
      width > index
        ? `${wanted}, as the first row has ${width}. Complete the row, or take it out.`
        : `${wanted}. If something else is between them, say so (separator: ";"; --separator on the command line).`,
    );
  }

  /** In CSV a separator that nobody quoted makes two columns of a text. */
  #expectWidth({ cells }: TableRow, place: string): void {
    const { separator } = this.#format;
    if (separator === "\t" || isFields(cells) || isFields(this.#first.cells)) return;
    const [width, filled] = [this.#first.cells.length, cells.findLastIndex((cell) => cell !== "") + 1];
    if (filled <= width) return;
    throw new InputError(
      `${place} has ${counted(filled, "column")}, and the first row has ${width}. A text with ${JSON.stringify(separator)} in it ` +
        "must stand in quotes.",
    );
  }

  #indexOf(column: Column): number {
    if (typeof column === "number") return column - 1;
    const names = this.#first.cells as readonly string[];
    const exact = names.indexOf(column);
    return exact >= 0 ? exact : names.findIndex((name) => name.trim() === column.trim());
  }

  #columnText(column: Column): string {
    if (this.#format.separator === null) return `the field ${JSON.stringify(column)}`;
    return typeof column === "number" ? `column ${column}` : `column ${JSON.stringify(column)}`;
  }

  /** @param roles what each column is for: "source", "text" ... */
  #expectColumns(roles: readonly string[]): void {
    const { cells } = this.#first;
    const names = isFields(cells) ? Object.keys(cells) : cells;
    for (const [i, column] of this.#columns.entries()) {
      const role = roles[i] as string;
      if (isFields(cells)) {
        if (typeof column === "string" && fieldOf(cells, column) !== undefined) continue;
        throw this.#missing(column, { has: `its first line has the fields ${names.join(", ")}`, names, role });
      }
      if (typeof column === "number") {
        // A table of one column is more often one of another separator.
        if (column <= names.length || names.length < 2) continue;
        throw this.#missing(column, { has: `its columns are 1 to ${names.length}`, names, role });
      }
      const same = names.filter((name) => name.trim() === column.trim());
      if (same.length > 1) {
        throw new OptionError(
          `${this.#file} has ${same.length} columns ${JSON.stringify(column)}: take a number, from 1.`,
        );
      }
      if (same.length === 0) {
        throw this.#missing(column, { has: `its first line names ${names.join(", ")}`, names, role });
      }
    }
  }

  #missing(column: Column, { has, names, role }: { has: string; names: readonly string[]; role: string }): OptionError {
    const nearest = typeof column === "string" ? nearestName(column, names) : undefined;
    const other = ` Name another one (${role}; --${role}-column on the command line).`;
    const hint = nearest === undefined ? other : ` Did you mean ${nearest}?`;
    const what = this.#format.separator === null ? "field" : "column";
    return new OptionError(`${this.#file} has no ${what} ${describe(column)}: ${has}.${hint}`);
  }

  #expectTexts(): void {
    const { cells } = this.#first;
    if (this.#header || isFields(cells)) return;
    const texts = this.#columns.map((column) => cells[(column as number) - 1]);
    const distinct = new Set(texts.map((text) => text?.toLowerCase())).size === texts.length;
    if (!distinct || !texts.every((text) => text !== undefined && looksLikeHeader(text))) return;
    throw new OptionError(
      `${this.#file}: the first row looks like the names of columns (${texts.join(", ")}), and would be read as texts. Say what ` +
        "it is: header true or false; --header or --no-header on the command line.",
    );
  }
}

/** The error for a text that is empty. */
export function emptyError(what: string): InputError {
  return new InputError(`${what}: expected a text. Fill it in, or leave such rows out (empty: "skip"; --empty skip).`);
}

function isFields(cells: TableRow["cells"]): cells is Readonly<Record<string, unknown>> {
  return !Array.isArray(cells);
}

/** A field by its name, or by the names on the way to it: "translation.en". */
function fieldOf(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name];
  const dot = name.indexOf(".");
  const inner = dot > 0 ? fields[name.slice(0, dot)] : undefined;
  if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return undefined;
  return fieldOf(inner as Record<string, unknown>, name.slice(dot + 1));
}

function fieldText(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  { place, parts }: { place: string; parts: string | undefined },
): string {
  const value = fieldOf(fields, name) ?? "";
  if (parts !== undefined && Array.isArray(value)) return joined(value, name, { place, parts });
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw new InputError(`${place}: expected the field ${JSON.stringify(name)} to be a text, got ${describe(value)}.`);
}

/** The parts of a list as they stand in a cell. @throws InputError for one that is no text, or has the separator in it. */
function joined(list: readonly unknown[], name: string, { place, parts }: { place: string; parts: string }): string {
  for (const part of list) {
    if (typeof part === "string" && part.trim() !== "" && !part.includes(parts)) continue;
    throw new InputError(
      `${place}: expected the field ${JSON.stringify(name)} to be a list of texts without ${JSON.stringify(parts)}, which ` +
        `separates them; got ${describe(part)} in it.`,
    );
  }
  return list.join(parts);
}

async function beginningOf(file: string): Promise<string> {
  for await (const piece of readTextFile(file, { keepReturns: true })) return piece;
  return "";
}

function rowsOf(file: string, format: TableFormat): AsyncGenerator<TableRow, void, undefined> {
  return tableRows(readTextFile(file, { keepReturns: true }), format, file);
}

async function firstRow(file: string, format: TableFormat): Promise<TableRow | null> {
  for await (const row of rowsOf(file, format)) return row;
  return null;
}
