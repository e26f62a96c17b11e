import { setImmediate } from "node:timers/promises";
import { describe, InputError, OptionError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { abortSignal, callback, checkOption, completeOptions, optional, table, text, whole } from "../options.js";
import { countLineEnds, lastCharacterBoundary, reversedText } from "./characters.js";
import { gatherStream } from "./gatheredStream.js";
import type { HoldOutOptions } from "./holdOut.js";
import { holdOut } from "./holdOut.js";
import { sentenceMarks } from "./sentenceMarks.js";
import { findSentences } from "./sentenceSpans.js";
import { columnRule, Table, tableRules } from "./table.js";
import { unifyLineEnds } from "./textDecoder.js";
import { expectPath, readTextFile, textFileSize } from "./textFile.js";
import { TokenFile } from "./tokenFile.js";
import type { Tokenizer } from "./tokenizer.js";
import type { SplitShares, TokenStream } from "./tokenStream.js";
import { CharacterIndex, memoryStream, sliceStream, splitPoints } from "./tokenStream.js";
import { UnknownTokenError } from "./unknownToken.js";

export type { TokenStream } from "./tokenStream.js";

/** Options of `Corpus.tokenize`. @interface */
export type TokenizeOptions = OptionsOf<typeof tokenizeRules>;

const tokenizeRules = table("Corpus.tokenize", {
  /** Bytes of tokens to hold in memory, 4 a token; a larger corpus goes to a temporary file. Default 536870912. */
  memoryLimit: whole({ maximum: Number.MAX_SAFE_INTEGER, initial: 2 ** 29 }),
  /** Folder for that file. Default: the system's folder for temporary files (TMPDIR). */
  temporaryFolder: optional(text()),
  signal: abortSignal,
  /** Called now and then with the share of the text that is done, 0 to 1. Default: none. */
  onProgress: callback<(done: number) => void>(),
});

const textTableRules = table("Corpus.fromTable", {
  /** Column of the texts: its number from 1, or its name in the first row or of a JSON field. */
  text: columnRule,
  ...tableRules,
});

/** Options of `Corpus.fromTable`. @interface */
export type TextTableOptions = OptionsOf<typeof textTableRules>;

/** A file of a corpus, or a text in memory. */
interface Part {
  readonly name: string;
  /** `line`: number in the file of the piece's first line, where that is not the number of lines before it. */
  pieces(): AsyncIterable<{ text: string; line?: number }>;
  /** In bytes, at most. */
  size(): Promise<number>;
}

/** Code units of a text in memory that are handed on at a time. */
const pieceLength = 2 ** 16;

/** Code units between two entries of the character index: how exactly the characters of a slice are known. */
const indexStep = 2 ** 12;

/**
 * A text to learn from: one or several UTF-8 files read one after the other, a column of tables, or a string. It is read piece by piece, as
 * often as needed, so that it may be larger than memory. Line ends are "\n", whichever system wrote the file. Between
 * files, a line end is added where a file lacks one.
 *
 * ```ts
 * const corpus = Corpus.fromFile("book.txt");
 * const tokenizer = await CharacterTokenizer.fromCorpus(corpus);
 * const { train, validation } = (await corpus.tokenize(tokenizer)).split({ validation: 0.1 });
 * ```
 */
export class Corpus {
  /** For messages: the file, or how many. */
  readonly name: string;
  readonly #parts: readonly Part[];

  private constructor(name: string, parts: readonly Part[]) {
    this.name = name;
    this.#parts = parts;
  }

  static fromFile(file: string): Corpus {
    return Corpus.fromFiles([file]);
  }

  static fromFiles(files: readonly string[]): Corpus {
    const paths = expectFiles("Corpus", files);
    return new Corpus(nameOf(paths), paths.map(filePart));
  }

  /**
   * The texts of one column of a table, or of several alike, each with a line end after it. A line end inside a text stays one.
   * @throws OptionError for a column that is not there; see TableOptions.
   */
  static async fromTable(files: string | readonly string[], options: TextTableOptions): Promise<Corpus> {
    const paths = expectFiles("Corpus.fromTable", [files].flat());
    const { text: column, ...table } = completeOptions("Corpus.fromTable", options, textTableRules);
    const columns = [{ column, number: 1, name: "text" }];
    const parts: Part[] = [];
    for (const file of paths)
      parts.push(tablePart(file, await Table.open("Corpus.fromTable", { ...table, file, columns })));
    return new Corpus(nameOf(paths), parts);
  }

  /** @param name what messages call it. */
  static fromText(content: string, name = "the text"): Corpus {
    checkOption("Corpus.fromText", "the text", content, text({ empty: true }));
    return new Corpus(name, [textPart(content, name)]);
  }

  /** The same lines, each read from its end to its beginning: for a language model that reads backward. */
  reversed(): Corpus {
    return this.#mapped(reversedText);
  }

  /**
   * The same lines as words in lower case with a space between them: runs of letters and digits, apostrophes inside included. What
   * stands between words goes.
   */
  plainWords(): Corpus {
    return this.#mapped((line) => (line.toLowerCase().match(plainWord) ?? []).join(" "));
  }

  #mapped(change: (line: string) => string): Corpus {
    return new Corpus(
      this.name,
      this.#parts.map((part) => mappedPart(part, change)),
    );
  }

  /**
   * The text, piece by piece.
   * @throws InputError if it is empty or not UTF-8; FileError if a file cannot be read.
   */
  async *pieces(): AsyncGenerator<string, void, undefined> {
    for await (const piece of this.#pieces()) yield piece.text;
  }

  /**
   * Turns the text into tokens.
   * @throws InputError for an unknown character or word (file, line and column are named), an empty or ill-encoded file.
   */
  async tokenize(tokenizer: Tokenizer, options: TokenizeOptions = {}): Promise<TokenizedCorpus> {
    const { memoryLimit, temporaryFolder, signal, onProgress } = completeOptions("tokenize", options, tokenizeRules);
    if (typeof tokenizer?.encoder !== "function") {
      throw new OptionError(`tokenize: expected a tokenizer, got ${describe(tokenizer)}.`);
    }
    const collector = new TokenCollector({ tokenizer, memoryLimit, temporaryFolder });
    try {
      const encoder = tokenizer.encoder();
      const total = onProgress ? await this.#size() : 0;
      let lineOpen = false;
      let position = 0;
      for await (const { text } of this.#pieces()) {
        signal?.throwIfAborted();
        for (let at = 0; at < text.length; at += indexStep) {
          await collector.add(encoder.push(text.slice(at, at + indexStep)), encoder.characters);
        }
        lineOpen = !text.endsWith("\n");
        position += Buffer.byteLength(text);
        onProgress?.(Math.min(1, position / total));
      }
      if (position < total) onProgress?.(1);
      // The last line of a text of lines ends as the others do.
      if (lineOpen && tokenizer.kind === "word") await collector.add(encoder.push("\n"), encoder.characters);
      await collector.add(encoder.end(), encoder.characters);
      const stream = collector.finish();
      if (stream.length > 0) return new TokenizedCorpus(stream, collector.index);
      throw new InputError(`${this.name} has no tokens in it.`);
    } catch (error) {
      await collector.abandon();
      throw error instanceof UnknownTokenError ? await this.#located(error) : error;
    }
  }

  async *#pieces(): AsyncGenerator<{ text: string; part: Part; line?: number }, void, undefined> {
    for (const [i, part] of this.#parts.entries()) {
      let lineOpen = false;
      for await (const piece of part.pieces()) {
        yield { ...piece, part };
        lineOpen = !piece.text.endsWith("\n");
      }
      if (lineOpen && i + 1 < this.#parts.length) yield { text: "\n", part };
    }
  }

  async #size(): Promise<number> {
    let total = 0;
    for (const part of this.#parts) total += await part.size();
    return total;
  }

  /** Names the file and the line in that file, by reading the files again up to there. */
  async #located(error: UnknownTokenError): Promise<InputError> {
    // Lines of all parts so far, and those before the part and the piece.
    let passed = 0;
    let current = { part: this.#parts[0] as Part, before: 0 };
    let line = error.place.line;
    for await (const piece of this.#pieces()) {
      if (piece.part !== current.part) current = { part: piece.part, before: passed };
      line = error.place.line - (piece.line === undefined ? current.before : passed + 1 - piece.line);
      passed += countLineEnds(piece.text);
      if (passed >= error.place.line) break;
    }
    return error.in(`${current.part.name}, line ${line}`);
  }
}

function expectFiles(owner: string, files: readonly string[]): readonly string[] {
  if (!Array.isArray(files)) throw new OptionError(`${owner}: expected a list of files, got ${describe(files)}.`);
  if (files.length === 0) throw new InputError(`${owner}: the list of files is empty.`);
  return files.map((file) => expectPath(owner, file));
}

function nameOf(files: readonly string[]): string {
  return files.length === 1 ? (files[0] as string) : `${files.length} files`;
}

function filePart(file: string): Part {
  return {
    name: file,
    async *pieces() {
      for await (const text of readTextFile(file)) yield { text };
    },
    size: () => textFileSize(file),
  };
}

function tablePart(file: string, table: Table): Part {
  return {
    name: file,
    async *pieces() {
      let none = true;
      for await (const { texts, line } of table.rows()) {
        none = false;
        yield { text: `${unifyLineEnds(texts[0] as string)}\n`, line };
      }
      if (none) throw new InputError(`${file} has no texts that are not empty.`);
    },
    size: () => textFileSize(file),
  };
}

const plainWord = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu;

/** Other lines in place of those of a part. A line is held until its end has come. */
function mappedPart(part: Part, change: (line: string) => string): Part {
  return {
    ...part,
    async *pieces() {
      // Pieces of a line whose end has not come.
      let open: string[] = [];
      for await (const { text, ...place } of part.pieces()) {
        const end = text.lastIndexOf("\n");
        if (end >= 0) {
          const lines = `${open.join("")}${text.slice(0, end)}`.split("\n");
          open = [];
          yield { text: `${lines.map(change).join("\n")}\n`, ...place };
        }
        open.push(text.slice(end + 1));
      }
      const last = open.join("");
      if (last !== "") yield { text: change(last) };
    },
  };
}

function textPart(content: string, name: string): Part {
  return {
    name,
    async *pieces() {
      if (content === "") throw new InputError(`${name} is empty: expected text in it.`);
      for (let start = 0; start < content.length; ) {
        const piece = content.slice(start, start + pieceLength);
        const end = start + Math.max(1, lastCharacterBoundary(piece));
        yield { text: content.slice(start, end) };
        start = end;
        // Reading files lets the event loop turn; a text in memory must do so itself.
        await setImmediate();
      }
    },
    size: async () => Buffer.byteLength(content),
  };
}

/** The tokens of a corpus. */
export class TokenizedCorpus implements TokenStream {
  readonly #stream: TokenStream;
  readonly #index: CharacterIndex;

  constructor(stream: TokenStream, index: CharacterIndex) {
    this.#stream = stream;
    this.#index = index;
  }

  get length(): number {
    return this.#stream.length;
  }

  get characters(): number {
    return this.#stream.characters;
  }

  get tokenizer(): Tokenizer {
    return this.#stream.tokenizer as Tokenizer;
  }

  read(start: number, end: number): Int32Array | Promise<Int32Array> {
    return this.#stream.read(start, end);
  }

  /** Tokens start..end-1 as a stream of their own. It shares this one, so closing one closes all. */
  slice(start: number, end = this.length): TokenStream {
    return sliceStream(this.#stream, { start, end }, this.#index);
  }

  /**
   * Cuts the end off for validation and test: what a running text says next is what a model of it is measured by, and no piece of
   * the training part stands on both sides of it. For a text of lines see `splitLines`.
   */
  split(shares: SplitShares = {}): { train: TokenStream; validation: TokenStream; test: TokenStream } {
    const [train, validation] = splitPoints(this.length, shares);
    return { train: this.slice(0, train), validation: this.slice(train, validation), test: this.slice(validation) };
  }

  /**
   * Holds out lines that are chosen at random, for texts each of whose lines is one by itself (`sentences`): the end of a sorted
   * list is not like the rest of it. Each part keeps the order of its lines; empty lines are left out.
   * @throws OptionError if the tokenizer has no token that ends a line, or the shares leave nothing to train on.
   * @throws InputError if there is no line.
   */
  async splitLines(
    options: HoldOutOptions = {},
  ): Promise<{ train: TokenStream; validation: TokenStream; test: TokenStream }> {
    const { end } = sentenceMarks(this.tokenizer);
    const { starts, lengths, lines, blanks } = await findSentences(this, { end });
    const { train, validation, test } = holdOut("splitLines", starts.length, options);
    const part = (numbers: Uint32Array) => {
      const ranges = Array.from(numbers, (i) => {
        const start = starts[i] as number;
        return { start, end: Math.min(start + (lengths[i] as number) + 1, this.length), line: lines[i] as number };
      });
      return gatherStream(this.#stream, ranges, { index: this.#index, blanks });
    };
    return { train: part(train), validation: part(validation), test: part(test) };
  }

  close(): Promise<void> {
    return this.#stream.close();
  }
}

/** Gathers tokens in memory, and moves to a file when there are too many. */
class TokenCollector {
  readonly index = new CharacterIndex();
  readonly #options: { tokenizer: Tokenizer; memoryLimit: number; temporaryFolder: string | undefined };
  #chunks: Int32Array[] = [];
  #length = 0;
  #characters = 0;
  #file: TokenFile | null = null;

  constructor(options: { tokenizer: Tokenizer; memoryLimit: number; temporaryFolder: string | undefined }) {
    this.#options = options;
  }

  /** @param characters of all tokens so far. */
  async add(ids: Int32Array, characters: number): Promise<void> {
    if (ids.length === 0) return;
    const { tokenizer, memoryLimit, temporaryFolder } = this.#options;
    this.#length += ids.length;
    this.#characters = characters;
    this.index.add(this.#length, characters);
    if (this.#file) return this.#file.append(ids);
    this.#chunks.push(ids);
    if (this.#length * ids.BYTES_PER_ELEMENT <= memoryLimit) return;
    this.#file = await TokenFile.create(tokenizer.size, temporaryFolder);
    for (const chunk of this.#chunks) await this.#file.append(chunk);
    this.#chunks = [];
  }

  finish(): TokenStream {
    const { tokenizer } = this.#options;
    if (this.#file) return this.#file.stream(this.#characters, tokenizer);
    const ids = new Int32Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      ids.set(chunk, at);
      at += chunk.length;
    }
    return memoryStream(ids, this.#characters, tokenizer);
  }

  async abandon(): Promise<void> {
    await this.#file?.close();
  }
}
