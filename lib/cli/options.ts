import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { OptionsOf, OptionTable, Rule } from "../options.js";
import { expectCompany, misfitOf, nearestName } from "../options.js";
import { attributeOf, flagsFor, longFlag } from "./flagNames.js";
import { docOf, hasFlag } from "./optionDocs.js";

/** A command's differences from a table. */
export interface OwnOptions<Table> {
  /** Heading of these options in --help. */
  readonly group?: string;
  /** Defaults of the command that differ from the library's; --help tells both. */
  readonly defaults?: { readonly [Name in keyof Table]?: unknown };
  /** Texts for defaults that are more than a value. */
  readonly notes?: { readonly [Name in keyof Table]?: string };
}

/** A flag, with the option of a table that it sets. */
interface Flag {
  readonly name: string;
  readonly rule: Rule<unknown>;
  readonly flag: string;
}

const flagsOfCommands = new WeakMap<Command, Map<string, Flag>>();

/** The flags of a command, by the names under which commander keeps their values. */
export function flagsOf(command: Command): ReadonlyMap<string, Flag> {
  return flagsOfCommands.get(command) ?? new Map();
}

/** Takes over the flags of a command that has options of the same names. @param replace whether those that are there give way. */
export function adoptFlags(command: Command, other: Command, { replace }: { replace: boolean }): void {
  const known = flagsOfCommands.get(command) ?? new Map();
  flagsOfCommands.set(command, known);
  for (const [attribute, flag] of flagsOf(other)) if (replace || !known.has(attribute)) known.set(attribute, flag);
}

/** The flag of a command that sets an option; of two, the one that sets it to what it is. */
export function flagOf(command: Command, name: string): string | undefined {
  const { flag, rule } = [...flagsOf(command).values()].find((known) => known.name === name) ?? {};
  if (flag === undefined || command.getOptionValue(attributeOf(name, rule)) !== false) return flag;
  const negated = flag.replace(/^--(?!no-)/, "--no-");
  return command.options.some(({ long }) => long === negated) ? negated : flag;
}

/** The rules of all options that a command has flags for. */
export function rulesOf(command: Command): OptionTable {
  // The first of a name: later ones are of a thing of which one is chosen, as schedules.
  return Object.fromEntries([...flagsOf(command).values()].reverse().map(({ name, rule }) => [name, rule]));
}

/** Adds the options of a table to a command, as flags. */
export function withOptions<Table extends OptionTable>(
  command: Command,
  rules: Table,
  { group, defaults = {}, notes = {} }: OwnOptions<Table> = {},
): Command {
  for (const [name, rule] of Object.entries<Rule<unknown>>(rules)) {
    if (!hasFlag(rule)) continue;
    const { text, usual } = docOf(name, rules);
    const own = name in defaults ? defaults[name] : rule.initial;
    const note = notes[name] ?? (own === rule.initial ? usual : `${own}; in a program ${rule.initial ?? usual}`);
    const description = note !== undefined && own === undefined ? `${text} (default: ${note})` : text;
    addFlag(command, name, { rule, description, group, initial: own, note });
  }
  return command;
}

/** How one flag is described. */
interface FlagParts {
  readonly rule: Rule<unknown>;
  readonly description: string;
  readonly group?: string | undefined;
  readonly initial?: unknown;
  /** Text for the default, where the value does not say it. */
  readonly note?: string | undefined;
}

/**
 * Adds the flag of one option: for true and false a switch, or two where there is no default.
 * @throws TypeError where the command has the flag by another rule: a value would be read by the wrong one.
 */
export function addFlag(command: Command, name: string, { rule, description, group, initial, note }: FlagParts): void {
  const {
    as,
    words,
    several = false,
    again = false,
    parse = (word: string): unknown => word,
  } = rule.written ?? { as: null };
  const [flags, long] = [flagsFor(name, rule), longFlag(name, rule)];
  const add = (option: Option) => command.addOption(group === undefined ? option : option.helpGroup(`${group}:`));
  const known = flagsOfCommands.get(command) ?? new Map();
  flagsOfCommands.set(command, known);
  const [attribute, negated] = [attributeOf(name, rule), long.replace("--", "--no-")];
  const before = known.get(attribute);
  if (before && before.rule !== rule) {
    throw new TypeError(`${command.name()}: two options of different rules have the flag ${long}.`);
  }
  if (!before) known.set(attribute, { name, rule, flag: initial === true ? negated : long });
  if (as === null) {
    if (initial !== true) add(new Option(flags, description));
    if (initial !== false) add(new Option(negated, `do not ${description.replace(/ \(default: .*\)$/, "")}`));
    return;
  }
  const option = new Option(`${flags} <${as}${several ? "..." : ""}>`, description);
  if (words && !several) option.choices(words);
  option.argParser((word: string, before: unknown) =>
    read(rule, word, { parse, before: several || again ? [before === initial ? [] : (before ?? [])].flat() : null }),
  );
  const isNothing = initial === undefined || initial === null || [initial].flat().join("") === "";
  if (!isNothing) option.default(initial, note ?? (several ? String(initial) : undefined));
  add(option);
}

/** The value of a word, or of the words so far. Empty ones are refused later, by name. */
function read(
  rule: Rule<unknown>,
  word: string,
  { parse, before }: { parse: (word: string) => unknown; before: readonly unknown[] | null },
): unknown {
  const value = before ? [...before, parse(word)] : parse(word);
  const misfit = word === "" ? null : misfitOf(value, rule);
  if (misfit) throw new InvalidArgumentError(expectation(misfit.expected, parse(word), rule));
  return value;
}

/** The expectation of a rule, as a sentence that follows the value. A limit that nobody meets is left out unless the value is beyond it. */
function expectation(expected: string, value: unknown, { written }: Rule<unknown>): string {
  const own = expected.replace(/ and at most (\d{9,})$/, (limit, most) => (Number(value) > Number(most) ? limit : ""));
  const nearest = typeof value === "string" && written?.words && nearestName(value, written.words);
  return `Expected ${own}${nearest ? `; did you mean ${nearest}?` : "."}`;
}

/** The options of a table that a command has a value for: typed, remembered by a folder, or its default. */
export function optionsIn<Table extends OptionTable>(command: Command, rules: Table): Partial<OptionsOf<Table>> {
  return valuesOf(command, rules, () => true);
}

/** The options of a table that were typed. */
export function typedOptions<Table extends OptionTable>(command: Command, rules: Table): Partial<OptionsOf<Table>> {
  return valuesOf(command, rules, (attribute) => command.getOptionValueSource(attribute) === "cli");
}

function valuesOf<Table extends OptionTable>(
  command: Command,
  rules: Table,
  counts: (attribute: string) => boolean,
): Partial<OptionsOf<Table>> {
  const values = Object.entries<Rule<unknown>>(rules).flatMap(([name, rule]) => {
    const attribute = attributeOf(name, rule);
    // Another table may have an option of the same name.
    const isOwn = flagsOf(command).get(attribute)?.rule === rule;
    const value = isOwn ? (command.getOptionValue(attribute) as unknown) : undefined;
    return value === undefined || !counts(attribute) ? [] : [[name, value] as const];
  });
  return Object.fromEntries(values) as Partial<OptionsOf<Table>>;
}

/**
 * Refuses options that were typed and that another option makes meaningless.
 * @param owner for messages. @param more what options may need besides other options.
 */
export function expectUsed(
  command: Command,
  owner = command.name(),
  more: Readonly<Record<string, unknown>> = {},
): void {
  const rules = rulesOf(command);
  const typed = typedOptions(command, rules);
  expectCompany(owner, { ...optionsIn(command, rules), ...more }, rules, (name) => name in typed);
}

/** The entries of an object that are not undefined: options that were not given keep the library's defaults. */
export function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
