/** Modern conjoining jamo (Unicode, section 3.12): first consonants, vowels, final consonants, and syllables. */
const firstBase = 0x1100;
const vowelBase = 0x1161;
const finalBase = 0x11a7; // one before the first final: 0 is "no final"
const syllableBase = 0xac00;
const vowelCount = 21;
const finalCount = 28;

/** Hangul syllables to their jamo, "각" to "ㄱㅏㄱ" in conjoining form; everything else stays as it is. */
export function decomposeHangul(text: string): string {
  return text.replace(/[가-힣]+/g, (syllables) => syllables.normalize("NFD"));
}

/** Joins jamo into syllables as they come. A syllable that may still get a final consonant is held back. */
export class HangulComposer {
  #held = "";

  /** @param character one code point. */
  push(character: string): string {
    const joined = join(this.#held, character);
    const before = joined === null ? this.#held : "";
    const last = joined ?? character;
    this.#held = isOpen(last) ? last : "";
    return this.#held === "" ? before + last : before;
  }

  end(): string {
    const text = this.#held;
    this.#held = "";
    return text;
  }
}

/** A first consonant and a vowel, or an open syllable and a final: the syllable they make; null for anything else. */
function join(held: string, character: string): string | null {
  if (held === "") return null;
  const open = held.charCodeAt(0);
  const next = character.charCodeAt(0);
  if (open < syllableBase) {
    const vowel = next - vowelBase;
    if (vowel < 0 || vowel >= vowelCount) return null;
    return String.fromCharCode(syllableBase + ((open - firstBase) * vowelCount + vowel) * finalCount);
  }
  const final = next - finalBase;
  return final <= 0 || final >= finalCount ? null : String.fromCharCode(open + final);
}

/** Whether a jamo could still follow and join: first consonants, and syllables without a final. */
function isOpen(character: string): boolean {
  const code = character.charCodeAt(0);
  if (code >= firstBase && code <= 0x1112) return true;
  return code >= syllableBase && code <= 0xd7a3 && (code - syllableBase) % finalCount === 0;
}
