import type { Corpus } from "../data/index.js";

/** Lines of fewer characters, on average, are hardly those of a running text: names, words, formulas. */
const shortLine = 20;

/** Lines that are looked at, and how many it takes to tell. */
const [mostLines, fewestLines] = [2000, 20];

/**
 * The mean length in characters of a text's first lines, where they are so short that each is probably a text of its own; null
 * where they are not.
 */
export async function meanOfShortLines(corpus: Corpus): Promise<number | null> {
  for await (const piece of corpus.pieces()) {
    const lines = piece.split("\n").slice(0, mostLines);
    // A piece may end within a line.
    lines.pop();
    const lengths = lines.map((line) => line.trim().length).filter((length) => length > 0);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    return lengths.length >= fewestLines && mean < shortLine ? mean : null;
  }
  return null;
}
