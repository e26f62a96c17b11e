import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { results } from "./output.js";

/** The name of a file that stands for standard output. */
export const standardOutput = "-";

/** Writes the pieces of a file to standard output, as fast as they are taken; a terminal gets them as text. */
export async function writeResult(pieces: Iterable<Buffer | string>): Promise<void> {
  if (process.stdout.isTTY) for (const piece of pieces) results.write(piece.toString());
  else await pipeline(Readable.from(pieces), process.stdout, { end: false });
}
