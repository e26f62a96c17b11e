import { InputError, OptionError, quote } from "../errors.js";
import type { Completed, OptionsOf } from "../options.js";
import { list, option, optional, table, text } from "../options.js";
import type { FrameLabel, FrameSequence } from "./frames.js";
import type { NumberRow, NumberTable } from "./numberTable.js";
import { columnIn, isFilled, numberIn, readNumberTable } from "./numberTable.js";
import { columnRule, tableRules } from "./table.js";

/** How the frames of a table are read: a row each. */
export const frameTableRules = table("readFrames", {
  /** Column of a table that has the labels: its number from 1, or its name. Default: "label", if there is one. */
  label: option(optional(columnRule), { flag: "--label-column", aka: ["target"] }),
  /** Text between the labels of a row, such as ",": each row then has a list of labels, which may be empty. Default: a row has one label. */
  labelSeparator: option(optional(text()), { aka: ["label_delimiter"] }),
  /** Column that says which sequence a row is of; rows of one follow each other. Default: the table is one sequence. */
  sequence: option(optional(columnRule), { flag: "--sequence-column", aka: ["group", "series"] }),
  /** Columns of the features. Default: all that no other option names. */
  features: option(optional(list(columnRule)), { flag: "--feature-columns" }),
  /** Separator of the columns, as for other tables. Default: guessed from the file's name and first lines. */
  separator: tableRules.separator,
});

/** Options of `readFrames`. @interface */
export type FrameTableOptions = OptionsOf<typeof frameTableRules>;

/**
 * Reads the frames of a table (CSV, TSV, lines of JSON) whose first row names its columns: a row is a frame.
 * @throws InputError for what is no number, and a row whose sequence has ended before: it names the line; OptionError for a column
 *   that is not there.
 */
export async function readFrameTable(
  file: string,
  options: Completed<typeof frameTableRules>,
): Promise<FrameSequence[]> {
  const read = await readNumberTable("readFrames", file, options.separator);
  const columns = columnsOf(read, options);
  const groups = groupsOf(read, columns.sequence);
  return groups.map(({ name, rows }) => sequenceOf(rows, { name, read, columns, separator: options.labelSeparator }));
}

/** The columns of a table by what they hold. */
interface Columns {
  readonly label: number | null;
  readonly sequence: number | null;
  readonly features: readonly number[];
}

function columnsOf(read: NumberTable, options: Completed<typeof frameTableRules>): Columns {
  const find = (column: number | string) => columnIn(read, column);
  const guess = read.names.indexOf("label");
  const label = options.label === undefined ? (guess < 0 ? null : guess) : find(options.label);
  const sequence = options.sequence === undefined ? null : find(options.sequence);
  const features =
    options.features?.map(find) ?? read.names.flatMap((_, i) => (i === label || i === sequence ? [] : [i]));
  const twice = features.find((i) => i === label || i === sequence);
  if (twice !== undefined) {
    throw new OptionError(
      `readFrames: column ${quote(read.names[twice] as string)} of ${read.file} cannot be a feature and something else.`,
      ["features"],
    );
  }
  if (features.length === 0) {
    throw new OptionError(`readFrames: ${read.file} has no column of features: say which (features).`, ["features"]);
  }
  return { label, sequence, features };
}

function groupsOf(read: NumberTable, column: number | null): { name: string | null; rows: NumberRow[] }[] {
  const groups = new Map<string | null, NumberRow[]>();
  let last: string | null = null;
  // An empty row of a sequence is a frame that is missing; one that no sequence claims is nothing.
  for (const row of column === null ? read.rows : read.rows.filter(isFilled)) {
    const name = column === null ? null : (row.cells[column] as string).trim();
    if (name === "") throw new InputError(`${row.place} does not say which sequence it is of.`);
    const group = groups.get(name);
    if (!group) groups.set(name, [row]);
    else if (name === last) group.push(row);
    else {
      throw new InputError(
        `${row.place}: the sequence ${quote(name as string)} comes again: expected its rows to follow each other, in the order of time.`,
      );
    }
    last = name;
  }
  return [...groups].map(([name, rows]) => ({ name, rows }));
}

function sequenceOf(
  rows: readonly NumberRow[],
  {
    name,
    read,
    columns,
    separator,
  }: { name: string | null; read: NumberTable; columns: Columns; separator: string | undefined },
): FrameSequence {
  const { label, features } = columns;
  const values = new Float64Array(rows.length * features.length);
  for (const [t, { cells, place }] of rows.entries()) {
    for (const [i, column] of features.entries()) {
      values[t * features.length + i] = numberIn(cells[column] as string, place, read.names[column] as string);
    }
  }
  return {
    frames: { shape: [rows.length, features.length], values },
    features: features.map((i) => read.names[i] as string),
    file: read.file,
    lines: rows.map(({ line }) => line),
    ...(name === null ? {} : { name }),
    ...(label === null ? {} : { labels: rows.map(({ cells }) => labelOfCell(cells[label] as string, separator)) }),
  };
}

/** The label of a cell, null for an empty one; or where there is a separator the different labels. */
export function labelOfCell(cell: string, separator: string | undefined): FrameLabel {
  if (separator === undefined) return cell.trim() || null;
  const labels = cell.split(separator).map((label) => label.trim());
  return [...new Set(labels.filter((label) => label !== ""))];
}
