import type { FileHandle } from "node:fs/promises";
import { counted, InputError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, optional, table, value, whole } from "../options.js";
import { openPlainFile, readingError } from "../plainFile.js";
import { linesOf } from "./tableRows.js";
import { expectPath, readTextFile } from "./textFile.js";
import { WordVectors } from "./wordVectors.js";

const rules = table("readWordVectors", {
  /** Words that are wanted; of the others only their place in the file is looked at. Default: all. */
  words: optional(value<ReadonlySet<string>>("a Set of words", (words) => words instanceof Set)),
  /** Words wanted besides, the first ones of the file, which are the most frequent ones. Default: none where `words` are given. */
  first: optional(whole()),
  /** Numbers of each vector, where the file does not say it in its first line. Default: as the first vector has. */
  size: optional(whole({ minimum: 1 })),
});

/** Options of `readWordVectors`. @interface */
export type WordVectorOptions = OptionsOf<typeof rules>;

/**
 * Reads vectors of words: the text and binary files of word2vec (Mikolov et al. 2013), GloVe's (Pennington et al. 2014) and fastText's .vec.
 * Text has a word and its numbers in each line, with or without a first line that says how many words and numbers there are; a word may
 * hold spaces. A word that comes again keeps its first vector.
 * @throws InputError for a vector of another size, what is no number, and a file that ends too early: it names file and line.
 */
export async function readWordVectors(file: string, options: WordVectorOptions = {}): Promise<WordVectors> {
  const { words, first, size } = completeOptions("readWordVectors", options, rules);
  const limit = first ?? (words ? 0 : Number.POSITIVE_INFINITY);
  const kept = new Kept((word, place) => place < limit || words?.has(word) === true);
  const handle = await openPlainFile(expectPath("readWordVectors", file));
  let header: Header | null;
  try {
    header = await headerOf(handle, file);
    if (header?.binary) await readBinary(handle, { file, header, kept });
  } finally {
    await handle.close();
  }
  if (size !== undefined && header && header.size !== size) {
    throw new InputError(`${file}, line 1: the vectors have ${header.size} numbers, and ${size} are expected.`);
  }
  if (!header?.binary) await readText(file, { header, kept, size: header?.size ?? size });
  return kept.vectors(file);
}

interface Header {
  readonly count: number;
  readonly size: number;
  readonly binary: boolean;
  /** Bytes of the first line. */
  readonly bytes: number;
}

/** The vectors that are wanted, as they come. */
class Kept {
  readonly #wanted: (word: string, place: number) => boolean;
  readonly #rows = new Map<string, Float32Array>();
  size = 0;
  #place = 0;
  #duplicates = 0;

  constructor(wanted: (word: string, place: number) => boolean) {
    this.#wanted = wanted;
  }

  /** Takes the next word of the file, if it is wanted. */
  offer(word: string, read: () => Float32Array): void {
    if (!this.#wanted(word, this.#place++)) return;
    if (this.#rows.has(word)) this.#duplicates++;
    else this.#rows.set(word, read());
  }

  vectors(file: string): WordVectors {
    if (this.#place === 0) throw new InputError(`${file} has no vectors.`);
    const values = new Float32Array(this.#rows.size * this.size);
    for (const [i, row] of [...this.#rows.values()].entries()) values.set(row, i * this.size);
    return new WordVectors([...this.#rows.keys()], values, this.size, this.#duplicates);
  }
}

async function readText(
  file: string,
  { header, kept, size }: { header: Header | null; kept: Kept; size: number | undefined },
): Promise<void> {
  let [line, vectors] = [0, 0];
  kept.size = size ?? 0;
  for await (const text of linesOf(readTextFile(file, { keepReturns: true }))) {
    line++;
    if ((header && line === 1) || text === "") continue;
    vectors++;
    const cells = text.replace(/[ \t]+$/, "").split(/[ \t]/);
    if (kept.size === 0) kept.size = cells.length - 1;
    const place = `${file}, line ${line}`;
    const extra = cells.length - kept.size;
    // A word may hold spaces, but not only numbers after its first part: that is a vector of another size.
    const isLonger = extra > 1 && cells.slice(1, extra).every(isNumber);
    if (kept.size < 1 || extra < 1 || isLonger) {
      const found = isLonger ? cells.length - 1 : Math.max(cells.length - 1, 0);
      const arpa = cells[0] === "\\data\\" ? " It is a file of n-grams: ostinato train ngram --arpa." : "";
      const wanted = kept.size < 1 ? "some" : kept.size;
      throw new InputError(
        `${place}: the vector of ${quoted(cells[0])} has ${counted(found, "number")}, expected ${wanted}.${arpa}`,
      );
    }
    kept.offer(cells.slice(0, extra).join(" "), () =>
      Float32Array.from(cells.slice(extra), (cell) => {
        if (isNumber(cell)) return Number(cell);
        throw new InputError(`${place}: expected ${kept.size} numbers after ${quoted(cells[0])}, got ${quoted(cell)}.`);
      }),
    );
  }
  if (header && vectors < header.count) {
    throw new InputError(`${file} ends after ${vectors} of the ${header.count} vectors that its first line announces.`);
  }
}

function isNumber(text: string): boolean {
  return text !== "" && Number.isFinite(Number(text));
}

function quoted(text: string | undefined): string {
  const shown = text ?? "";
  return JSON.stringify(shown.length > 40 ? `${shown.slice(0, 39)}…` : shown);
}

/** Bytes of a word, and of the beginning that shows what a file is: far more than any line's first word. */
const [mostWordBytes, lookBytes] = [10_000, 2 ** 16];

/** The first line, if it says how many vectors of which size follow, and whether they are text. */
async function headerOf(handle: FileHandle, file: string): Promise<Header | null> {
  const beginning = await bytesAt(handle, file, { position: 0, length: lookBytes });
  const end = beginning.indexOf(10);
  const match = /^(\d+)[ \t](\d+)\s*$/.exec(beginning.subarray(0, Math.max(end, 0)).toString("latin1"));
  if (!match) return null;
  const [count, size] = [Number(match[1]), Number(match[2])];
  if (count < 1 || size < 1)
    throw new InputError(`${file}, line 1: expected the numbers of words and of their values.`);
  // Text has a line of so many numbers; floats have other bytes.
  const next = beginning.subarray(end + 1);
  const lineEnd = next.indexOf(10);
  const line = next
    .subarray(0, lineEnd < 0 ? next.length : lineEnd)
    .toString("latin1")
    .trim()
    .split(/[ \t]+/);
  const isText =
    line.length > 1 &&
    line
      .slice(-Math.min(size, line.length - 1))
      .slice(0, 8)
      .every(isNumber);
  return { count, size, binary: !isText, bytes: end + 1 };
}

async function readBinary(
  handle: FileHandle,
  { file, header, kept }: { file: string; header: Header; kept: Kept },
): Promise<void> {
  const { count, size, bytes } = header;
  const rowBytes = size * 4;
  const { size: fileBytes } = await handle.stat();
  if (rowBytes > fileBytes) {
    throw new InputError(
      `${file}: line 1 says that a vector has ${size} numbers, more than the ${fileBytes} bytes of the file hold.`,
    );
  }
  const step = Math.max(2 ** 20, mostWordBytes + rowBytes);
  kept.size = size;
  let position = bytes;
  let buffer = Buffer.alloc(0);
  let at = 0;
  for (let n = 1; n <= count; n++) {
    if (buffer.length - at < mostWordBytes + rowBytes) {
      const more = await bytesAt(handle, file, { position, length: step });
      position += more.length;
      buffer = Buffer.concat([buffer.subarray(at), more]);
      at = 0;
    }
    while (buffer[at] === 10) at++;
    const space = buffer.indexOf(32, at);
    const begin = space + 1;
    if (space < 0 || space - at > mostWordBytes || begin + rowBytes > buffer.length) {
      throw new InputError(
        `${file} ends in vector ${n} of ${count}, or is not a binary file of word2vec with ${size} numbers each.`,
      );
    }
    const [word, own] = [buffer.subarray(at, space).toString("utf8"), buffer];
    kept.offer(word, () =>
      Float32Array.from({ length: size }, (_, i) => {
        const number = own.readFloatLE(begin + 4 * i);
        if (Number.isFinite(number)) return number;
        throw new InputError(`${file}, vector ${n} of ${count}: number ${i + 1} of ${quoted(word)} is ${number}.`);
      }),
    );
    at = begin + rowBytes;
  }
}

async function bytesAt(
  handle: FileHandle,
  file: string,
  { position, length }: { position: number; length: number },
): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position).catch((cause: unknown) => {
    throw readingError(file, cause);
  });
  return buffer.subarray(0, bytesRead);
}
