import type { Command } from "commander";
import { OptionError } from "../../errors.js";
import type { NgramModel } from "../../models/ngramModel/ngramModel.js";
import { beamTextRules } from "../../models/textModel/beamTexts.js";
import { generateRules } from "../../models/textModel/generation.js";
import { flag, option, pick, table } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { typedOptions, withOptions } from "../options.js";
import { paint, results } from "../output.js";
import { oneLine } from "../print.js";
import type { Ability } from "../verbs.js";
import { generate, withGenerateOptions } from "./generate.js";

const flags = table("generate table", {
  /**
   * Print what a search with k slots (--beams, default 3) looks at in each step (--maximum-length, default 4), and which texts it keeps.
   * Default false.
   */
  table: option(flag(), { flag: "--table" }),
});

/** Texts that are drawn or searched for, and the search as a table. */
export const generateNgrams: Ability = {
  verb: generate.verb,
  options: (command) => withOptions(withGenerateOptions(command), flags),
  run,
};

type Options = ExecutorOptions & { table?: boolean; prompt?: string; json?: boolean };

async function run(folder: string, options: Options, command: Command): Promise<void> {
  if (!options.table) return generate.run(folder, ...([options, command] as never[]));
  const model = await modelFrom<NgramModel>(folder, options);
  const { beams: slots = 3 } = typedOptions(command, pick(beamTextRules, "beams"));
  const { maximumLength: steps = 4, ...others } = typedOptions(
    command,
    pick(generateRules, "maximumLength", "end", "stop", "temperature", "topK", "topP", "seed"),
  );
  const [wrong] = Object.keys(others);
  if (wrong !== undefined) throw new OptionError(`generate: ${wrong} has no effect with --table.`, [wrong]);
  const { prompt = "" } = options;
  const table = await model.slotSearch({ prompt, slots, steps });
  if (options.json) return results.json({ prompt, steps: table });
  for (const [i, candidates] of table.entries()) {
    results.write(`step ${i + 1}\n`);
    for (const { text, probability, kept, ended } of candidates) {
      const line = `${probability.toPrecision(3).padStart(10)}  ${oneLine(text)}${ended ? " </s>" : ""}`;
      results.write(kept ? `  ${line}\n` : "", kept ? "" : paint.dim(`- ${line}`), kept ? "" : "\n");
    }
  }
}
