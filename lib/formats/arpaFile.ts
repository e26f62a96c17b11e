import type { FileHandle } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { decodeText } from "../data/index.js";
import { FileError, quote } from "../errors.js";
import { openPlainFile } from "../plainFile.js";

/** The log-probability of what cannot come, base 10. */
const impossible = -99;

/** An n-gram of an ARPA file. */
export interface ArpaEntry {
  readonly words: readonly string[];
  /** Natural logarithm of the probability, and of the back-off weight, 0 where there is none. */
  readonly probability: number;
  readonly backoff: number;
}

/** The largest back-off weight that makes sense, base 10. */
const mostBackoff = 99;

/** How binary files of other programs begin. */
const binaries = [
  { program: "KenLM", begin: "mmap lm http://kheafield.com/code", source: "the ARPA file that lmplz wrote" },
  {
    program: "SRILM",
    begin: "SRILM_BINARY_NGRAM",
    source: "an ARPA file that ngram -lm FILE -write-lm OTHER makes of it",
  },
];

/** Characters of a line; longer ones are of another kind of file. */
const longestLine = 2 ** 20;

interface Line {
  text: string;
  number: number;
}

/**
 * A file of n-grams in ARPA's form (SRILM's ngram-format), plain or compressed by gzip, read from its beginning to its end. Errors name
 * the file and the line.
 */
export class ArpaFile {
  readonly file: string;
  /** Number of n-grams of each order from 1 on, as the file says. */
  readonly sizes: readonly number[];
  readonly #lines: AsyncGenerator<Line, void, undefined>;
  /** The line that was read last. */
  #number = 0;
  #next: string | null = null;

  private constructor(file: string, lines: AsyncGenerator<Line, void, undefined>, sizes: number[]) {
    this.file = file;
    this.sizes = sizes;
    this.#lines = lines;
  }

  /** @throws FileError for a file that cannot be read, or does not begin as one of n-grams does. */
  static async open(file: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<ArpaFile> {
    const sizes: number[] = [];
    const arpa = new ArpaFile(file, linesOf(file, signal), sizes);
    try {
      await arpa.#readSizes(sizes);
      return arpa;
    } catch (error) {
      await arpa.close();
      throw error;
    }
  }

  async #readSizes(sizes: number[]): Promise<void> {
    let text = await this.#line();
    // Some tools write remarks before the data.
    while (text !== "\\data\\") {
      if (/^\\|^ngram \d/.test(text)) throw this.wrong(`expected \\data\\, got ${quote(text)}`);
      text = await this.#line();
    }
    for (text = await this.#line(); ; text = await this.#line()) {
      const [, order, size] = /^ngram (\d+) *= *(\d+)$/.exec(text) ?? [];
      if (order === undefined) break;
      if (Number(order) !== sizes.length + 1)
        throw this.wrong(`expected "ngram ${sizes.length + 1}=", got ${quote(text)}`);
      sizes.push(Number(size));
    }
    if (sizes.length === 0) throw this.wrong(`expected the number of n-grams of each order, got ${quote(text)}`);
    this.#next = text;
  }

  /** The n-grams of the next order. */
  async *ngrams(order: number): AsyncGenerator<ArpaEntry, void, undefined> {
    await this.#expect(`\\${order}-grams:`);
    for (let i = 0; i < (this.sizes[order - 1] as number); i++) yield this.#parsed(await this.#line(), order);
  }

  /** @throws FileError unless the file ends here. */
  async end(): Promise<void> {
    await this.#expect("\\end\\");
  }

  /** Frees the file. */
  async close(): Promise<void> {
    await this.#lines.return(undefined);
  }

  /** An error at the line that was read last. */
  wrong(what: string): FileError {
    return new FileError(`${this.file}, line ${this.#number}: ${what}.`);
  }

  async #expect(wanted: string): Promise<void> {
    const text = this.#next ?? (await this.#line());
    this.#next = null;
    if (text !== wanted) throw this.wrong(`expected ${wanted}, got ${quote(text)}`);
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) {
      throw new FileError(
        `${this.file} is cut short, or no ARPA file: it ends before \\end\\. Copy it again from where it came.`,
      );
    }
    this.#number = value.number;
    return value.text;
  }

  #parsed(text: string, order: number): ArpaEntry {
    const fields = text.split(/[ \t]+/);
    if (text.startsWith("\\")) {
      throw this.wrong(`expected ${this.sizes[order - 1]} ${order}-grams, as the header says, and there are fewer`);
    }
    if (fields.length < order + 1 || fields.length > order + 2) {
      const words = order === 1 ? "a word" : `${order} words`;
      throw this.wrong(`expected a probability, ${words} and perhaps a back-off weight, got ${quote(text)}`);
    }
    const [probability, backoff] = [logarithm(fields[0] as string), logarithm(fields[order + 1] ?? "0")];
    if (!(probability <= 0) || !(backoff <= mostBackoff)) {
      throw this.wrong(`expected logarithms of a probability and a weight, got ${quote(text)}`);
    }
    return {
      words: fields.slice(1, order + 1),
      probability: Math.max(probability, impossible) * Math.LN10,
      backoff: Math.max(backoff, impossible) * Math.LN10,
    };
  }
}

function logarithm(field: string): number {
  return field === "-inf" ? impossible : Number(field);
}

/** The lines that are not empty, without spaces around them. */
async function* linesOf(file: string, signal: AbortSignal | undefined): AsyncGenerator<Line, void, undefined> {
  const handle = await openPlainFile(file);
  let number = 0;
  let open = "";
  try {
    await expectText(handle, file);
    for await (const piece of decodeText(bytesOf(handle, file), { name: file, isFile: true })) {
      signal?.throwIfAborted();
      const parts = (open + piece).split("\n");
      open = parts.pop() as string;
      if (open.length > longestLine || parts.some((part) => part.length > longestLine)) {
        throw new FileError(
          `${file}, after line ${number}: expected lines of an ARPA file, got one of more than 2^20 characters.`,
        );
      }
      for (const part of parts) {
        number++;
        const text = part.trim();
        if (text !== "") yield { text, number };
      }
    }
    if (open.trim() !== "") yield { text: open.trim(), number: number + 1 };
  } catch (error) {
    if (!(error as { code?: string }).code?.startsWith("Z_")) throw error;
    throw new FileError(
      `${file}, after line ${number}: it is damaged or cut short (${(error as Error).message}).`,
      error,
    );
  } finally {
    await handle.close();
  }
}

/** @throws FileError for a binary file of another program: its form depends on the program and machine that made it. */
async function expectText(handle: FileHandle, file: string): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
  const begin = buffer.toString("latin1", 0, bytesRead);
  const found = binaries.find((binary) => begin.startsWith(binary.begin));
  if (!found) return;
  throw new FileError(`${file} is a binary file of ${found.program}, which only that can read: take ${found.source}.`);
}

/** The bytes of the text. */
function bytesOf(handle: FileHandle, file: string): AsyncIterable<Uint8Array> {
  const bytes = handle.createReadStream({ autoClose: false, start: 0 });
  if (!/\.gz$/i.test(file)) return bytes;
  const text = createGunzip();
  bytes.on("error", (error) => text.destroy(error));
  return bytes.pipe(text);
}
