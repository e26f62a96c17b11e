import * as collections from "./collections.js";
import type { Defaulted, Rule } from "./rule.js";
import * as rules from "./rule.js";
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

const bound = rules.optional(scalars.double());
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
  const known = checkOption("rules.word", "words", words, collections.list(scalars.text())) as readonly T[];
  return scalars.word(known, checkOption("rules.word", "initial", initial, scalars.word(known)) as NoInfer<T>);
}

/** The rule of a text that is not empty. */
export function text(): Rule<string> {
  return scalars.text();
}

const anyRule = rules.value<Rule<unknown>>("a rule, such as rules.whole()", (rule) => {
  const { expected, fits } = (rule ?? {}) as Partial<Rule<unknown>>;
  return typeof expected === "string" && typeof fits === "function";
});

/** The rule of an array whose elements all fit a rule. */
export function list<T>(of: Rule<T>, initial: readonly T[]): Defaulted<readonly T[]>;
export function list<T>(of: Rule<T>): Rule<readonly T[]>;
export function list<T>(of: Rule<T>, initial?: readonly T[]): Rule<readonly T[]> {
  const rule = collections.list(checkOption("rules.list", "of", of, anyRule) as Rule<T>);
  return initial === undefined ? rule : { ...rule, initial: checkOption("rules.list", "initial", initial, rule) };
}

/** The rule of an option that may be left out, and then is undefined. */
export function optional<T>(rule: Rule<T>): Rule<T | undefined> {
  return rules.optional(checkOption("rules.optional", "rule", rule, anyRule) as Rule<T>);
}
