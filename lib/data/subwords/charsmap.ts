import type { Component } from "./component.js";

/**
 * The table of a SentencePiece normalizer: a double-array tree (Aoe 1989) over UTF-8, whose leaves point into a block of
 * replacements that end with a zero byte. As in the library, of several entries that a text begins with the shortest counts,
 * and it replaces the whole text that was looked up.
 */
export class Charsmap {
  readonly #units: Uint32Array;
  readonly #replacements: Buffer;
  readonly #memo = new Map<string, string | null>();

  /** @throws InputError unless the component's precompiled_charsmap is such a table. */
  constructor(component: Component) {
    const bytes = Buffer.from(component.text("precompiled_charsmap"), "base64");
    const size = bytes.length >= 4 ? bytes.readUInt32LE(0) : Number.NaN;
    if (!(size % 4 === 0 && size > 0 && size <= bytes.length - 4)) {
      throw component.refusal("precompiled_charsmap is damaged.");
    }
    this.#units = new Uint32Array(size / 4).map((_, i) => bytes.readUInt32LE(4 + 4 * i));
    this.#replacements = bytes.subarray(4 + size);
  }

  /** The replacement of a text; null where the table has none. */
  replacement(text: string): string | null {
    const known = this.#memo.get(text);
    if (known !== undefined) return known;
    const replacement = this.#lookUp(Buffer.from(text, "utf8"));
    if (this.#memo.size < 2 ** 16) this.#memo.set(text, replacement);
    return replacement;
  }

  #lookUp(key: Buffer): string | null {
    const unit = (at: number) => this.#units[at] ?? 0;
    let node = offsetOf(unit(0));
    for (const byte of key) {
      if (byte === 0) return null;
      node ^= byte;
      const value = unit(node);
      if ((value & 0x800000ff) >>> 0 !== byte) return null;
      node ^= offsetOf(value);
      if ((value >>> 8) & 1) return this.#replacementAt(unit(node) & 0x7fffffff);
    }
    return null;
  }

  #replacementAt(start: number): string | null {
    if (start >= this.#replacements.length) return null;
    const end = this.#replacements.indexOf(0, start);
    return this.#replacements.toString("utf8", start, end < 0 ? this.#replacements.length : end);
  }
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
