/**
 * Blanks as Python's str.split() knows them, in which published scores are computed: Unicode's White_Space and the separators
 * U+001C to U+001F. JavaScript's \s differs: it has U+FEFF, and lacks the separators and U+0085.
 */
const blank = `[\\p{White_Space}${String.fromCharCode(0x1c)}-${String.fromCharCode(0x1f)}]`;
const blanks = new RegExp(`${blank}+`, "u");
const atEnd = new RegExp(`(?<!${blank})${blank}+$`, "u");

/** Words between spaces. */
export function splitWords(text: string): string[] {
  return text.split(blanks).filter((word) => word !== "");
}

export function trimBlanksAtEnd(text: string): string {
  return text.replace(atEnd, "");
}
