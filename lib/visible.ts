/**
 * A text with everything in it that a reader would not see, or that would give orders to a terminal, written out: control
 * characters but tab and line feed, characters that turn the direction of what follows, those of no width, and halves of
 * surrogate pairs become `\u{202E}`. Joiners stay where a script needs them: between letters other than Latin, and in emoji.
 */
export function visible(text: string): string {
  return replaceUnseen(text, (character) => `\\u{${hexadecimal(character.codePointAt(0) as number)}}`);
}

/** The same for JSON, which stays JSON of the same value. */
export function visibleJson(json: string): string {
  const units = (character: string) => Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return replaceUnseen(json, (character) =>
    units(character)
      .map((unit) => `\\u${hexadecimal(unit)}`)
      .join(""),
  );
}

function replaceUnseen(text: string, written: (character: string) => string): string {
  return text.replace(unseen, (character, at: number) =>
    isJoiner(character) && joins.test(text.slice(Math.max(0, at - 4), at)) && joined.test(text.slice(at + 1, at + 3))
      ? character
      : written(character),
  );
}

function hexadecimal(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, "0");
}

/**
 * Cc without tab and line feed; line and paragraph separators; surrogates; all that Unicode calls ignorable or a control of
 * direction, without variation selectors and the grapheme joiner, which change how the character before them looks.
 */
const unseen =
  /(?![\t\n])[\p{Cc}\u2028\u2029\ufff9-\ufffb]|\p{Surrogate}|(?![\u034f\u180b-\u180d\u180f\ufe00-\ufe0f\u{e0100}-\u{e01ef}])[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/gu;

function isJoiner(character: string): boolean {
  return character === "\u200c" || character === "\u200d";
}

const joins = /(?:[^\p{ASCII}\p{Script=Latin}\P{L}]|\p{M}|\p{Extended_Pictographic}|\p{Emoji_Modifier})$/u;
const joined = /^(?:[^\p{ASCII}\p{Script=Latin}\P{L}]|\p{Extended_Pictographic})/u;
