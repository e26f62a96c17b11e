import { parse } from "csv-parse/sync";
import type { Rule } from "../options.js";

/** How the lines of a table become columns. */
export interface TableFormat {
  /** The separator of columns; null for lines of JSON, which have fields instead. */
  readonly separator: string | null;
  /** Lines at the front that only say what separates columns ("sep=;"): 0 or 1. */
  readonly preamble: number;
}

/** Names for characters that are hard to type, and for the usual ones. */
const separatorNames: Readonly<Record<string, string>> = { tab: "\t", "\\t": "\t", comma: ",", semicolon: ";" };

/** Rule of `separator`. */
export const separatorRule: Rule<string> = {
  written: { as: "character" },
  expected: "tab, comma, semicolon, or another single character but a quote or a line end",
  fits: (value) =>
    typeof value === "string" && (value in separatorNames || (/^[^"\r\n]$/u.test(value) && value.trim() === value)),
};

/** "tabs": for messages. */
export function separatorText(separator: string): string {
  const named: Record<string, string> = { "\t": "tabs", ",": "commas", ";": "semicolons" };
  return named[separator] ?? JSON.stringify(separator);
}

/** The format that an option asks for. */
export function formatWith(separator: string): TableFormat {
  return { separator: separatorNames[separator] ?? separator, preamble: 0 };
}

/**
 * Guesses the format from the file's name and the beginning of its text. Lines of JSON show by the name (.jsonl, .ndjson) or by
 * an object in the first line. In a .csv file columns are separated by what cuts most of the first lines into as many columns as
 * the first, two or more: commas, semicolons or tabs. Other files have tabs, unless they have none and commas or semicolons cut
 * all of the first lines alike.
 */
export function guessFormat(file: string, beginning: string): TableFormat {
  if (/\.(jsonl|ndjson)$/i.test(file) || beginsWithObject(beginning)) return { separator: null, preamble: 0 };
  const csv = /\.csv$/i.test(file);
  const preamble = csv ? /^sep=([^"\r\n])\r*\n/i.exec(beginning) : null;
  if (preamble) return { separator: preamble[1] as string, preamble: 1 };
  if (/\.(tsv|tab)$/i.test(file)) return { separator: "\t", preamble: 0 };
  if (!csv && beginning.includes("\t")) return { separator: "\t", preamble: 0 };
  const candidates = (csv ? [",", ";", "\t"] : [",", ";"]).map((separator) => ({
    separator,
    ...evenness(beginning, separator),
  }));
  const even = candidates.filter(({ width, share }) => width > 1 && share >= (csv ? 0.49 : 0.99));
  even.sort((a, b) => b.share - a.share || b.width - a.width);
  return { separator: even[0]?.separator ?? (csv ? "," : "\t"), preamble: 0 };
}

function beginsWithObject(beginning: string): boolean {
  const line = beginning.trimStart().split("\n", 1)[0] ?? "";
  if (!line.startsWith("{")) return false;
  try {
    return typeof JSON.parse(line) === "object";
  } catch {
    return false;
  }
}

/** Columns of the first row, and the share of the first rows that have as many. */
function evenness(beginning: string, separator: string): { width: number; share: number } {
  // The last row may be cut off inside quotes.
  for (const rows of [20, 5, 1]) {
    try {
      const records = parse(beginning, { ...csvRules(separator), skip_empty_lines: true, to: rows }) as string[][];
      const width = records[0]?.length ?? 0;
      const share = records.filter((record) => record.length === width).length / records.length;
      // Where others cut as evenly, commas that all stand in numbers or before spaces are not what separates.
      const doubt = separator === "," && !/(?<!\d),(?! )|,(?![ \d])/.test(beginning) ? 0.01 : 0;
      return { width, share: share - doubt };
    } catch {}
  }
  return { width: 0, share: 0 };
}

/** CSV as RFC 4180 has it, with what Python's csv reads besides: quotes inside a column that does not begin with one. */
export function csvRules(separator: string) {
  const record_delimiter = ["\n", "\r\n", "\r\r\n"];
  return { delimiter: separator, record_delimiter, relax_column_count: true, relax_quotes: true } as const;
}
