import type { Command } from "commander";
import { OptionError } from "../../errors.js";
import type { NgramModel } from "../../models/ngramModel/ngramModel.js";
import type { Completed } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { withOptions } from "../options.js";
import { countOf, printer } from "../print.js";
import { logFlags, TokenTable } from "../printNgrams.js";
import { withLineOptions } from "../reading.js";
import { beginningOf } from "../textFiles.js";
import type { Ability } from "../verbs.js";
import { inspect } from "./inspect.js";
import { describeNgramModel } from "./trainNgram.js";

/** The n-grams of a model, and which of them each token of a text was predicted from. */
export const inspectNgrams: Ability = {
  verb: inspect,
  options: (command) => withOptions(withLineOptions(command), logFlags),
  run: show,
};

interface Options extends ExecutorOptions, Completed<typeof logFlags> {
  text?: string[];
  out?: string;
  json: boolean;
}

async function show(folder: string, options: Options, command: Command): Promise<void> {
  if (options.out !== undefined) {
    throw new OptionError("inspect: an NgramModel is shown here and not in a report: leave out --out.");
  }
  const print = printer(options);
  // To look at a model is also to check that its files are as they were written.
  const model = await modelFrom<NgramModel>(folder, options, { check: true });
  const { counts } = model.network.config;
  const text = await beginningOf(folder, options.text ?? [], command);
  const read = text === "" ? null : await model.logProbability(text);
  print.object({ counts, ...(read ?? {}) });
  print.line(`${describeNgramModel(model)}: ${counts.map((size, i) => countOf(size, `${i + 1}-gram`)).join(", ")}.`);
  if (!read) return;
  print.line("");
  const rows = new TokenTable(print, options.logBase);
  rows.rows(read.tokens);
  rows.total(read.total);
}
