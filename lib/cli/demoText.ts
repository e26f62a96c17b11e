import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";

/** The novel that `ostinato demo` learns, which the build puts into dist. */
export function mobyDick(): string {
  const packed = readFileSync(new URL("../moby-dick.txt.br", import.meta.url));
  return brotliDecompressSync(packed).toString("utf8").replace(/\r\n/g, "\n");
}
