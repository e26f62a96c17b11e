import { InputError, quote } from "../errors.js";
import { expectPath, readLines } from "./textFile.js";

/** Two words, and how alike people find them. */
export interface JudgedPair {
  readonly words: readonly [string, string];
  readonly score: number;
  /** Number of its line in the file. */
  readonly line: number;
}

/** Four words, of which the last is to the third as the second is to the first. */
export interface WordAnalogy {
  readonly words: readonly [string, string, string, string];
  /** Name of the section, such as "capital-common-countries"; "" before the first. */
  readonly section: string;
  readonly line: number;
}

/** Judgements of people about words: how alike two are, or analogies. */
export type WordJudgements =
  | { readonly pairs: readonly JudgedPair[]; readonly analogies?: never }
  | { readonly analogies: readonly WordAnalogy[]; readonly pairs?: never };

/**
 * Reads a file of judgements about words. Each line has two words and a score, between tabs, commas or spaces, as WordSim-353 and
 * SimLex-999 have; scores stand in the column where the second line has the first number after its words, and a first line without one
 * there is a heading. Or each line has the four words of an analogy, and `: name` begins a section, as questions-words.txt of
 * word2vec does.
 * @throws InputError for a line that is neither: it names file and line.
 */
export async function readWordJudgements(file: string): Promise<WordJudgements> {
  const lines = (await readLines(expectPath("readWordJudgements", file))).map((text, i) => ({
    text: text.replace(/^\uFEFF/u, "").trim(),
    line: i + 1,
  }));
  const used = lines.filter(({ text }) => text !== "");
  if (used.length === 0) throw new InputError(`${file} has no words.`);
  const areAnalogies = used.some(({ text }) => text.startsWith(":")) || cellsOf(used[0]?.text ?? "").length === 4;
  return areAnalogies ? { analogies: analogiesOf(file, used) } : { pairs: pairsOf(file, used) };
}

interface Line {
  readonly text: string;
  readonly line: number;
}

/** Tabs or commas, where there are any, stand between cells that may hold spaces. */
function cellsOf(text: string): string[] {
  const separator = text.includes("\t") ? /\t/u : text.includes(",") ? /,/u : /\s+/u;
  return text.split(separator).map((cell) => cell.trim());
}

function numberIn(cell: string | undefined): number {
  return cell ? Number(cell) : Number.NaN;
}

function pairsOf(file: string, lines: readonly Line[]): JudgedPair[] {
  const pairs: JudgedPair[] = [];
  const rows = lines.map(({ text }) => cellsOf(text));
  // The first line may be a heading, in which a column may be called "1".
  const column = (rows[1] ?? rows[0] ?? []).findIndex((cell, i) => i >= 2 && Number.isFinite(numberIn(cell)));
  for (const [i, { text, line }] of lines.entries()) {
    const [a = "", b = ""] = rows[i] ?? [];
    const score = numberIn(rows[i]?.[column]);
    if (a !== "" && b !== "" && Number.isFinite(score)) pairs.push({ words: [a, b], score, line });
    else if (i > 0) {
      throw new InputError(`${file}, line ${line}: expected two words and a number, got ${quote(text.slice(0, 60))}.`);
    }
  }
  if (pairs.length === 0) throw new InputError(`${file} has no line of two words and a number.`);
  return pairs;
}

function analogiesOf(file: string, lines: readonly Line[]): WordAnalogy[] {
  const analogies: WordAnalogy[] = [];
  let section = "";
  for (const { text, line } of lines) {
    const name = /^:\s*(.*)$/u.exec(text)?.[1];
    if (name !== undefined) {
      section = name;
      continue;
    }
    const [a, b, c, d, ...more] = cellsOf(text);
    if (!a || !b || !c || !d || more.length > 0) {
      throw new InputError(
        `${file}, line ${line}: expected the four words of an analogy, got ${quote(text.slice(0, 60))}.`,
      );
    }
    analogies.push({ words: [a, b, c, d], section, line });
  }
  if (analogies.length === 0) throw new InputError(`${file} has no line of four words.`);
  return analogies;
}
