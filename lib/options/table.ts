import { describe, OptionError } from "../errors.js";
import { expectKnownOptions, nearestName } from "./names.js";
import type { Misfit, Rule, ValueOf } from "./rule.js";
import { misfitOf } from "./rule.js";
import { word } from "./scalars.js";
import { expectOptions } from "./values.js";

/** The rules of all options of one thing, by name. */
export type OptionTable = Readonly<Record<string, Rule<unknown>>>;

/** The options of a table, checked, defaults filled in. */
export type Completed<Table extends OptionTable> = { [Name in keyof Table]: ValueOf<Table[Name]> };

type Omissible<R> = R extends { readonly initial: unknown } ? true : undefined extends ValueOf<R> ? true : false;

/** The options that a caller may give: those without a default must be there. */
export type OptionsOf<Table extends OptionTable> = Flat<
  {
    -readonly [Name in keyof Table as Omissible<Table[Name]> extends true ? never : Name]: ValueOf<Table[Name]>;
  } & {
    -readonly [Name in keyof Table as Omissible<Table[Name]> extends true ? Name : never]?: Exclude<
      ValueOf<Table[Name]>,
      undefined
    >;
  }
>;

/** One object type: TypeScript refuses a text where a type of options has no other part. */
type Flat<Parts> = { [Name in keyof Parts]: Parts[Name] };

/** All tables by the names of the things that they configure. */
export const tables = new Map<string, OptionTable>();

/**
 * The table of the options of a thing: the one place where they are written. A comment above an option is its documentation, in
 * editors, in --help and in docs/options.md; "Default ..." is its last sentence, and must agree with the rule.
 */
export function table<Table extends OptionTable>(of: string, rules: Table): Table {
  tables.set(of, rules);
  return rules;
}

/** Some options of a table. */
export function pick<Table extends OptionTable, Name extends keyof Table>(
  rules: Table,
  ...names: readonly Name[]
): Pick<Table, Name> {
  return Object.fromEntries(names.map((name) => [name, rules[name]])) as Pick<Table, Name>;
}

/** A table without some of its options. */
export function without<Table extends OptionTable, Name extends keyof Table>(
  rules: Table,
  ...names: readonly Name[]
): Omit<Table, Name> {
  return Object.fromEntries(Object.entries(rules).filter(([name]) => !names.includes(name as Name))) as Omit<
    Table,
    Name
  >;
}

/**
 * The options with their defaults.
 * @param owner whose options they are, for messages.
 * @throws OptionError for anything but an object, an option that the table does not have, a value that does not fit, and options
 * that need or exclude each other.
 */
export function completeOptions<Table extends OptionTable>(
  owner: string,
  options: object | undefined,
  rules: Table,
): Completed<Table> {
  const own = expectOptions(owner, options);
  expectKnownOptions(owner, own, Object.keys(rules), rules);
  const complete: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(rules)) complete[name] = checkOption(owner, name, own[name], rule);
  expectCompany(owner, complete, rules);
  return complete as Completed<Table>;
}

/**
 * Options that need or exclude each other.
 * @param isGiven whether somebody asked for an option. Default: it is neither off (false, 0, null) nor as its default, since
 * completed options name all.
 */
export function expectCompany(
  owner: string,
  options: Readonly<Record<string, unknown>>,
  rules: OptionTable,
  isGiven?: (name: string) => boolean,
): void {
  const isOn = (name: string) => isOnIn(options, rules, name);
  for (const [name, { needs = {}, excludes = [] }] of Object.entries(rules)) {
    if (!(isGiven ?? isOn)(name)) continue;
    const lacked = lackedBy(name, options, rules);
    if (lacked !== undefined) {
      const values = needs[lacked] ?? true;
      const plain = (value: unknown) => (typeof value === "string" ? value : describe(value));
      const wanted = values === true ? "" : ` ${values.map(plain).join(" or ")}, got ${plain(options[lacked])}`;
      throw new OptionError(`${owner}: ${name} needs ${lacked}${wanted}.`, [name, lacked]);
    }
    const other = excludes.find(isGiven ?? isOn);
    if (other === undefined) continue;
    throw new OptionError(`${owner}: ${name} and ${other} exclude each other: leave one of them out.`, [name, other]);
  }
}

function isOnIn(options: Readonly<Record<string, unknown>>, rules: OptionTable, name: string): boolean {
  return Boolean(options[name]) && options[name] !== rules[name]?.initial;
}

/** Name of an option that this one needs, and that has another value; undefined if there is none. */
export function lackedBy(
  name: string,
  options: Readonly<Record<string, unknown>>,
  rules: OptionTable,
): string | undefined {
  return Object.entries(rules[name]?.needs ?? {}).find(([other, values]) =>
    values === true ? !isOnIn(options, rules, other) : !values.includes(options[other]),
  )?.[0];
}

/** One value by its rule. @throws OptionError if it does not fit. */
export function checkOption<T>(owner: string, name: string, value: unknown, rule: Rule<T>): T {
  if (value === undefined && rule.initial !== undefined) return rule.initial;
  const misfit = misfitOf(value, rule);
  if (!misfit) return value as T;
  throw new OptionError(`${owner}: expected ${name}${misfit.path} to be ${misfitText(misfit, rule)}`, [name]);
}

/** The expectation and the value that came instead, to follow "expected NAME to be". */
export function misfitText({ expected, value }: Misfit, rule: Rule<unknown>): string {
  const nearest = typeof value === "string" && rule.written?.words && nearestName(value, rule.written.words);
  return `${expected}, got ${describe(value)}${nearest ? `; did you mean ${nearest}?` : "."}`;
}

/** Checks that an option is one of a few words and returns it. */
export function expectOneOf<T extends string>(owner: string, name: string, value: unknown, words: readonly T[]): T {
  return checkOption(owner, name, value, word(words));
}
