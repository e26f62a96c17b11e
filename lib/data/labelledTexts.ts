import type { OptionsOf } from "../options.js";
import { completeOptions, option, optional, table } from "../options.js";
import { columnRule, Table, tableRules } from "./table.js";
import { expectNoName } from "./tableHeader.js";

/** A text and its label; where texts have several labels, a list of them. */
export interface LabelledText {
  readonly text: string;
  readonly label: string | readonly string[];
  /** Where it stands, for messages: "train.tsv, line 12". Default: its place among the examples. */
  readonly place?: string;
}

export const labelledTableRules = table("readLabelledTable", {
  /** Column of a table that has the texts: its number from 1, or its name in the first row or of a JSON field. Default: 1, or "text" in JSON. */
  text: option(optional(columnRule), { flag: "--text-column" }),
  /** Column of a table that has the labels. Default: 2, or "label" in JSON. */
  label: option(optional(columnRule), { flag: "--label-column" }),
  ...tableRules,
});

/** Options of `readLabelledTable`. @interface */
export type LabelledTableOptions = OptionsOf<typeof labelledTableRules>;

/** Texts with labels, and how they were read. */
export interface LabelledReading {
  readonly examples: LabelledText[];
  /** Rows that were left out for an empty text or label. */
  readonly skipped: number;
  /** "train.csv: columns text and label, separated by commas", for people. */
  readonly description: string;
}

/**
 * Reads texts and their labels from two columns of a table: CSV, TSV, or lines of JSON.
 * @throws InputError if the file is empty, not UTF-8, or not such a table, or a row lacks a column or has an empty one;
 *   OptionError for a column that the file does not have, and for a first row that looks like names where nobody says what it is.
 */
export async function readLabelledTable(file: string, options: LabelledTableOptions = {}): Promise<LabelledText[]> {
  return (await readTableOfLabels("readLabelledTable", file, options)).examples;
}

/** readLabelledTable with all that is known of the reading. */
export async function readTableOfLabels(
  owner: string,
  file: string,
  options: LabelledTableOptions = {},
): Promise<LabelledReading> {
  const { text, label, ...reading } = completeOptions(owner, options, labelledTableRules);
  const columns = [
    { column: text, number: 1, name: "text" },
    { column: label, number: 2, name: "label" },
  ];
  const opened = await Table.open(owner, { ...reading, file, columns });
  const examples: LabelledText[] = [];
  for await (const { texts, place } of opened.rows()) {
    examples.push({ text: texts[0] as string, label: (texts[1] as string).trim(), place });
  }
  if (opened.mayHaveHeader) {
    expectNoName(
      file,
      examples.map(({ label }) => label),
    );
  }
  return { examples, skipped: opened.skipped, description: opened.description };
}
