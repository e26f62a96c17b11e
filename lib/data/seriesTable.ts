import { counted, describe, InputError, OptionError, OstinatoError, quote } from "../errors.js";
import type { Completed, OptionsOf } from "../options.js";
import { completeOptions, list, option, optional, table, word } from "../options.js";
import type { DateOrder } from "./dates.js";
import { parseDate } from "./dates.js";
import type { NumberRow, NumberTable } from "./numberTable.js";
import { columnIn, isFilled, numberIn, readNumberTable } from "./numberTable.js";
import type { Series } from "./series.js";
import { columnRule, tableRules } from "./table.js";
import { expectPath, readTextFile } from "./textFile.js";
import { dateOrderOf, timeColumn } from "./timeColumn.js";

/** How series stand in a table. */
export const seriesLayouts = ["columns", "long", "rows"] as const;

/** The options of reading series. */
export const seriesRules = table("readSeries", {
  /**
   * How series stand in a table. "columns": a column each. "long": under each other, a column says which (see `series`). "rows": a
   * row each, its name first. Default: long where `series` is given, otherwise columns.
   */
  layout: optional(word(seriesLayouts)),
  /** Column of the dates. Default: the first column that holds dates, if there is one. */
  time: option(optional(columnRule), { flag: "--time-column" }),
  /** Column that says which series a row is of. Default: none. */
  series: option(optional(columnRule), { flag: "--series-column" }),
  /** Columns of the values. Default: all that no other option names. */
  values: option(optional(list(columnRule)), { flag: "--value-columns" }),
  /** Columns of numbers that go with the values of every series, known beforehand or not. Default: none. */
  covariates: option(optional(list(columnRule)), { flag: "--covariate-columns" }),
  /** Columns of numbers that stay the same over a series. Default: none. */
  static: option(optional(list(columnRule)), { flag: "--static-columns" }),
  /** Rule for a date that is left out between two others: "refuse" it with an error, or "fill" it with missing values. Default refuse. */
  missingDates: word(["refuse", "fill"], "refuse"),
  /** Separator of the columns, as for other tables. Default: guessed from the file's name and first lines. */
  separator: tableRules.separator,
});

/** Options of `readSeries`. @interface */
export type SeriesOptions = OptionsOf<typeof seriesRules>;

/**
 * Reads time series from a table (CSV, TSV, lines of JSON) or from JSON: `[{ "name": "a", "values": [1, null, 3] }]`, where
 * `"dates"` may hold a date for each value.
 * @throws InputError that names file and line: for what is no number, and dates that come twice, not in order, or at unequal steps;
 *   OptionError for a column that is not there.
 */
export async function readSeries(file: string, options: SeriesOptions = {}): Promise<Series[]> {
  const complete = completeOptions("readSeries", options, seriesRules);
  expectPath("readSeries", file);
  if (/\.json$/i.test(file)) return jsonSeries(file);
  const read = await readNumberTable("readSeries", file, complete.separator);
  const layout = complete.layout ?? (complete.series === undefined ? "columns" : "long");
  if ((layout === "long") !== (complete.series !== undefined)) {
    throw new OptionError(
      layout === "long"
        ? 'readSeries: the layout "long" needs series, the column that says which series a row is of.'
        : `readSeries: series is for the layout "long", and layout is ${quote(layout)}.`,
      ["series", "layout"],
    );
  }
  if (layout !== "rows") return tableSeries(read, complete);
  const named = (["time", "values", "covariates", "static"] as const).find((name) => complete[name] !== undefined);
  if (named) {
    throw new OptionError(
      `readSeries: ${named} names columns, and in the layout "rows" each row is a series, of values alone.`,
      [named, "layout"],
    );
  }
  return rowSeries(read);
}

/** A row a series: its name, then its values; empty cells at the end are no values. */
function rowSeries({ names, rows }: NumberTable): Series[] {
  return rows.filter(isFilled).map(({ cells, place }) => {
    const [name, ...own] = cells as [string, ...string[]];
    if (name.trim() === "") throw new InputError(`${place} has no name of a series.`);
    const filled = own.findLastIndex((cell) => cell.trim() !== "") + 1;
    const values = Float64Array.from(own.slice(0, filled), (cell, i) => numberIn(cell, place, names[i + 1] as string));
    return { name: name.trim(), values, place };
  });
}

/** The columns of a table by what they hold. */
interface Columns {
  time: number | null;
  series: number | null;
  values: number[];
  covariates: number[];
  static: number[];
}

const orders: readonly DateOrder[] = ["month first", "day first"];
const timeWords = new Set(["date", "time", "datetime", "timestamp", "year", "month", "day"]);

/**
 * Whether a plain number is a date by the name of its column. Of eight digits, as 20210304, a part of a word is enough: "orderdate". A year is a
 * number like others, and needs the word: "year", "SALES_DATE", "orderDate"; not "yearly_sales", "runtime".
 */
function namesTimes(name: string, number: string): boolean {
  if (number.trim().length === 8) return /date|time|year|month|day/i.test(name);
  const words = name
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase()
    .split(/[^a-z]+/);
  return words.some((word) => timeWords.has(word.replace(/s$/, "")));
}

function columnsOf(read: NumberTable, options: Completed<typeof seriesRules>): Columns {
  const find = (column: number | string) => columnIn(read, column);
  const series = options.series === undefined ? null : find(options.series);
  const covariates = (options.covariates ?? []).map(find);
  const own = (options.static ?? []).map(find);
  const isDates = (i: number) => {
    const text = read.rows.find(isFilled)?.cells[i] ?? "";
    if (orders.every((order) => parseDate(text, order) === null)) return false;
    return !/^\s*\d+(\.\d+)?\s*$/.test(text) || namesTimes(read.names[i] ?? "", text);
  };
  const valueColumns = options.values?.map(find);
  const others = new Set([series, ...covariates, ...own, ...(valueColumns ?? [])]);
  const guess = read.names.findIndex((_, i) => !others.has(i) && isDates(i));
  const time = options.time === undefined ? (guess < 0 ? null : guess) : find(options.time);
  const values = valueColumns ?? read.names.flatMap((_, i) => (i === time || others.has(i) ? [] : [i]));
  if (values.length === 0)
    throw new OptionError(`${read.file} has no column of values: say which (values).`, ["values"]);
  return { time, series, values, covariates, static: own };
}

function tableSeries(read: NumberTable, options: Completed<typeof seriesRules>): Series[] {
  const columns = columnsOf(read, options);
  const { time, series } = columns;
  const groups = new Map<string, NumberRow[]>();
  // Where nothing but its place says when a row was, one without values is a step.
  const rows = time === null && series === null ? read.rows : read.rows.filter(isFilled);
  for (const row of rows) {
    const name = series === null ? "" : (row.cells[series] as string).trim();
    if (series !== null && name === "") throw new InputError(`${row.place} does not say which series it is of.`);
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  const order = time === null ? "month first" : dateOrderOf(read.rows.map(({ cells }) => cells[time] as string));
  return [...groups].flatMap(([name, rows]) => {
    const dated = time === null ? [] : rows.map(({ cells, place }) => ({ text: cells[time] as string, place }));
    const dates = time === null ? null : timeColumn(dated, { missingDates: options.missingDates, order });
    const numbers = (column: number): Float64Array => {
      const values = new Float64Array(dates?.length ?? rows.length).fill(Number.NaN);
      for (const [i, { cells, place }] of rows.entries()) {
        values[dates?.positions[i] ?? i] = numberIn(cells[column] as string, place, read.names[column] as string);
      }
      return values;
    };
    const named = (list: readonly number[]) =>
      list.map((column) => [read.names[column] as string, numbers(column)] as const);
    const covariates = Object.fromEntries(named(columns.covariates));
    const fixed = Object.fromEntries(
      named(columns.static).map(([key, values]) => [key, constantOf(values, key, rows)]),
    );
    return columns.values.map((column) => {
      const own = read.names[column] as string;
      const full = series === null ? own : columns.values.length === 1 ? name : `${name} ${own}`;
      const place = series === null ? `${read.file}, column ${quote(own)}` : `${read.file}, series ${quote(full)}`;
      // Rows behind the last value bring covariates that are known beforehand.
      const values = numbers(column);
      const end =
        columns.covariates.length > 0 ? values.findLastIndex((value) => !Number.isNaN(value)) + 1 : values.length;
      return {
        name: full,
        values: values.subarray(0, end),
        place,
        ...(dates ? { times: dates.times } : {}),
        ...(columns.covariates.length > 0 ? { covariates } : {}),
        ...(columns.static.length > 0 ? { static: fixed } : {}),
      };
    });
  });
}

function constantOf(values: Float64Array, name: string, rows: readonly NumberRow[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  const other = known.findIndex((value) => value !== known[0]);
  if (known.length > 0 && other < 0) return known[0] as number;
  throw new InputError(
    `${rows[Math.max(0, other)]?.place}: expected column ${quote(name)} to hold one number for the whole series` +
      `${known.length === 0 ? ", and it is empty." : `, got ${known[0]} and ${known[other]}.`}`,
  );
}

async function jsonSeries(file: string): Promise<Series[]> {
  let json: unknown;
  try {
    let text = "";
    for await (const piece of readTextFile(file)) text += piece;
    json = JSON.parse(text);
  } catch (error) {
    if (error instanceof OstinatoError) throw error;
    throw new InputError(`${file} cannot be read as JSON: ${(error as Error).message}`, error);
  }
  const list = Array.isArray(json) ? json : [json];
  return list.map((entry: unknown, i) => {
    const place = `${file}, series ${i + 1} of ${list.length}`;
    const fields = (entry ?? {}) as Record<string, unknown>;
    if (!Array.isArray(fields.values)) {
      throw new InputError(`${place}: expected { "values": [...] }, got ${describe(entry)}.`);
    }
    const numbers = (values: unknown, name: string) => {
      if (!Array.isArray(values)) {
        throw new InputError(`${place}, ${name}: expected a list of numbers, got ${describe(values)}.`);
      }
      return Float64Array.from(values, (value: unknown, t) => {
        if (value === null) return Number.NaN;
        if (typeof value === "number") return value;
        throw new InputError(
          `${place}, ${name}: expected ${counted(values.length, "number")} or null, got ${describe(value)} as the ${t + 1}th.`,
        );
      });
    };
    const dates = fields.dates === undefined ? null : jsonTimes(fields.dates, { place, count: fields.values.length });
    const covariates = Object.entries(objectOf(fields, "covariates", place));
    const fixed = objectOf(fields, "static", place);
    return {
      name: nameOf(fields, place) ?? String(i + 1),
      values: numbers(fields.values, "values"),
      place,
      ...(dates ? { times: dates } : {}),
      ...(covariates.length > 0
        ? { covariates: Object.fromEntries(covariates.map(([name, values]) => [name, numbers(values, name)])) }
        : {}),
      ...(Object.keys(fixed).length > 0 ? { static: fixed as Record<string, number> } : {}),
    };
  });
}

/** Numbers are names too, such as those of shops. */
function nameOf({ name }: Readonly<Record<string, unknown>>, place: string): string | undefined {
  if (name === undefined || name === null) return undefined;
  if (typeof name === "string" || typeof name === "number") return String(name);
  throw new InputError(`${place}: expected "name" to be a text or a number, got ${describe(name)}.`);
}

function objectOf(fields: Readonly<Record<string, unknown>>, name: string, place: string): Record<string, unknown> {
  const value = fields[name] ?? {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InputError(`${place}: expected ${quote(name)} to be an object, got ${describe(value)}.`);
}

/** The times of `"dates"`: one for each value, without gaps. */
function jsonTimes(dates: unknown, { place, count }: { place: string; count: number }) {
  if (!Array.isArray(dates) || dates.length !== count) {
    throw new InputError(
      `${place}: expected "dates" to be an array, a date for each of the ${counted(count, "value")}.`,
    );
  }
  const rows = dates.map((text, i) => ({ text: String(text), place: `${place}, date ${i + 1}` }));
  return timeColumn(rows, { missingDates: "refuse", order: dateOrderOf(rows.map(({ text }) => text)) }).times;
}
