#!/usr/bin/env node
import type { Command } from "commander";
import { CommanderError } from "commander";
import { OptionError, OstinatoError } from "../errors.js";
import { leaveOthers, rankPrefix } from "./distributed.js";
import { inFlags } from "./flagWords.js";
import * as kinds from "./kinds/index.js";
import { endWithoutOutput } from "./lostOutput.js";
import { notes, paint, results } from "./output.js";
import { programOf } from "./program.js";

/** Exit codes: 0 done, 1 the work failed, 2 the command line is wrong, 130 / 143 stopped by Ctrl-C / SIGTERM. */
const failed = 1;
const misused = 2;

/** The command that runs: its flags are the words of messages. */
let running: Command | null = null;

async function main(): Promise<void> {
  endWithoutOutput();
  try {
    const begins = (command: Command) => {
      running = command;
    };
    await programOf(Object.values(kinds), begins, process.argv[2]).parseAsync();
    await leaveOthers(false);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : misused;
      return;
    }
    report(error);
    process.exitCode = error instanceof OstinatoError && error.code === "ERR_OSTINATO_OPTION" ? misused : failed;
    await leaveOthers(true);
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
  else notes.write(rankPrefix(), paint.red("error:"), ` ${text}\n`);
}

await main();
