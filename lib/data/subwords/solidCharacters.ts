/** Letters, digits and signs: no normalizer makes white space of their ends, and none is the mark of Metaspace. */
const solid = /[\p{L}\p{N}\p{P}$+<=>^`|~]/u;

const word = /[\p{L}\p{N}]/u;

const isSolid = 1;
const isWord = 2;

/** The kind of each code unit; 0 for surrogates. Filled at the first call. */
let kinds: Uint8Array | null = null;

function kindOf(code: number): number {
  const character = String.fromCodePoint(code);
  return (solid.test(character) ? isSolid : 0) | (word.test(character) ? isWord : 0);
}

function kindOfUnit(unit: number): number {
  kinds ??= Uint8Array.from({ length: 0x10000 }, (_, code) => kindOf(code));
  return kinds[unit] as number;
}

/** Whether the character that ends at this index is a letter, a digit or a sign. */
export function isSolidBefore(text: string, end: number): boolean {
  if (end <= 0) return false;
  const unit = text.charCodeAt(end - 1);
  if (unit < 0xdc00 || unit > 0xdfff || end < 2) return (kindOfUnit(unit) & isSolid) !== 0;
  return (kindOf(text.codePointAt(end - 2) as number) & isSolid) !== 0;
}

/** Whether the character at this index is a letter or a digit. */
export function isWordAt(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  const kind = unit >= 0xd800 && unit <= 0xdbff ? kindOf(text.codePointAt(at) as number) : kindOfUnit(unit);
  return (kind & isWord) !== 0;
}
