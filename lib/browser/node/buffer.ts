/** node:buffer, and the global Buffer. */
import { Buffer as PlainBuffer } from "buffer/index.js";

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const plainText = PlainBuffer.prototype.toString;

/** The package replaces each byte of a broken character, Node and the engine's decoder a run of them: texts would differ. */
PlainBuffer.prototype.toString = function text(
  this: PlainBuffer,
  encoding = "utf8",
  start = 0,
  end = this.length,
): string {
  if (encoding !== "utf8" && encoding !== "utf-8") return plainText.call(this, encoding, start, end);
  return lenient.decode(this.subarray(start, end));
};

export { PlainBuffer as Buffer };

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
