import { OptionError } from "../errors.js";
import { modelIn } from "../formats/index.js";
import { Seq2Seq } from "../models/seq2seq/seq2seq.js";
import type { ExecutorOptions } from "./executor.js";
import { executorFrom } from "./executor.js";

/** The command for a language model in place of each command for pairs. */
const forLanguageModels: Readonly<Record<string, string>> = {
  translate: "`ostinato generate` writes text with one",
  chat: "`ostinato generate --prompt` goes on with a text",
  trace: "`ostinato inspect --terminal` shows what its units do over a text",
  map: "`ostinato inspect` makes a report of one",
};

/** The model of pairs in a folder, for a command. @throws OptionError that says what to use where it is a language model. */
export async function loadPairModel(folder: string, options: ExecutorOptions, command: string): Promise<Seq2Seq> {
  if ((await modelIn(folder)) === "LanguageModel") {
    throw new OptionError(
      `${command}: ${folder} is a language model, and this is for models that were trained on pairs: ${forLanguageModels[command]}.`,
    );
  }
  return Seq2Seq.load(folder, { executor: executorFrom(options) });
}
