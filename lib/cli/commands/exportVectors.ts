import type { Command } from "commander";
import { OptionError } from "../../errors.js";
import { wordVectorFileRules, wordVectorPieces, writeWordVectors } from "../../formats/index.js";
import type { Word2Vec } from "../../models/word2vec/word2vec.js";
import type { Completed } from "../../options.js";
import { flag, table } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { optionsIn, withOptions } from "../options.js";
import { countOf, printer } from "../print.js";
import { standardOutput, writeResult } from "../standardOutput.js";
import type { Ability } from "../verbs.js";

const flags = table("export", {
  /** Print one JSON object. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

/** Word vectors as a file for other programs. */
export const exportVectors: Ability = {
  verb: {
    name: "export",
    description: "write word vectors to a file of word2vec, which gensim, fastText and others read too",
    arguments: [["<file>", "file to write; - for standard output"]],
  },
  options: (command) => withOptions(withOptions(command, wordVectorFileRules), flags),
  run: async (folder: string, file: string, options: Options, command: Command) => {
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
