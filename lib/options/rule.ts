/**
 * One option of a table: how its value is checked, what it is when left out, and what else is known of it. A rule without
 * `initial` belongs to an option that must be given; `optional` makes one that may be left out and then is undefined.
 */
export interface Rule<T> extends Facts {
  /** Says what fits, to follow "expected NAME to be". */
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
  /** Value of an option that is left out (undefined). */
  readonly initial?: T;
  readonly mayBeMissing?: boolean;
  /** Finds the part that does not fit, where a value has parts with rules of their own. @internal */
  readonly misfit?: (value: unknown) => Misfit | null;
  /** How the value is written on a command line; without it the option has no flag. @internal */
  readonly written?: Written;
}

/** The rule of an option that has a default. */
export interface Defaulted<T> extends Rule<T> {
  readonly initial: T;
}

/** A table's entries about an option, besides its rule. */
export interface Facts {
  /** Its flag, where that is not the name in kebab case: "-o, --out"; null: it has none. */
  readonly flag?: string | null;
  /** Names of the same thing in other libraries, for hints and the documentation. */
  readonly aka?: readonly string[];
  /** Tables of what its value is made of, by the function that makes it: their options do not stand beside this one. */
  readonly holds?: Readonly<Record<string, Readonly<Record<string, Rule<unknown>>>>>;
  /** Other options without which this one means nothing: `true` for any value but the default, or the values that do. */
  readonly needs?: Readonly<Record<string, true | readonly unknown[]>>;
  /** Other options that cannot be used beside this one. */
  readonly excludes?: readonly string[];
  /**
   * Treatment when a training is resumed: it may change, it belongs to one run, or the saved tokenizer has settled it.
   * Default: it must be as it was.
   */
  readonly onResume?: "changes" | "once" | "settled";
}

/** How a value is written on a command line. */
export interface Written {
  /** The word for its value in a usage: n, x, text ...; null for a switch. */
  readonly as: string | null;
  /** The value of a word. Default: the word itself. */
  readonly parse?: (text: string) => unknown;
  /** The words that fit, where there are a few. */
  readonly words?: readonly string[];
  /** Several words may follow each other, and the value is an array. */
  readonly several?: boolean;
  /** The flag may come again, and the value is an array. */
  readonly again?: boolean;
}

/** The part of a value that does not fit its rule. */
export interface Misfit {
  /** The way from the whole to the part: ".validations[3].loss"; "" for the whole. */
  readonly path: string;
  /** Text that says what fits there, to follow "expected PART to be". */
  readonly expected: string;
  readonly value: unknown;
}

/** The type of the values that fit a rule. */
export type ValueOf<R> = R extends Rule<infer T> ? T : never;

/** The part of a value that its rule refuses; null if all of it fits. */
export function misfitOf(value: unknown, rule: Rule<unknown>): Misfit | null {
  if (value === undefined && (rule.mayBeMissing || rule.initial !== undefined)) return null;
  if (rule.misfit) return rule.misfit(value);
  return rule.fits(value) ? null : { path: "", expected: rule.expected, value };
}

/** Adds what is known of an option to its rule. */
export function option<R extends Rule<unknown>>(rule: R, facts: Facts & { readonly written?: Written }): R {
  return { ...rule, ...facts };
}

/** Makes an option one that may be left out, and then is undefined: it has no default. */
export function optional<T>({ initial: _, ...rule }: Rule<T>): Rule<T | undefined> {
  return { ...rule, mayBeMissing: true };
}

/** Lets an option also be null. */
export function nullable<T>(rule: Defaulted<T>): Defaulted<T | null>;
export function nullable<T>(rule: Rule<T>): Rule<T | null>;
export function nullable<T>(rule: Rule<T>): Rule<T | null> {
  return {
    ...rule,
    expected: `${rule.expected}, or null`,
    fits: (value) => value === null || rule.fits(value),
    ...(rule.misfit && { misfit: (value: unknown) => (value === null ? null : misfitOf(value, rule)) }),
  };
}

/** A value that fits one of several rules. */
export function either<T, U>(one: Rule<T>, other: Rule<U>): Rule<T | U> {
  return {
    expected: `${one.expected}, or ${other.expected}`,
    fits: (value) => misfitOf(value, one) === null || misfitOf(value, other) === null,
  };
}

/** A value of a kind that no other rule knows. `expected` follows "expected NAME to be". */
export function value<T>(expected: string, fits: (value: unknown) => boolean): Rule<T>;
export function value<T>(expected: string, fits: (value: unknown) => boolean, initial: T): Defaulted<T>;
export function value<T>(expected: string, fits: (value: unknown) => boolean, initial?: T): Rule<T> {
  return { expected, fits, ...(initial === undefined ? {} : { initial }) };
}

/** A function, for events and callbacks. */
export function callback<T extends (...args: never[]) => unknown>(): Rule<T | undefined> {
  return optional({ expected: "a function", fits: (value) => typeof value === "function" });
}

/** An AbortSignal. */
export const abortSignal: Rule<AbortSignal | undefined> = optional({
  expected: "an AbortSignal",
  fits: (value) => value instanceof AbortSignal,
});
