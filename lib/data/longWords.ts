/** Characters of a word that are learnt from together; longer ones are parted, as the time grows with their square. */
const longestWord = 256;

/** Kinds of characters by GPT-2's rule for words: letters, digits, white space, or other signs. A line end stands alone. */
const kinds = [/\n/u, /\p{L}/u, /\p{N}/u, /\s/u] as const;

/** The kind of each code unit, found when it is first met. */
const known = new Int8Array(0x10000).fill(-1);

function kindOf(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  const symbol = known[unit] as number;
  if (symbol >= 0) return symbol;
  const code = text.codePointAt(at) as number;
  const character = String.fromCodePoint(code);
  const kind = kinds.findIndex((pattern) => pattern.test(character)) + 1;
  if (code <= 0xffff) known[unit] = kind;
  return kind;
}

/**
 * Puts a line end into every word of more than 256 characters, after each 256th, so that what is learnt from a text without
 * spaces takes time in proportion to its length. The text may come in pieces.
 */
export class LongWords {
  #kind = 0;
  #length = 0;

  part(text: string): string {
    const parts: string[] = [];
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const kind = kindOf(text, at);
      if (kind !== this.#kind || kind === 1) {
        this.#kind = kind;
        this.#length = 0;
      } else if (this.#length === longestWord) {
        parts.push(text.slice(start, at));
        start = at;
        this.#length = 0;
      }
      this.#length++;
      if ((text.codePointAt(at) as number) > 0xffff) at++;
    }
    if (parts.length === 0) return text;
    parts.push(text.slice(start));
    return parts.join("\n");
  }
}
