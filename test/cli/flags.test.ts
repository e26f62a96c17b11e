// Every option of every command, as somebody has read it: its flag, what it takes, its default, and what it needs. A change of an option
// changes the list: read it again (npx vitest run test/cli/flags.test.ts --update), and commit it if it is right.
import type { Command, Option } from "commander";
import { expect, test } from "vitest";
import type { Rule } from "../../lib/options.js";

const built = (url: URL) => import(url.href);
const { programOf } = await built(new URL("../../dist/cli/program.js", import.meta.url));
const { flagsOf } = await built(new URL("../../dist/cli/options.js", import.meta.url));
const kinds = Object.values(await built(new URL("../../dist/cli/kinds/index.js", import.meta.url)));

/** A rule in words: what fits, and how it goes with others. */
function ruleText(rule: Rule<unknown>): string {
  const { expected, initial, mayBeMissing, needs, excludes, onResume, written } = rule;
  const facts = {
    ...{ needs, excludes, onResume, initial, again: written?.again, several: written?.several },
    ...(mayBeMissing || initial !== undefined ? {} : { mandatory: true }),
  };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return [expected, ...known.map(([name, value]) => `${name} ${JSON.stringify(value)}`)].join("; ");
}

/** The options of a command and of those below it: a line for each, with the commands that have it so. */
function linesOf(command: Command, path: string, lines: Map<string, string[]>): Map<string, string[]> {
  for (const option of command.options as Option[]) {
    const flag = flagsOf(command).get(option.attributeName());
    const { flags, defaultValue, defaultValueDescription: described, argChoices, helpGroupHeading = "" } = option;
    const own = [JSON.stringify(defaultValue), described, argChoices?.join(" "), helpGroupHeading];
    const line = `${flags}\n  ${own.filter(Boolean).join(" | ")}\n  ${flag ? `${flag.name}: ${ruleText(flag.rule)}` : ""}`;
    lines.set(line, [...(lines.get(line) ?? []), path]);
  }
  for (const each of command.commands) linesOf(each, path === "" ? each.name() : `${path} ${each.name()}`, lines);
  return lines;
}

/** The commands that have an option so: those of each kind of model alone are named where they differ from those of all together. */
function allLines(): Map<string, string[]> {
  const lines = linesOf(
    programOf(kinds, () => {}),
    "",
    new Map(),
  );
  for (const kind of kinds as { kind: { name: string } }[]) {
    for (const [line, commands] of linesOf(
      programOf([kind], () => {}),
      "",
      new Map(),
    )) {
      const known = lines.get(line) ?? [];
      const own = commands
        .filter((command) => !known.includes(command))
        .map((command) => `${command} (${kind.kind.name})`);
      if (own.length > 0) lines.set(line, [...known, ...own]);
    }
  }
  return lines;
}

test("the options of all commands are those that somebody has read", async () => {
  const text = [...allLines()].map(([line, commands]) => `${line}\n  ${commands.join(", ")}\n`);
  expect(text.length).toBeGreaterThan(300);
  await expect(text.sort().join("\n")).toMatchFileSnapshot("flags.txt");
});
