import type { Command } from "commander";
import { OptionError } from "../../errors.js";
import { wordVectorFileRules, wordVectorPieces, writeWordVectors } from "../../formats/index.js";
import type { Word2Vec } from "../../models/word2vec/word2vec.js";
import { modelFrom } from "../executor.js";
import { optionsIn, withOptions } from "../options.js";
import { countOf, printer } from "../print.js";
import { standardOutput, writeResult } from "../standardOutput.js";
import type { Ability } from "../verbs.js";
import type { ExportOptions } from "./exportVerb.js";
import { exportVerb } from "./exportVerb.js";

/** Word vectors as a file for other programs. */
export const exportVectors: Ability = {
  verb: exportVerb,
  options: (command) => withOptions(command, wordVectorFileRules),
  run: async (folder: string, file: string, options: ExportOptions, command: Command) => {
    const print = printer(options);
    const vectors = await (await modelFrom<Word2Vec>(folder, options)).vectors();
    const form = optionsIn(command, wordVectorFileRules);
    if (file === standardOutput) {
      if (options.json)
        throw new OptionError("export: --json and the vectors would both go to standard output.", ["json"]);
      return writeResult(wordVectorPieces(vectors, form));
    }
    await writeWordVectors(file, vectors, form);
    print.object({ file, words: vectors.words.length, size: vectors.size });
    print.line(`${file}: ${countOf(vectors.words.length, "word")}, ${countOf(vectors.size, "number")} each.`);
  },
};
