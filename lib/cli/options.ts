import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { OptionsOf, OptionTable, Rule } from "../options.js";
import { misfitOf, misfitText } from "../options.js";
import { attributeOf, flagsFor, longFlag } from "./flagNames.js";
import { docOf } from "./optionDocs.js";

/** What a command says otherwise than a table. */
export interface OwnOptions<Table> {
  /** Options that the command has. Default: all that can be written on a command line. */
  readonly only?: readonly (keyof Table)[];
  /** Defaults of the command that differ from the library's; --help tells both. */
  readonly defaults?: { readonly [Name in keyof Table]?: unknown };
}

/** The flags of a command, by the names of the options that they set. */
const flagsOfCommands = new WeakMap<Command, Map<string, string>>();

/** The flag of a command that sets an option. */
export function flagOf(command: Command, name: string): string | undefined {
  return flagsOfCommands.get(command)?.get(name);
}

/** Adds the options of a table to a command, as flags. */
export function withOptions<Table extends OptionTable>(
  command: Command,
  rules: Table,
  { only, defaults = {} }: OwnOptions<Table> = {},
): Command {
  for (const [name, rule] of Object.entries<Rule<unknown>>(rules)) {
    if (!rule.written || (only && !only.includes(name))) continue;
    const { text, usual } = docOf(name, rules);
    const [own, description] = [defaults[name] ?? rule.initial, usual ? `${text} (default: ${usual})` : text];
    const differs = rule.initial !== undefined && own !== rule.initial;
    addFlag(command, name, {
      rule,
      description,
      initial: own,
      note: differs ? `${own}; ${rule.initial} in a program` : undefined,
    });
  }
  return command;
}

/** Adds the flag of one option. */
export function addFlag(
  command: Command,
  name: string,
  parts: { rule: Rule<unknown>; description: string; initial?: unknown; note?: string | undefined },
): void {
  const { rule, description, initial, note } = parts;
  const { as, words, several } = rule.written ?? { as: null };
  const flags = flagsFor(name, rule);
  const named = flagsOfCommands.get(command) ?? new Map<string, string>();
  flagsOfCommands.set(command, named);
  if (as === null) {
    const long = longFlag(name, rule);
    named.set(name, initial === true ? long.replace("--", "--no-") : long);
    if (initial !== true) command.option(flags, description);
    if (initial !== false) command.option(long.replace("--", "--no-"), initial ? `not: ${description}` : `not ${long}`);
    return;
  }
  const option = new Option(`${flags} <${as}${several ? "..." : ""}>`, description);
  named.set(name, option.long as string);
  if (words && !several) option.choices(words);
  option.argParser(several ? collected(rule) : (word: string) => checked(rule, word));
  if (initial !== undefined && initial !== null && initial !== "" && !several) option.default(initial, note);
  command.addOption(option);
}

function checked(rule: Rule<unknown>, word: string): unknown {
  const { parse = (text: string): unknown => text } = rule.written ?? {};
  const misfit = misfitOf(parse(word), rule);
  if (misfit) throw new InvalidArgumentError(`expected ${misfitText(misfit, rule)}`);
  return parse(word);
}

function collected(rule: Rule<unknown>) {
  return (word: string, before: unknown): unknown[] => [
    ...(Array.isArray(before) ? before : []),
    ...[checked({ ...rule }, word)].flat(),
  ];
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
    const value = flagOf(command, name) === undefined ? undefined : (command.getOptionValue(attribute) as unknown);
    return value === undefined || !counts(attribute) ? [] : [[name, value] as const];
  });
  return Object.fromEntries(values) as Partial<OptionsOf<Table>>;
}

/** Option parsers for commander: they refuse what is no number, so that commands only see numbers. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("it must be a number.");
  return value;
}

export function whole(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("it must be a whole number of at least 0.");
  return value;
}

/** A length penalty of beam search. */
export function penalty(text: string): number | "average" {
  return text === "average" ? text : number(text);
}

/** The entries of an object that are not undefined: options that were not given keep the library's defaults. */
export function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
