/** Number of Unicode code points; a surrogate that stands alone counts as one. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let i = 0; i + 1 < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = text.charCodeAt(i + 1);
    if (next < 0xdc00 || next > 0xdfff) continue;
    count--;
    i++;
  }
  return count;
}

/** Number of "\n". */
export function countLineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** The characters from the last to the first, in NFC. Marks stay after the letter that they belong to. */
export function reversedText(text: string): string {
  return (text.normalize("NFC").match(/\P{M}\p{M}*|\p{M}+/gu) ?? []).reverse().join("");
}

/** "U+AC00" */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Text as people read it: a space is ␣, a control character or other space is escaped, a combining mark sits on a circle. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Z}\p{M}]/gu, (character) => {
    if (character === " ") return "␣";
    if (character === "\n") return "\\n";
    if (character === "\t") return "\\t";
    if (character === "\r") return "\\r";
    if (/\p{M}/u.test(character)) return text === character ? `◌${character}` : character;
    return `\\u{${(character.codePointAt(0) as number).toString(16).toUpperCase()}}`;
  });
}

/**
 * Characters that can merge with the one before them under NFC: combining marks, the vowels and finals of conjoining
 * Hangul, and the Kirat Rai vowel signs, which are letters that compose (Unicode 16). The test walks all of Unicode.
 */
const mergesBackwards = /[\p{M}\u1160-\u11FF\u{16D63}-\u{16D6A}]/u;

/** Whether NFC(before + text) = NFC(before) + NFC(text) for every text that begins with this code point. */
export function isNormalizationBoundary(codePoint: number): boolean {
  return codePoint < 0x300 || !mergesBackwards.test(String.fromCodePoint(codePoint));
}

/** The last place where a text can be cut so that both sides normalise on their own; 0 if there is none. */
export function lastNormalizationBoundary(text: string): number {
  // Half a surrogate pair at the end may become anything.
  for (let i = lastCharacterBoundary(text) - 1; i > 0; i--) {
    if (isLowSurrogate(text.charCodeAt(i)) && isHighSurrogate(text.charCodeAt(i - 1))) continue;
    if (isNormalizationBoundary(text.codePointAt(i) as number)) return i;
  }
  return 0;
}

/** The end of the text, or one before it where a surrogate pair may be cut in two there. */
export function lastCharacterBoundary(text: string): number {
  return isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.length - 1 : text.length;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
