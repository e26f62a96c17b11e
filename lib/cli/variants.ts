import type { Command } from "commander";
import { OptionError } from "../errors.js";
import type { OptionTable, Rule } from "../options.js";
import { attributeOf } from "./flagNames.js";
import { docOf } from "./optionDocs.js";
import { addFlag } from "./options.js";

/** The tables of things of which one is chosen by name: optimizers, schedules, cells. */
export type Variants = Readonly<Record<string, OptionTable>>;

/** An option of one of several things. */
interface Variant {
  readonly of: string;
  readonly name: string;
  readonly rule: Rule<unknown>;
}

/** The options of all variants by the flag that they share. */
function byFlag(variants: Variants): Map<string, Variant[]> {
  const flags = new Map<string, Variant[]>();
  for (const [of, rules] of Object.entries(variants)) {
    for (const [name, rule] of Object.entries(rules)) {
      const attribute = attributeOf(name, rule);
      flags.set(attribute, [...(flags.get(attribute) ?? []), { of, name, rule }]);
    }
  }
  return flags;
}

/** Adds the options of several things, one of which the command uses. Where they have the same option, it has one flag. */
export function withVariants(command: Command, group: string, variants: Variants): Command {
  for (const shared of byFlag(variants).values()) {
    const [{ of, name, rule }] = shared as [Variant];
    const owners = shared.length === Object.keys(variants).length ? "" : `${shared.map(({ of }) => of).join(", ")}: `;
    const defaults = new Set(shared.map(({ rule }) => rule.initial));
    const usual =
      defaults.size === 1 ? `${rule.initial}` : shared.map(({ of, rule }) => `${of} ${rule.initial}`).join(", ");
    const { text } = docOf(name, variants[of] as OptionTable);
    const description = `${owners}${text}${rule.written?.as === null ? "" : ` (default: ${usual})`}`;
    const { initial: _, ...open } = rule;
    const fits = (value: unknown) => shared.some(({ rule }) => rule.fits(value));
    addFlag(command, name, {
      rule: { ...open, fits },
      description,
      group,
      ...(rule.written?.as === null ? { initial: false } : {}),
    });
  }
  return command;
}

/**
 * The options that were typed for the thing that was chosen.
 * @param choice the flag that chooses it: "--optimizer".
 * @throws OptionError for an option of another thing.
 */
export function variantOptions(command: Command, choice: string, { of, variants }: { of: string; variants: Variants }) {
  const options: Record<string, number | boolean> = {};
  for (const [attribute, shared] of byFlag(variants)) {
    const value = command.getOptionValue(attribute) as number | boolean | undefined;
    if (value === undefined) continue;
    const own = shared.find((variant) => variant.of === of);
    if (own) options[own.name] = value;
    else {
      const flag = command.options.find((option) => option.attributeName() === attribute)?.long;
      throw new OptionError(`train: ${flag} needs ${choice} ${shared.map(({ of }) => of).join(" or ")}.`);
    }
  }
  return options;
}
