import type { Defaulted, Rule } from "./rule.js";

interface Range {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly above?: number;
  readonly below?: number;
}

/** The largest 32-bit integer, where whole numbers end up unless they say otherwise. */
export const largestInt32 = 2 ** 31 - 1;

/** The largest unsigned 32-bit integer, where seeds end up. */
export const largestUint32 = 2 ** 32 - 1;

/** A whole number. `minimum` is 0 and `maximum` 2^31 - 1 unless given. */
export function whole(range: Range & { initial: number }): Defaulted<number>;
export function whole(range?: Range & { initial?: number }): Rule<number>;
export function whole(range: Range & { initial?: number } = {}): Rule<number> {
  const { initial, ...bounds } = { minimum: 0, maximum: largestInt32, ...range };
  return {
    expected: boundsText("a whole number", bounds),
    fits: (value) => Number.isSafeInteger(value) && isWithin(value as number, bounds),
    ...(initial === undefined ? {} : { initial }),
    written: { as: "n", parse: numberOf },
  };
}

/** A seed of random numbers: a whole number of 32 bits. */
export function seed(initial = 1): Defaulted<number> {
  return whole({ maximum: largestUint32, initial });
}

/** A finite number that ends in a float32: it must be within its range there too, and not become 0 or infinite. */
export function real(range: Range & { initial: number }): Defaulted<number>;
export function real(range?: Range & { initial?: number }): Rule<number>;
export function real({ initial, ...bounds }: Range & { initial?: number } = {}): Rule<number> {
  // 1 - 1e-9 is below 1, and 1 as float32.
  const isBelow = (single: number) => bounds.below === undefined || single < bounds.below;
  const fits = (value: unknown) => {
    if (typeof value !== "number" || !Number.isFinite(value)) return false;
    const single = Math.fround(value);
    return Number.isFinite(single) && (single !== 0 || value === 0) && isWithin(value, bounds) && isBelow(single);
  };
  return {
    expected: `${boundsText("a number", bounds)} (as float32)`,
    fits,
    ...(initial === undefined ? {} : { initial }),
    written: { as: "x", parse: numberOf },
  };
}

/** A finite number of double precision. */
export function double(range: Range = {}): Rule<number> {
  return {
    expected: boundsText("a number", range),
    fits: (value) => typeof value === "number" && Number.isFinite(value) && isWithin(value, range),
    written: { as: "x", parse: numberOf },
  };
}

/** The number that a text spells; a text of nothing but spaces spells none. */
export function numberOf(text: string): number | string {
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? text : number;
}

function isWithin(value: number, { minimum, maximum, above, below }: Range): boolean {
  return (
    (minimum === undefined || value >= minimum) &&
    (above === undefined || value > above) &&
    (maximum === undefined || value <= maximum) &&
    (below === undefined || value < below)
  );
}

/** "a whole number at least 0 and at most 9". */
function boundsText(kind: string, { minimum, maximum, above, below }: Range): string {
  const bounds = [
    above !== undefined ? `above ${above}` : "",
    minimum !== undefined ? `at least ${minimum}` : "",
    below !== undefined ? `below ${below}` : "",
    maximum !== undefined ? `at most ${maximum}` : "",
  ].filter(Boolean);
  return bounds.length ? `${kind} ${bounds.join(" and ")}` : kind;
}

/** true or false, and no word or number in their place. */
export function flag(initial = false): Defaulted<boolean> {
  return { ...yesOrNo, initial };
}

/** true or false, without a default. */
export const yesOrNo: Rule<boolean> = {
  expected: "true or false",
  fits: (value) => typeof value === "boolean",
  written: { as: null },
};

/** One of a few words. */
export function word<const T extends string>(words: readonly T[], initial: NoInfer<T>): Defaulted<T>;
export function word<const T extends string>(words: readonly T[]): Rule<T>;
export function word<const T extends string>(words: readonly T[], initial?: NoInfer<T>): Rule<T> {
  return {
    expected: `one of ${words.join(", ")}`,
    fits: (value) => words.includes(value as T),
    ...(initial === undefined ? {} : { initial }),
    written: { as: "name", words },
  };
}

/** A text. An empty one is refused unless `empty` says that it means something; `as` is its word in a usage. */
export function text(options: { initial: string; empty?: boolean; as?: string }): Defaulted<string>;
export function text(options?: { empty?: boolean; as?: string }): Rule<string>;
export function text({
  initial,
  empty = false,
  as = "text",
}: {
  initial?: string;
  empty?: boolean;
  as?: string;
} = {}): Rule<string> {
  return {
    expected: empty ? "a text" : "a text that is not empty",
    fits: (value) => typeof value === "string" && (empty || value !== ""),
    ...(initial === undefined ? {} : { initial }),
    written: { as },
  };
}
