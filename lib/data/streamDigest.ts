import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { TokenStream } from "./tokenStream.js";

/** Tokens read at a time. */
const piece = 2 ** 18;

/** SHA-256 of the tokens of a stream: tells texts of one size apart. */
export async function streamDigest(stream: TokenStream): Promise<string> {
  const hash = createHash("sha256");
  for (let start = 0; start < stream.length; start += piece) {
    hash.update(await stream.read(start, Math.min(start + piece, stream.length)));
    // A stream in memory never lets the event loop turn by itself.
    await setImmediate();
  }
  return hash.digest("hex");
}
