import type { TextFeature } from "./activations.js";

/** Characters that show a feature in a text: where they are many, a unit that watches for it has something to follow. */
const marks: Readonly<Record<TextFeature, RegExp>> = {
  quotes: /["\u201c\u201d]/gu,
  line: /\n/g,
  brackets: /[()[\]{}]/gu,
  capitals: /\p{Lu}/gu,
  spaces: /\s/gu,
  variance: /["\u201c\u201d()[\]{}]/gu,
};

/**
 * The part of a text that shows a feature most often; the beginning, where the text does not have it. It begins after a line
 * end or a space where there is one near.
 * @param options.length UTF-16 code units of the passage, at most.
 * @param options.feature default "variance": quotation marks and brackets.
 */
export function passageOf(
  text: string,
  { length, feature = "variance" }: { length: number; feature?: TextFeature },
): string {
  if (text.length <= length) return text;
  const places = Array.from(text.matchAll(marks[feature]), ({ index }) => index);
  const last = text.length - length;
  const step = Math.max(1, Math.floor(length / 8));
  let [best, count, from, to] = [0, 0, 0, 0];
  for (let next = 0; next < last + step; next += step) {
    // The end of the text is looked at, too.
    const start = Math.min(next, last);
    while (from < places.length && (places[from] as number) < start) from++;
    while (to < places.length && (places[to] as number) < start + length) to++;
    if (to - from > count) [best, count] = [start, to - from];
  }
  const begin = best === 0 ? 0 : beginningNear(text, best, Math.floor(length / 8));
  return text.slice(begin, begin + length).replace(/[\uD800-\uDBFF]$/, "");
}

/** The first beginning of a line within `reach` of a place, else of a word, else of a character. */
function beginningNear(text: string, place: number, reach: number): number {
  const near = text.slice(place, place + reach);
  const at = [near.indexOf("\n"), near.search(/\s/)].find((place) => place >= 0);
  if (at !== undefined) return place + at + 1;
  return /^[\uDC00-\uDFFF]/.test(near) ? place + 1 : place;
}
