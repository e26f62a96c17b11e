import { existsSync } from "node:fs";
import { Command } from "commander";
import { FileError, OptionError } from "../../errors.js";
import { readTrainingRecord } from "../../formats/index.js";
import type { Completed } from "../../options.js";
import { nearestName, optional, table, text } from "../../options.js";
import { withOptions } from "../options.js";
import { expectTraining } from "../trainingCall.js";

const flags = table("train --resume", {
  /** Folder of a training to go on with, called as it was called; options may follow. Default: none. */
  resume: optional(text({ as: "folder" })),
});

/** @param kinds the commands that follow the word. */
export function trainCommand(kinds: readonly Command[]): Command {
  const command = new Command("train")
    .description("train a model")
    .usage("[command] [options]")
    .enablePositionalOptions()
    .configureHelp({ sortSubcommands: true })
    .allowUnknownOption()
    .allowExcessArguments()
    .hook("preSubcommand", (train, kind) => {
      if (train.opts().resume === undefined) return;
      throw new OptionError(`train: --resume ${train.opts().resume} goes on by itself: leave ${kind.name()} out.`);
    })
    .action(async ({ resume }: Completed<typeof flags>, own: Command) => {
      if (resume === undefined) throw unknownKind(own, kinds);
      await resumeFrom(resume, own.args, kinds);
    });
  withOptions(command, flags);
  for (const kind of kinds) command.addCommand(kind);
  return command;
}

async function resumeFrom(folder: string, more: readonly string[], kinds: readonly Command[]): Promise<void> {
  if (!existsSync(folder)) throw new FileError(`There is no folder ${folder}.`);
  await expectTraining(folder);
  const record = await readTrainingRecord(folder);
  const kind = kinds.find((command) => command.name() === record?.command);
  if (record?.command === "ladder") {
    throw new FileError(`${folder} is a rung of a ladder: the \`ostinato ladder\` that began it goes on with it.`);
  }
  if (!record || !kind) {
    throw new FileError(
      record
        ? `${folder} holds a training of \`train ${record.command}\`, which this Ostinato does not know. Update Ostinato.`
        : `${folder} does not remember how a training was called. Give the whole command, with --resume and --out ${folder}.`,
    );
  }
  await kind.parseAsync([...more, "--resume", "--out", folder], { from: "user" });
}

function unknownKind({ args: [word] }: Command, kinds: readonly Command[]): OptionError {
  const names = kinds.map((kind) => kind.name()).sort();
  const nearest = word === undefined ? undefined : nearestName(word, [...names, "--resume"]);
  const problem = word === undefined ? "expected a kind of model" : `there is no ${JSON.stringify(word)}`;
  const known = `There are ${names.join(", ")}; and --resume <folder>.`;
  if (nearest) return new OptionError(`train: ${problem}. Did you mean ${nearest}? ${known}`);
  const own = word === undefined ? "" : " A model of another kind is made of layers: docs/own-models.md.";
  return new OptionError(`train: ${problem}. ${known}${own}`);
}
