import type { Command } from "commander";
import { InputError } from "../errors.js";
import { list, option, optional, table, text, whole } from "../options.js";
import type { HeldOut } from "./heldOut.js";
import { heldOut } from "./heldOut.js";
import { countOf } from "./print.js";
import { expectEffect } from "./training.js";

/** The options that say what a training measures its model on, in a table of its command. */
export const partRules = table("parts of a training", {
  /** Files like those to learn from, or the share of their examples to hold out, chosen at random by --seed. Default: 0.1. */
  validation: list(text({ as: "file or share" }), ["0.1"]),
  /** Files to measure the best model on at the end. Default: none. */
  test: option(optional(list(text({ as: "file" }))), { onResume: "changes" }),
});

/** The options that say which tokens texts become. */
export const tokenRules = table("tokens of a training", {
  /** Kind of tokens: character, jamo, byte, word, subword, or a Hugging Face tokenizer.json. Default word. */
  tokenizer: option(text({ initial: "word", as: "kind" }), { onResume: "settled" }),
  /** Words to keep, the most frequent, the others become <unk>; or subwords to learn. Default: all words, 8000 subwords. */
  vocabulary: option(optional(whole({ minimum: 1 })), {
    needs: { tokenizer: ["word", "subword"] },
    onResume: "settled",
  }),
});

/** Examples to learn from, to validate on, and to measure the best model on at the end. */
export interface TrainingParts<Example> {
  readonly train: readonly Example[];
  /** Empty for none. */
  readonly validation: readonly Example[];
  readonly test: readonly Example[] | null;
  /** All of the files to learn from: what is held out too. */
  readonly all: readonly Example[];
}

/** Holds out a share of examples, chosen at random. */
export type SplitExamples<Example> = (
  all: readonly Example[],
  options: { validation: number; seed: number },
) => { train: readonly Example[]; validation: readonly Example[] };

/** Holds out a share of examples. @throws InputError where none is left to learn from. */
export function holdOutOf<Example>(
  split: SplitExamples<Example>,
  all: readonly Example[],
  { share, seed }: { share: number; seed: number },
): { train: readonly Example[]; validation: readonly Example[] } {
  const parts = split(all, { validation: share, seed });
  if (parts.train.length > 0 || all.length === 0) return parts;
  throw new InputError(
    `train: --validation ${share} holds out all there is, ${countOf(all.length, "example")}, and none is left to learn from. Give more, ` +
      "files to validate on (--validation FILE), or do without (--validation 0).",
  );
}

/** The meaning of --validation. @throws OptionError for options that have no effect, as those of a validation that there is not. */
export function validationOf(command: Command, { validation }: { validation: readonly string[] }): HeldOut {
  const held = heldOut(validation);
  expectEffect(command, "files" in held || held.share > 0);
  return held;
}

/**
 * The parts of a training, all read before it begins: a test file that cannot be read would otherwise be found after hours.
 * @param options.read reads files, the name of whoever wants them being for messages.
 * @param options.split holds out a share of what was read, chosen at random.
 */
export async function readParts<Example>(
  {
    command,
    files,
    options,
  }: { command: Command; files: readonly string[]; options: { test?: readonly string[] | undefined; seed: number } },
  {
    validation,
    read,
    split,
  }: {
    validation: HeldOut;
    read: (files: readonly string[], owner: string) => Promise<readonly Example[]>;
    split: SplitExamples<Example>;
  },
): Promise<TrainingParts<Example>> {
  const all = await read(files, `train ${command.name()}`);
  const { train, validation: measured } =
    "files" in validation
      ? { train: all, validation: await read(validation.files, "--validation") }
      : holdOutOf(split, all, { share: validation.share, seed: options.seed });
  return { all, train, validation: measured, test: options.test ? await read(options.test, "--test") : null };
}
