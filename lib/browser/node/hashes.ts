/** node:crypto: SHA-256 at once, which the engine's own crypto.subtle cannot, and random bytes. */
import { sha256 } from "@noble/hashes/sha2.js";
import { Buffer } from "./buffer.js";

class Sha256 {
  readonly #state = sha256.create();

  update(data: string | ArrayBufferView): this {
    const bytes =
      typeof data === "string"
        ? new TextEncoder().encode(data)
        : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#state.update(bytes);
    return this;
  }

  digest(encoding: "hex"): string {
    return Buffer.from(this.#state.digest()).toString(encoding);
  }
}

/** A hash of the one kind that Ostinato takes. */
export function createHash(_: "sha256"): Sha256 {
  return new Sha256();
}

export function randomBytes(length: number): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length)));
}
