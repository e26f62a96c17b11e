import type { Command } from "commander";
import { nearestName, ownName } from "../options.js";
import { flagOf, rulesOf } from "./options.js";

/** A message of commander about a flag or a command that does not exist, and what was probably meant. */
export function withSuggestion(message: string, command: Command): string {
  const [, flag] = /unknown option '(--[\w-]+)/.exec(message) ?? [];
  const [, word] = /unknown command '([^']+)'/.exec(message) ?? [];
  const names = command.commands.map((known) => known.name());
  const meant = flag === undefined ? word && nearestName(word, names) : nearestFlag(flag, command);
  return meant ? message.replace(/\n/, `; did you mean ${meant}?\n`) : message;
}

/** The flag of an option that other libraries call so, or the nearest one. */
function nearestFlag(flag: string, command: Command): string | undefined {
  const own = ownName(flag, rulesOf(command));
  if (own !== undefined) return flagOf(command, own);
  const nearest = nearestName(
    flag.slice(2),
    command.options.map((option) => option.name()),
  );
  return nearest === undefined ? undefined : `--${nearest}`;
}
