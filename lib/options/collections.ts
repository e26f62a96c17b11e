import { describe } from "../errors.js";
import type { Defaulted, Misfit, Rule } from "./rule.js";
import { misfitOf } from "./rule.js";
import { word } from "./scalars.js";
import type { Completed, OptionTable } from "./table.js";
import { isRecord } from "./values.js";

/** An array whose elements all fit a rule. */
export function list<T>(of: Rule<T>, initial: readonly T[]): Defaulted<readonly T[]>;
export function list<T>(of: Rule<T>): Rule<readonly T[]>;
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
  const written = of.written && { written: { ...of.written, several: true } };
  return { ...rule, ...written, ...(initial === undefined ? {} : { initial }) };
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
