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

type Comments = Readonly<Record<string, Readonly<Record<string, string>>>>;

let collected: Comments | null = null;

/** The comments above the options of all tables, by table and option, which the build collects. */
function comments(): Comments {
  collected ??= JSON.parse(readFileSync(new URL("../option-docs.json", import.meta.url), "utf8")) as Comments;
  return collected;
}

/** The documentation of an option: that of the table which its rule comes from. */
export function docOf(name: string, rules: OptionTable): OptionDoc {
  for (const [title, options] of tables) {
    const comment = options[name] === rules[name] ? comments()[title]?.[name] : undefined;
    if (comment !== undefined) return inHelp(comment, { ...options, ...rules });
  }
  return { text: "" };
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
