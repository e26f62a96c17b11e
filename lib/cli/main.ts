#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { OptionError, OstinatoError } from "../errors.js";
import { curvesCommand } from "./commands/curves.js";
import { demoCommand } from "./commands/demo.js";
import { infoCommand } from "./commands/info.js";
import { scoreCommand } from "./commands/score.js";
import { trainCommand } from "./commands/train.js";
import { expectNoEmptyTexts } from "./emptyTexts.js";
import { inFlags } from "./flagWords.js";
import * as records from "./kinds/index.js";
import { notes, paint, results } from "./output.js";
import { withSuggestion } from "./suggestions.js";
import type { CliKind } from "./verbs.js";
import { verbCommands } from "./verbs.js";

/** Exit codes: 0 done, 1 the work failed, 2 the command line is wrong, 130 / 143 stopped by Ctrl-C / SIGTERM. */
const failed = 1;
const misused = 2;

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const kinds: readonly CliKind[] = Object.values(records);

/** The command that runs: its flags are the words of messages. */
let running: Command | null = null;

function program(): Command {
  const root = new Command("ostinato")
    .description("Train and serve recurrent sequence models at native speed.")
    .version(version)
    .exitOverride()
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(add --help for the options)")
    .hook("preAction", (_root, command) => {
      running = command;
      expectNoEmptyTexts(command);
    });
  for (const command of [
    trainCommand(kinds.flatMap((kind) => kind.train())),
    ...verbCommands(kinds),
    scoreCommand(),
    curvesCommand(),
    infoCommand(kinds),
    demoCommand(),
  ]) {
    root.addCommand(command);
  }
  // Subcommands do not inherit the override when they are added ready-made.
  const override = (command: Command): void => {
    command
      .exitOverride()
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

async function main(): Promise<void> {
  // A reader that leaves early (`ostinato info | head -1`) is no error. Long commands listen too (interrupt.ts) and stop.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.exit(failed);
    if (process.stdout.listenerCount("error") === 1) process.exit();
  });
  try {
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : misused;
      return;
    }
    report(error);
    process.exitCode = error instanceof OstinatoError && error.code === "ERR_OSTINATO_OPTION" ? misused : failed;
  }
}

/** One clear sentence for errors that were foreseen; the stack for those that were not. */
function report(error: unknown): void {
  const json = process.argv.includes("--json");
  const foreseen = error instanceof OstinatoError;
  const own = error instanceof Error ? error.message : String(error);
  const names = error instanceof OptionError ? error.options : [];
  const message = foreseen && running ? inFlags(own, running, names) : own;
  const text = foreseen || !(error instanceof Error) ? message : (error.stack ?? message);
  if (json) results.json({ event: "error", code: foreseen ? error.code : "ERR_UNKNOWN", message });
  else notes.write(paint.red("error:"), ` ${text}\n`);
}

await main();
