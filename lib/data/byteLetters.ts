/** GPT-2's letters for the bytes 0..255: printable Latin-1 for itself, the others from U+0100 on (Radford et al. 2019). */
export const byteLetters: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    /[!-~¡-¬®-ÿ]/u.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : String.fromCharCode(next++),
  );
})();

const bytes: ReadonlyMap<string, number> = new Map(byteLetters.map((letter, byte) => [letter, byte]));

/** A text's bytes as letters. */
export function inByteLetters(text: string): string {
  let letters = "";
  for (const byte of Buffer.from(text, "utf8")) letters += byteLetters[byte];
  return letters;
}

/** The bytes that a text of byte letters stands for; null where it holds another character. */
export function bytesOfLetters(letters: string): Uint8Array | null {
  const values = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) {
    const byte = bytes.get(letters[i] as string);
    if (byte === undefined) return null;
    values[i] = byte;
  }
  return values;
}
