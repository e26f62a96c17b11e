import { counted, describe, InputError, OptionError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, option, optional, pick, table } from "../options.js";
import { columnRule, emptyError, Table, tableRules } from "./table.js";
import { expectPath, readLines } from "./textFile.js";

/** A text and the one that is to be made of it. */
export interface Pair {
  readonly source: string;
  readonly target: string;
  /** Where it stands, for messages: "train.tsv, line 12". Default: its place among the pairs. */
  readonly place?: string;
}

export const pairTableRules = table("readPairTable", {
  /**
   * Column of a table that has the sources: its number from 1, or its name in the first row or of a JSON field. Default: 1, or
   * "source" in JSON.
   */
  source: option(optional(columnRule), { flag: "--source-column" }),
  /** Column of a table that has the targets. Default: 2, or "target" in JSON. */
  target: option(optional(columnRule), { flag: "--target-column" }),
  ...tableRules,
});

/** Options of `readPairTable`. @interface */
export type PairTableOptions = OptionsOf<typeof pairTableRules>;

const parallelRules = table("readParallelText", { ...pick(tableRules, "empty") });

/** Options of `readParallelText`. @interface */
export type ParallelTextOptions = OptionsOf<typeof parallelRules>;

/** Pairs, and how they were read. */
export interface PairReading {
  readonly pairs: Pair[];
  /** Pairs of each row or line: more than one where a source has several target files. */
  readonly targets: number;
  /** Rows or lines that were left out for an empty text. */
  readonly skipped: number;
  /** "train.csv: columns Q and A, separated by commas", for people. */
  readonly description: string;
}

/**
 * Reads pairs from two files, the target of a line in the same line of the other file. Several files of targets give a pair for
 * each: references of one source, which stand side by side.
 * @throws InputError if a file is empty or not UTF-8, has an empty line, or another has more or fewer lines.
 */
export async function readParallelText(
  sourceFile: string,
  targetFiles: string | readonly string[],
  options: ParallelTextOptions = {},
): Promise<Pair[]> {
  return (await readParallelTexts("readParallelText", [sourceFile, ...[targetFiles].flat()], options)).pairs;
}

/**
 * Reads pairs from two columns of a table: CSV, TSV, or lines of JSON.
 * @throws InputError if the file is empty, not UTF-8, or not such a table, or a row lacks a column or has an empty one;
 *   OptionError for a column that the file does not have, and for a first row that looks like names where nobody says what it is.
 */
export async function readPairTable(file: string, options: PairTableOptions = {}): Promise<Pair[]> {
  return (await readTableOfPairs("readPairTable", file, options)).pairs;
}

/** readParallelText with all that is known of the reading. @param files source first. */
export async function readParallelTexts(
  owner: string,
  files: readonly string[],
  options: ParallelTextOptions = {},
): Promise<PairReading> {
  for (const file of files) expectPath(owner, file);
  if (files.length < 2) throw new OptionError(`${owner}: expected a file of sources and one of targets.`);
  const { empty } = completeOptions(owner, options, parallelRules);
  const [sourceFile, ...targetFiles] = files as readonly [string, ...string[]];
  const sources = await readLines(sourceFile);
  const columns: string[][] = [];
  for (const file of targetFiles) {
    const lines = await readLines(file);
    expectPartners([sourceFile, sources.length], [file, lines.length]);
    columns.push(lines);
  }
  const pairs: Pair[] = [];
  let skipped = 0;
  for (const [i, source] of sources.entries()) {
    const texts = [source, ...columns.map((lines) => lines[i] as string)];
    const missing = texts.findIndex((text) => text.trim() === "");
    if (missing >= 0) {
      if (empty === "refuse") throw emptyError(`${files[missing]}, line ${i + 1} is empty`);
      skipped++;
      continue;
    }
    for (const [k, file] of targetFiles.entries()) {
      pairs.push({ source, target: texts[k + 1] as string, place: `${sourceFile} and ${file}, line ${i + 1}` });
    }
  }
  if (pairs.length === 0) throw new InputError(`${sourceFile} has no pairs that are not empty.`);
  return { pairs, targets: targetFiles.length, skipped, description: `lines of ${[...new Set(files)].join(" and ")}` };
}

/** readPairTable with all that is known of the reading. */
export async function readTableOfPairs(
  owner: string,
  file: string,
  options: PairTableOptions = {},
): Promise<PairReading> {
  const { source, target, ...table } = completeOptions(owner, options, pairTableRules);
  const columns = [
    { column: source, number: 1, name: "source" },
    { column: target, number: 2, name: "target" },
  ];
  const opened = await Table.open(owner, { ...table, file, columns });
  const pairs: Pair[] = [];
  for await (const { texts, place } of opened.rows()) {
    pairs.push({ source: texts[0] as string, target: texts[1] as string, place });
  }
  if (pairs.length === 0) throw new InputError(`${file} has no pairs that are not empty.`);
  return { pairs, targets: 1, skipped: opened.skipped, description: opened.description };
}

/** The name of a pair in messages. */
export function placeOf(pair: Pair, index: number, count: number): string {
  return pair.place ?? `pair ${index + 1} of ${count}`;
}

/** @throws InputError unless it is a list of pairs of texts. */
export function expectPairs(owner: string, pairs: readonly Pair[]): void {
  if (!Array.isArray(pairs)) throw new InputError(`${owner}: expected a list of pairs, got ${describe(pairs)}.`);
  for (const [i, pair] of pairs.entries()) {
    for (const side of ["source", "target"] as const) {
      const text: unknown = pair?.[side];
      if (typeof text === "string") continue;
      const place = placeOf((pair ?? {}) as Pair, i, pairs.length);
      throw new InputError(`${owner}: expected the ${side} of ${place} to be a text, got ${describe(text)}.`);
    }
  }
}

function expectPartners([sourceFile, sources]: [string, number], [targetFile, targets]: [string, number]): void {
  if (sources === targets) return;
  const [longer, at] = sources > targets ? [sourceFile, targets] : [targetFile, sources];
  throw new InputError(
    `${sourceFile} has ${counted(sources, "line")} and ${targetFile} has ${targets}: expected a target for every source. ` +
      `Line ${at + 1} of ${longer} has no partner.`,
  );
}
