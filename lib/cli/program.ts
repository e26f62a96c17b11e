import { readFileSync } from "node:fs";
import { Command } from "commander";
import { curvesCommand } from "./commands/curves.js";
import { demoCommand } from "./commands/demo.js";
import { importCommand } from "./commands/import.js";
import { infoCommand } from "./commands/info.js";
import { ladderCommand } from "./commands/ladder.js";
import { scoreCommand } from "./commands/score.js";
import { trainCommand } from "./commands/train.js";
import { expectNoEmptyTexts } from "./emptyTexts.js";
import { notes, results } from "./output.js";
import { withSuggestion } from "./suggestions.js";
import type { CliKind } from "./verbs.js";
import { verbCommands } from "./verbs.js";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/**
 * The whole command line.
 * @param begins called with the command that is about to run.
 */
export function programOf(kinds: readonly CliKind[], begins: (command: Command) => void): Command {
  const root = new Command("ostinato")
    .description("Train and serve recurrent sequence models at native speed.")
    .version(version)
    .exitOverride()
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(add --help for the options)")
    .hook("preAction", (_root, command) => {
      begins(command);
      expectNoEmptyTexts(command);
    });
  for (const command of [
    trainCommand(kinds.flatMap((kind) => kind.train())),
    ...verbCommands(kinds),
    scoreCommand(),
    curvesCommand(),
    importCommand(),
    infoCommand(kinds),
    ladderCommand(),
    demoCommand(),
  ]) {
    root.addCommand(command);
  }
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
