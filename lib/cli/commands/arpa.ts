import type { NgramModel } from "../../models/ngramModel/ngramModel.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { printer } from "../print.js";
import type { Ability } from "../verbs.js";

/** Writes an n-gram model for other programs. */
export const arpa: Ability = {
  verb: {
    name: "arpa",
    description: "write an n-gram model in ARPA's form, which SRILM, KenLM and others read",
    arguments: [["<out>", "the file to write; compressed where its name ends in .gz"]],
  },
  run: write,
};

function write(folder: string, file: string, options: ExecutorOptions): Promise<void> {
  return untilInterrupted(async (signal) => {
    const model = await modelFrom<NgramModel>(folder, options);
    await model.writeArpa(file, { signal });
    printer({}).line(`The model is in ${file}.`);
  });
}
