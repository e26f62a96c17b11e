import { list } from "./collections.js";
import type { Defaulted, Rule } from "./rule.js";
import { optional } from "./rule.js";
import * as scalars from "./scalars.js";
import { checkOption, completeOptions } from "./table.js";

/** The numbers that fit, and the default; an option without one must be given. */
export interface NumberRange {
  minimum?: number;
  maximum?: number;
  above?: number;
  below?: number;
  initial?: number;
}

const bound = optional(scalars.double());
const bounds = { minimum: bound, maximum: bound, above: bound, below: bound, initial: bound };

function completeRange(owner: string, range: NumberRange): NumberRange {
  const entries = Object.entries(completeOptions(owner, range, bounds));
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The rule of a number that ends in a float32. */
export function real(range: NumberRange & { initial: number }): Defaulted<number>;
export function real(range?: NumberRange): Rule<number>;
export function real(range: NumberRange = {}): Rule<number> {
  return scalars.real(completeRange("rules.real", range));
}

/** The rule of a whole number. `minimum` is 0 and `maximum` 2^31 - 1 unless given. */
export function whole(range: NumberRange & { initial: number }): Defaulted<number>;
export function whole(range?: NumberRange): Rule<number>;
export function whole(range: NumberRange = {}): Rule<number> {
  return scalars.whole(completeRange("rules.whole", range));
}

/** The rule of true or false. */
export function flag(initial = false): Defaulted<boolean> {
  return scalars.flag(checkOption("rules.flag", "initial", initial, scalars.flag()));
}

/** The rule of one of a few words. */
export function word<const T extends string>(words: readonly T[], initial: NoInfer<T>): Defaulted<T> {
  const known = checkOption("rules.word", "words", words, list(scalars.text())) as readonly T[];
  return scalars.word(known, checkOption("rules.word", "initial", initial, scalars.word(known)) as NoInfer<T>);
}
