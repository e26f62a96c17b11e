import { readFileSync } from "node:fs";
import type { OptionTable, Rule } from "../options.js";
import { tables } from "../options.js";
import { longFlag } from "./flagNames.js";

/** An option's description in --help. */
export interface OptionDoc {
  /** One sentence, as help is written: "times to read the data". */
  readonly text: string;
  /** The description of a default that is no fixed value: "as --hidden-size". */
  readonly usual?: string;
}

/** The comment above an option, and the table in which it stands. */
interface Place {
  readonly comment: string;
  readonly options: OptionTable;
}

let collected: ReadonlyMap<Rule<unknown>, ReadonlyMap<string, Place>> | null = null;

/** The places of rules by the names that they have there: tables take rules over from each other, the first has the comment. */
function places(): ReadonlyMap<Rule<unknown>, ReadonlyMap<string, Place>> {
  if (collected) return collected;
  const file = new URL("../option-docs.json", import.meta.url);
  const comments = JSON.parse(readFileSync(file, "utf8")) as Record<string, Record<string, string>>;
  const found = new Map<Rule<unknown>, Map<string, Place>>();
  for (const [title, options] of tables) {
    for (const [name, comment] of Object.entries(comments[title] ?? {})) {
      const rule = options[name];
      if (rule === undefined || found.get(rule)?.has(name)) continue;
      found.set(rule, (found.get(rule) ?? new Map<string, Place>()).set(name, { comment, options }));
    }
  }
  collected = found;
  return found;
}

/** The documentation of an option: that of the table which its rule comes from. */
export function docOf(name: string, rules: OptionTable): OptionDoc {
  const place = rules[name] && places().get(rules[name])?.get(name);
  return place ? inHelp(place.comment, { ...place.options, ...rules }) : { text: "" };
}

/** Whether an option has a flag on a command line. */
export function hasFlag(rule: Rule<unknown> | undefined): boolean {
  return rule?.written !== undefined && rule.flag !== null;
}

/** Whether a name in a comment is an option, of its own table or, being no common word, of another; others are of a program. */
function isOption(name: string, rules: OptionTable): boolean {
  return hasFlag(rules[name]) || (/[A-Z]/.test(name) && [...tables.values()].some((options) => hasFlag(options[name])));
}

/** A comment's first sentence, and its default where that is no value of the table. */
function inHelp(comment: string, rules: OptionTable): OptionDoc {
  const plain = (text: string) =>
    text
      .replace(/(?<!\.)\.$/, "")
      .replace(/`(\w+)`/g, (_, name: string) => (isOption(name, rules) ? longFlag(name, rules[name]) : name))
      .replace(/^(A(?= )|[A-Z](?=[a-z]+[ :,]|[a-z]+$))/, (letter) => letter.toLowerCase());
  const [body = ""] = comment.split(/\s*Default:? /);
  const [, usual] = comment.split("Default: ");
  return {
    text: plain(body.split(/(?<=\.)\s(?=[A-Z"`])/)[0] ?? ""),
    ...(usual && usual !== "none." ? { usual: plain(usual) } : {}),
  };
}
