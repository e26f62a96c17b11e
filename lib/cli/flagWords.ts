import type { Command } from "commander";
import { flagOf } from "./options.js";

/**
 * A message of the library in the words of a command: its flags in place of options that a program would set.
 * @param options the options that the message is about; others are known by their capital letters.
 */
export function inFlags(message: string, command: Command, options: readonly string[] = []): string {
  const known = new Map(command.options.map((option) => [option.attributeName(), option.long as string]));
  for (const name of options) {
    const flag =
      flagOf(command, name) ?? (/^(size|maximumSize)$/.test(name) ? flagOf(command, "vocabulary") : undefined);
    if (flag) known.set(name, flag);
  }
  const own = message
    .replace(/\([^();]*; (--[a-z][\w, -]*?)(?: on the command line)?\)/g, "($1)")
    .replace(/\((--[\w-]+); in a program: [^()]*\)/g, "($1)");
  // The library's functions go by the name of the command that calls them.
  const named = own.replace(/^(beamSearch|searchStep|translate|generateAll): /, `${command.name()}: `);
  let text = named.replace(/^\w+: expected (\w+) to be /, (all, name) =>
    known.has(name) ? `expected ${known.get(name)} to be ` : all,
  );
  for (const [name, flag] of known) {
    // A single word is also a word of plain English; in a path or a text of somebody's it stands as it is.
    if (/[A-Z]/.test(name) || options.includes(name))
      text = text.replace(new RegExp(`(?<![\\w/."'-])${name}(?![\\w/"'-]|\\.\\w)`, "g"), flag);
  }
  return text;
}
