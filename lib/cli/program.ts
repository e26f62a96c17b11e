import { Command } from "commander";
import { curvesCommand } from "./commands/curves.js";
import { demoCommand } from "./commands/demo.js";
import { importCommand } from "./commands/import.js";
import { infoCommand } from "./commands/info.js";
import { ladderCommand } from "./commands/ladder.js";
import { scoreCommand } from "./commands/score.js";
import { trainCommand } from "./commands/train.js";
import { expectNoEmptyTexts } from "./emptyTexts.js";
import { expectInputsKept } from "./inputsKept.js";
import { notes, results } from "./output.js";
import { withSuggestion } from "./suggestions.js";
import type { CliKind } from "./verbs.js";
import { verbCommand, verbsOf } from "./verbs.js";
import { version } from "./version.js";

/**
 * The whole command line, or as much of it as a call needs.
 * @param begins called with the command that is about to run.
 * @param word the first one of the call: if it is a command, no other is made. All of them together take longer to make than most take to run.
 */
export function programOf(kinds: readonly CliKind[], begins: (command: Command) => void, word?: string): Command {
  const root = new Command("ostinato")
    .description("Train and serve recurrent sequence models at native speed.")
    .version(version)
    .exitOverride()
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(false)
    .showHelpAfterError("(add --help for the options)")
    .hook("preAction", (_root, command) => {
      begins(command);
      expectNoEmptyTexts(command);
      expectInputsKept(command);
    });
  const commands = new Map<string | undefined, () => Command>([
    ["train", () => trainCommand(kinds.flatMap((kind) => kind.train()))],
    ...verbsOf(kinds).map((verb) => [verb.name, () => verbCommand(verb, kinds)] as const),
    ["score", scoreCommand],
    ["curves", curvesCommand],
    ["import", importCommand],
    ["info", () => infoCommand(kinds)],
    ["ladder", ladderCommand],
    ["demo", demoCommand],
    ["help", () => helpCommand(root)],
  ]);
  for (const [name, make] of commands)
    if (name === word || word === "help" || !commands.has(word)) root.addCommand(make());
  // Subcommands do not inherit the override when they are added ready-made.
  const override = (command: Command): void => {
    command
      .exitOverride()
      .showHelpAfterError("(add --help for the options)")
      .showSuggestionAfterError(false)
      .configureOutput({
        writeOut: results.write,
        writeErr: notes.write,
        outputError: (message, write) => write(withSuggestion(message, command)),
      });
    command.commands.forEach(override);
  };
  override(root);
  return root;
}

/** In place of commander's own, which answers a command that does not exist with the list of all, and no word. */
function helpCommand(root: Command): Command {
  return new Command("help")
    .description("display help for command")
    .argument("[command...]")
    .action((names: string[]) => {
      let named: Command = root;
      for (const name of names) {
        const next = named.commands.find((command) => command.name() === name);
        if (!next) named.error(`error: unknown command '${name}'`);
        named = next;
      }
      named.help();
    });
}
