import { describe, OptionError } from "./errors.js";

/**
 * One option of a table: how its value is checked, and what it is when left out. A rule without `initial` belongs to an option
 * that must be given; `optional` makes one that may be left out and then is undefined.
 */
export interface Rule<T> {
  /** Says what fits, to follow "expected NAME to be". */
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
  /** Value of an option that is left out (undefined). */
  readonly initial?: T;
  readonly mayBeMissing?: boolean;
  /** Finds the part that does not fit, where a value has parts with rules of their own. */
  readonly misfit?: (value: unknown) => Misfit | null;
}

/** The part of a value that does not fit its rule. */
export interface Misfit {
  /** The way from the whole to the part: ".validations[3].loss"; "" for the whole. */
  readonly path: string;
  /** What fits there, to follow "expected PART to be". */
  readonly expected: string;
  readonly value: unknown;
}

/** The rules of all options of one thing, by name. */
export type OptionTable = Readonly<Record<string, Rule<unknown>>>;

/** The options of a table, checked, defaults filled in. */
export type Completed<Table extends OptionTable> = {
  [Name in keyof Table]: Table[Name] extends Rule<infer T> ? T : never;
};

/** A table that has a rule for each option of an interface, no more and no fewer. */
export type TableFor<Options extends object> = { readonly [Name in keyof Required<Options>]: Rule<unknown> };

/**
 * The options with their defaults.
 * @param owner whose options they are, for messages.
 * @throws OptionError for anything but an object, an option that the table does not have, and a value that does not fit.
 */
export function completeOptions<Table extends OptionTable>(
  owner: string,
  options: object | undefined,
  table: Table,
): Completed<Table> {
  const given = expectOptions(owner, options);
  expectKnownOptions(owner, given, Object.keys(table));
  const complete: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(table)) complete[name] = checkOption(owner, name, given[name], rule);
  return complete as Completed<Table>;
}

/** One value by its rule. @throws OptionError if it does not fit. */
export function checkOption<T>(owner: string, name: string, value: unknown, rule: Rule<T>): T {
  if (value === undefined && rule.initial !== undefined) return rule.initial;
  const misfit = misfitOf(value, rule);
  if (!misfit) return value as T;
  const { path, expected, value: part } = misfit;
  throw new OptionError(`${owner}: expected ${name}${path} to be ${expected}, got ${describe(part)}.`);
}

/** The part of a value that its rule refuses; null if all of it fits. */
export function misfitOf(value: unknown, rule: Rule<unknown>): Misfit | null {
  if (value === undefined && (rule.mayBeMissing || rule.initial !== undefined)) return null;
  if (rule.misfit) return rule.misfit(value);
  return rule.fits(value) ? null : { path: "", expected: rule.expected, value };
}

/** Checks one numeric option and returns it; `integer` ones by `whole`'s rule without its bounds. */
export function expectNumber(
  owner: string,
  name: string,
  value: unknown,
  { integer = false, ...range }: Range & { integer?: boolean } = {},
): number {
  const fits = (v: unknown) =>
    typeof v === "number" && Number.isFinite(v) && (!integer || Number.isInteger(v)) && isWithin(v, range);
  return checkOption(owner, name, value, {
    expected: boundsText(integer ? "a whole number" : "a number", range),
    fits,
  }) as number;
}

/** Checks that an option is one of a few words and returns it. */
export function expectOneOf<T extends string>(owner: string, name: string, value: unknown, words: readonly T[]): T {
  return checkOption(owner, name, value, word(words));
}

/** Options are one plain object. @throws OptionError for anything else. */
export function expectOptions(owner: string, options: unknown): Record<string, unknown> {
  if (options === undefined) return {};
  if (isRecord(options)) return options;
  throw new OptionError(`${owner}: expected an object of options, got ${describe(options)}.`);
}

/** Refuses options that do not exist, and guesses what a misspelt one was meant to be. */
export function expectKnownOptions(owner: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(expectOptions(owner, options))) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const hint = nearest ? `; did you mean ${nearest}?` : `. Known options: ${known.join(", ")}.`;
    throw new OptionError(`${owner}: unknown option ${JSON.stringify(name)}${hint}`);
  }
}

/** The one of some names that a misspelt one most likely stands for; undefined if none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const [lower, limit] = [name.toLowerCase(), Math.max(1, Math.floor(name.length / 3))];
  const ranked = known
    .map((candidate) => ({ candidate, distance: distanceBetween(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  if (best && best.distance <= limit) return best.candidate;
  return known.find((candidate) => lower.length > 2 && candidate.toLowerCase().includes(lower));
}

/** Edits between two short texts (Levenshtein 1966). */
function distanceBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** Makes an option one that may be left out, and then is undefined. */
export function optional<T>(rule: Rule<T>): Rule<T | undefined> {
  return { ...rule, mayBeMissing: true };
}

/** Lets an option also be null. */
export function nullable<T>(rule: Rule<T>): Rule<T | null> {
  return {
    ...rule,
    expected: `${rule.expected}, or null`,
    fits: (value) => value === null || rule.fits(value),
    ...(rule.misfit && { misfit: (value: unknown) => (value === null ? null : misfitOf(value, rule)) }),
  };
}

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
export function whole(range: Range & { initial?: number } = {}): Rule<number> {
  const { initial, ...bounds } = { minimum: 0, maximum: largestInt32, ...range };
  return {
    expected: boundsText("a whole number", bounds),
    fits: (value) => Number.isSafeInteger(value) && isWithin(value as number, bounds),
    ...(initial === undefined ? {} : { initial }),
  };
}

/** A seed of random numbers: a whole number of 32 bits. */
export function seed(initial = 1): Rule<number> {
  return whole({ maximum: largestUint32, initial });
}

/** A finite number that ends in a float32: it must be within its range there too, and not become 0 or infinite. */
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
  };
}

function isWithin(value: number, { minimum, maximum, above, below }: Range): boolean {
  return (
    (minimum === undefined || value >= minimum) &&
    (above === undefined || value > above) &&
    (maximum === undefined || value <= maximum) &&
    (below === undefined || value < below)
  );
}

/** "a whole number of at least 0 and at most 9". */
function boundsText(kind: string, { minimum, maximum, above, below }: Range): string {
  const bounds = [
    above !== undefined ? `above ${above}` : "",
    minimum !== undefined ? `at least ${minimum}` : "",
    below !== undefined ? `below ${below}` : "",
    maximum !== undefined ? `at most ${maximum}` : "",
  ].filter(Boolean);
  return bounds.length ? `${kind} ${bounds.join(" and ")}` : kind;
}

/** A finite number of double precision. */
export function double(range: Range = {}): Rule<number> {
  return {
    expected: boundsText("a number", range),
    fits: (value) => typeof value === "number" && Number.isFinite(value) && isWithin(value, range),
  };
}

/** true or false, and no word or number in their place. */
export function flag(initial = false): Rule<boolean> {
  return { expected: "true or false", fits: (value) => typeof value === "boolean", initial };
}

/** One of a few words. */
export function word<const T extends string>(words: readonly T[], initial?: NoInfer<T>): Rule<T> {
  return {
    expected: `one of ${words.join(", ")}`,
    fits: (value) => words.includes(value as T),
    ...(initial === undefined ? {} : { initial }),
  };
}

/** A text. An empty one is refused unless `empty` says that it means something. */
export function text({ initial, empty = false }: { initial?: string; empty?: boolean } = {}): Rule<string> {
  return {
    expected: empty ? "a text" : "a text that is not empty",
    fits: (value) => typeof value === "string" && (empty || value !== ""),
    ...(initial === undefined ? {} : { initial }),
  };
}

/** An array whose elements all fit a rule. */
export function list<T>(of: Rule<T>, initial?: readonly T[]): Rule<readonly T[]> {
  const kind = `an array, each element ${of.expected}`;
  const rule = parted<readonly T[]>(kind, (value) => {
    if (!Array.isArray(value)) return { path: "", expected: kind, value };
    return firstMisfit(
      value.entries(),
      (at) => `[${at}]`,
      () => of,
    );
  });
  return initial === undefined ? rule : { ...rule, initial };
}

/** A tuple: an array with one rule for each place. */
export function tuple<const Rules extends readonly Rule<unknown>[]>(
  ...rules: Rules
): Rule<{ readonly [At in keyof Rules]: Rules[At] extends Rule<infer T> ? T : never }> {
  const kind = `an array of ${rules.length}`;
  return parted(kind, (value) => {
    if (!Array.isArray(value) || value.length !== rules.length) return { path: "", expected: kind, value };
    return firstMisfit(
      value.entries(),
      (at) => `[${at}]`,
      (at) => rules[at] as Rule<unknown>,
    );
  });
}

/** An object with the entries of a table, each by its rule, and no others unless it is `open`. */
export function object<Table extends OptionTable>(
  table: Table,
  { open = false }: { open?: boolean } = {},
): Rule<Completed<Table>> {
  return parted("an object", (value) => {
    if (!isRecord(value)) return { path: "", expected: "an object", value };
    const unknown = open ? undefined : Object.keys(value).find((name) => !Object.hasOwn(table, name));
    if (unknown !== undefined)
      return { path: member(unknown), expected: "left out: nothing of this name is known", value: value[unknown] };
    return firstMisfit(
      Object.keys(table).map((name) => [name, Object.hasOwn(value, name) ? value[name] : undefined]),
      member,
      (name) => table[name] as Rule<unknown>,
    );
  });
}

/** An object with entries of any names, all by one rule. */
export function record<T>(of: Rule<T>): Rule<Readonly<Record<string, T>>> {
  return parted("an object", (value) => {
    if (!isRecord(value)) return { path: "", expected: "an object", value };
    return firstMisfit(Object.entries(value), member, () => of);
  });
}

/** An object whose entry `key` says by which table its other entries go. */
export function variants<Tables extends Readonly<Record<string, OptionTable>>>(
  key: string,
  tables: Tables,
): Rule<Record<string, unknown>> {
  const names = Object.keys(tables);
  return parted("an object", (value) => {
    if (!isRecord(value)) return { path: "", expected: "an object", value };
    const name = value[key];
    if (!names.includes(name as string)) return misfitOf({ [key]: name }, object({ [key]: word(names) }));
    return misfitOf(value, object({ [key]: word(names), ...tables[name as string] }));
  });
}

/** A value that fits one of several rules. */
export function either<T, U>(one: Rule<T>, other: Rule<U>): Rule<T | U> {
  return {
    expected: `${one.expected}, or ${other.expected}`,
    fits: (value) => misfitOf(value, one) === null || misfitOf(value, other) === null,
  };
}

/** A rule that looks for the part that does not fit. */
function parted<T>(expected: string, misfit: (value: unknown) => Misfit | null): Rule<T> {
  return { expected, fits: (value) => misfit(value) === null, misfit };
}

function firstMisfit<Key>(
  parts: Iterable<readonly [Key, unknown]>,
  nameOf: (key: Key) => string,
  ruleOf: (key: Key) => Rule<unknown>,
): Misfit | null {
  for (const [key, part] of parts) {
    const misfit = misfitOf(part, ruleOf(key));
    if (misfit) return { ...misfit, path: nameOf(key) + misfit.path };
  }
  return null;
}

/** A step of a path: `.loss`, or `["a name"]` for what is no plain word. */
function member(name: string): string {
  return /^[A-Za-z_$][\w$]{0,39}$/.test(name) ? `.${name}` : `[${describe(name)}]`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** A value of a kind that no other rule knows. `expected` follows "expected NAME to be". */
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
