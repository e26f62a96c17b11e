import { setImmediate } from "node:timers/promises";
import type { WordVectors } from "../data/index.js";
import { wordVectorsRule } from "../data/index.js";
import { InputError, quote } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, flag, option, table, word } from "../options.js";
import { writeFileAtomically } from "./atomicFile.js";

export const wordVectorFileRules = table("writeWordVectors", {
  /** Form of the file: word2vec's "text", a word and its numbers a line, or its "binary", with floats of 4 bytes. Default text. */
  format: option(word(["text", "binary"], "text"), { aka: ["binary"] }),
  /** Leave out the first line, which says how many words and numbers there are, as GloVe does. Default false. */
  headless: option(flag(), { aka: ["write_header", "no_header"], needs: { format: ["text"] } }),
});

/** Options of `writeWordVectors`. @interface */
export type WordVectorFileOptions = OptionsOf<typeof wordVectorFileRules>;

/** Numbers that are written between two turns of the event loop. */
const numbersAtOnce = 2 ** 15;

/**
 * Writes vectors of words as word2vec does: its text, which gensim, fastText and others read too, or its binary form. The text has as many
 * digits as it takes to read back the same floats.
 * @throws InputError for a word that the form cannot hold, and a number that is not finite.
 */
export async function writeWordVectors(
  file: string,
  vectors: WordVectors,
  options: WordVectorFileOptions = {},
): Promise<void> {
  const pieces = wordVectorPieces(vectors, options);
  await writeFileAtomically(file, async (sink) => {
    for (const piece of pieces) {
      await sink.append(piece);
      await setImmediate();
    }
  });
}

/** The content of such a file, piece by piece. @throws InputError as writeWordVectors does, before the first piece. */
export function wordVectorPieces(vectors: WordVectors, options: WordVectorFileOptions = {}): Iterable<Buffer> {
  const { format, headless } = completeOptions("writeWordVectors", options, wordVectorFileRules);
  const { words, values, size } = checkOption("writeWordVectors", "vectors", vectors, wordVectorsRule);
  const wrong = format === "binary" ? /[\s]/u : /[\n\r\t]/u;
  const bad = words.find((own) => own === "" || wrong.test(own));
  if (bad !== undefined) {
    throw new InputError(
      `writeWordVectors: the word ${quote(bad)} does not fit into a ${format} file of word vectors.`,
    );
  }
  const unfit = values.findIndex((value) => !Number.isFinite(value));
  if (unfit >= 0) {
    throw new InputError(
      `writeWordVectors: number ${(unfit % size) + 1} of ${quote(words[Math.floor(unfit / size)] as string)} is ${values[unfit]}.`,
    );
  }
  return piecesOf({ words, values, size }, { row: format === "binary" ? binaryRow : textRow, headless });
}

function* piecesOf(
  { words, values, size }: Pick<WordVectors, "words" | "values" | "size">,
  { row, headless }: { row: (own: string, vector: Float32Array) => Buffer; headless: boolean },
): Generator<Buffer, void, undefined> {
  const rowsAtOnce = Math.max(1, Math.floor(numbersAtOnce / size));
  if (!headless) yield Buffer.from(`${words.length} ${size}\n`);
  for (let begin = 0; begin < words.length; begin += rowsAtOnce) {
    const some = words.slice(begin, begin + rowsAtOnce);
    yield Buffer.concat(some.map((own, i) => row(own, values.subarray((begin + i) * size, (begin + i + 1) * size))));
  }
}

function textRow(own: string, vector: Float32Array): Buffer {
  return Buffer.from(`${own} ${Array.from(vector, shortest).join(" ")}\n`, "utf8");
}

function binaryRow(own: string, vector: Float32Array): Buffer {
  const numbers = Buffer.alloc(4 * vector.length);
  for (const [i, value] of vector.entries()) numbers.writeFloatLE(value, 4 * i);
  return Buffer.concat([Buffer.from(`${own} `, "utf8"), numbers, Buffer.from("\n")]);
}

/** The shortest of some decimal texts that is read back as the same float32. */
function shortest(value: number): string {
  for (const digits of [6, 7, 8]) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}
