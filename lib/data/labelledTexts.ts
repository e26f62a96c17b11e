import { OptionError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, either, list, option, optional, table, text } from "../options.js";
import type { FrameSequence } from "./frames.js";
import { columnRule, Table, tableRules } from "./table.js";
import { expectNoName } from "./tableHeader.js";

/** A text and its label; where texts have several labels, a list of them. */
export interface LabelledText {
  readonly text: string;
  /** The vectors that a classifier of vectors reads; the text is then their name. */
  readonly sequence?: FrameSequence;
  readonly label: string | readonly string[];
  /** Where it stands, for messages: "train.tsv, line 12". Default: its place among the examples. */
  readonly place?: string;
}

export const labelledTableRules = table("readLabelledTable", {
  /**
   * Column of a table that has the texts: its number from 1, or its name in the first row or of a JSON field; or several of them,
   * whose texts are read one after the other, each on a line of its own. Default: 1, or "text" in JSON.
   */
  text: option(optional(either(columnRule, list(columnRule))), { flag: "--text-column" }),
  /** Column of a table that has the labels. Default: 2, or "label" in JSON. */
  label: option(optional(columnRule), { flag: "--label-column" }),
  /**
   * Text between the labels of a row, such as ",": each row then has a list of labels, which may be empty; in JSON the field may be a
   * list. Default: a row has one label.
   */
  labelSeparator: option(optional(text()), { aka: ["label_delimiter"] }),
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
  options: LabelledTableOptions,
): Promise<LabelledReading> {
  const { text, label, labelSeparator, ...reading } = completeOptions(owner, options, labelledTableRules);
  const named = [text].flat();
  if (named.length === 0) throw new OptionError(`${owner}: text is an empty list: expected a column.`, ["text"]);
  if (label !== undefined && named.includes(label)) {
    throw new OptionError(`${owner}: column ${JSON.stringify(label)} cannot be both a text and the label.`, ["label"]);
  }
  const columns = [
    ...named.map((column) => ({ column, number: 1, name: "text" })),
    { column: label, number: 2, name: "label", ...(labelSeparator === undefined ? {} : { parts: labelSeparator }) },
  ];
  const opened = await Table.open(owner, { ...reading, file, columns });
  const examples: LabelledText[] = [];
  for await (const { texts, place } of opened.rows()) {
    const cell = (texts.at(-1) as string).trim();
    examples.push({
      text: texts.slice(0, -1).join("\n"),
      label: labelSeparator === undefined ? cell : labelsIn(cell, labelSeparator),
      place,
    });
  }
  if (opened.mayHaveHeader) {
    expectNoName(
      file,
      examples.map(({ label }) => label),
    );
  }
  return { examples, skipped: opened.skipped, description: opened.description };
}

/** The different labels of a cell. */
function labelsIn(cell: string, separator: string): string[] {
  const labels = cell.split(separator).map((label) => label.trim());
  return [...new Set(labels.filter((label) => label !== ""))];
}
