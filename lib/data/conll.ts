import { counted, InputError, OptionError } from "../errors.js";
import { nearestName } from "../options.js";
import type { Column } from "./table.js";
import { linesOf, wholeLines } from "./tableRows.js";

/** The columns of CoNLL-U (https://universaldependencies.org/format.html), in order. */
const conlluColumns = ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"];

/** Forms of files with a token in each line. */
export const conllFormats = ["conll", "conllu"] as const;

export type ConllFormat = (typeof conllFormats)[number];

/** A token and where it stands. */
export interface ConllToken {
  readonly text: string;
  /** Number of its line in the file, from 1. */
  readonly line: number;
  /** Its line in `lines` of the sentence. */
  readonly row: number;
  readonly cells: readonly string[];
}

/** A sentence of such a file: all of its lines, and those that are tokens. */
export interface ConllSentence {
  readonly lines: readonly string[];
  readonly tokens: readonly ConllToken[];
}

/** How the lines of a file are read: see `readTaggedSentences`. */
export interface ConllReading {
  readonly format: ConllFormat | undefined;
  /** Column of the tokens. */
  readonly token: Column | undefined;
}

/**
 * The sentences of a file in CoNLL's form (columns between tabs, or else between spaces; an empty line ends a sentence; lines with
 * -DOCSTART- end one too) or in CoNLL-U's, whose multiword ranges (1-2), empty nodes (1.1) and comments are lines, not tokens. Where
 * tabs stand between the columns, lines before a sentence that begin with "# " (or more of them) are comments as well.
 */
export class ConllFile {
  readonly #name: string;
  readonly #reading: ConllReading;
  #format: ConllFormat | undefined;
  #separator: string | null = null;
  #names: readonly string[] | null = null;
  #tokenColumn = -1;

  constructor(name: string, reading: ConllReading) {
    this.#name = name;
    this.#reading = reading;
    this.#format = reading.format ?? (/\.conllup?$/i.test(name) ? "conllu" : undefined);
  }

  /** The form of the file, once a sentence has been read. */
  get format(): ConllFormat {
    return this.#format ?? "conll";
  }

  /** Text between the columns. */
  get separator(): string {
    return this.#separator ?? "\t";
  }

  /** @throws InputError for a line that lacks the token's column, OptionError for a column that is not there. */
  async *sentences(pieces: AsyncIterable<string>): AsyncGenerator<ConllSentence, void, undefined> {
    let [lines, tokens]: [string[], ConllToken[]] = [[], []];
    let number = 0;
    for await (const line of linesOf(wholeLines(pieces, this.#name))) {
      number++;
      if (line.trim() === "") {
        if (lines.length > 0) yield { lines, tokens };
        [lines, tokens] = [[], []];
        continue;
      }
      const token = this.#token(line, { line: number, row: lines.length, first: tokens.length === 0 });
      if (token?.text.startsWith("-DOCSTART-")) {
        if (tokens.length > 0) yield { lines, tokens };
        [lines, tokens] = [[], []];
        continue;
      }
      if (token) tokens.push(token);
      lines.push(line);
    }
    if (lines.length > 0) yield { lines, tokens };
  }

  /** The index of a column, in a file whose first token has been read. @throws OptionError for a name that is not there. */
  columnIndex(column: Column): number {
    if (typeof column === "number") return column - 1;
    const names = this.#names;
    if (!names) {
      throw new OptionError(
        `${this.#name}: the columns of a CoNLL file have no names, got ${JSON.stringify(column)}. Give its number, from 1.`,
      );
    }
    const index = names.indexOf(column.toLowerCase());
    if (index >= 0) return index;
    const nearest = nearestName(column.toLowerCase(), names);
    throw new OptionError(
      `${this.#name} has no column ${JSON.stringify(column)}: it has ${names.join(", ")}.` +
        `${nearest === undefined ? "" : ` Did you mean ${nearest}?`}`,
    );
  }

  /** A column of a token. @throws InputError that names the line. */
  cell({ cells, line }: ConllToken, index: number): string {
    const cell = cells[index];
    if (cell !== undefined && cell !== "") return cell;
    throw this.#missing(cells, index, line);
  }

  #token(line: string, { first, ...place }: { line: number; row: number; first: boolean }): ConllToken | null {
    if (this.#isComment(line, first)) return null;
    this.#expectForm(line);
    const cells = this.#separator === "\t" ? line.split("\t") : line.replace(/^[ \t]+|[ \t]+$/g, "").split(/[ \t]+/);
    if (this.#format === "conllu") {
      const [id = ""] = cells;
      if (/^\d+[-.]\d+$/.test(id)) return null;
      if (!/^\d+$/.test(id)) {
        throw new InputError(
          `${this.#name}, line ${place.line}: expected a line of CoNLL-U, which begins with a number, got ${JSON.stringify(id)}.`,
        );
      }
    }
    if (this.#tokenColumn < 0) {
      this.#tokenColumn = this.columnIndex(this.#reading.token ?? (this.#format === "conllu" ? "form" : 1));
    }
    const text = cells[this.#tokenColumn];
    if (text === undefined || text === "") throw this.#missing(cells, this.#tokenColumn, place.line);
    return { text, cells, ...place };
  }

  #isComment(line: string, first: boolean): boolean {
    const columns = /^#\s*global\.columns\s*=\s*(.+)$/i.exec(line);
    if (columns) this.#names = (columns[1] as string).trim().toLowerCase().split(/\s+/);
    if (columns || this.#format === "conllu") return line.startsWith("#");
    return first && /^#+ /.test(line) && (this.#separator === null ? line.length > 3 : this.#separator === "\t");
  }

  /** The first token shows the form of the file. */
  #expectForm(line: string): void {
    if (this.#separator !== null) return;
    this.#separator = line.includes("\t") ? "\t" : " ";
    const cells = line.split("\t");
    this.#format ??= cells.length === 10 && /^1(-\d+)?$/.test(cells[0] as string) ? "conllu" : "conll";
    if (this.#format === "conllu") this.#names ??= conlluColumns;
  }

  #missing(cells: readonly string[], index: number, line: number): InputError {
    const place = `${this.#name}, line ${line}`;
    if (cells[index] === "") return new InputError(`${place}: column ${index + 1} is empty.`);
    return new InputError(
      `${place} has ${counted(cells.length, "column")}: expected ${index + 1} or more, between ` +
        `${this.#separator === "\t" ? "tabs" : "spaces"}. An empty line ends a sentence.`,
    );
  }
}
