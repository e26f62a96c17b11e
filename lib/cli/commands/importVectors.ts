import { Command } from "commander";
import { readWordVectors } from "../../data/index.js";
import { expectFreeFolder } from "../../formats/index.js";
import { Word2Vec } from "../../models/word2vec/word2vec.js";
import type { Completed } from "../../options.js";
import { flag, option, optional, table, text, whole } from "../../options.js";
import { folderNamedAfter } from "../folderName.js";
import { given, withOptions } from "../options.js";
import { countOf, printer } from "../print.js";

const flags = table("import", {
  /** Folder for the model. Default: named after the file. */
  out: option(optional(text({ as: "folder" })), { flag: "-o, --out" }),
  /** Words to take, the first ones of the file, which are the most frequent. Default: all. */
  first: optional(whole({ minimum: 1 })),
  /** Replace the model that the folder holds. */
  overwrite: flag(),
  /** Print one JSON object. */
  json: flag(),
});

/** `ostinato import`: word vectors of other programs as a model. */
export function importCommand(): Command {
  const command = new Command("import")
    .description("make a model of a file of word vectors: word2vec (text and binary), GloVe, fastText's .vec")
    .argument("<file>", "the vectors");
  return withOptions(command, flags).action(async (file: string, options: Completed<typeof flags>) => {
    const print = printer(options);
    const { overwrite, first } = options;
    const out = options.out ?? folderNamedAfter(file, { taken: overwrite });
    await expectFreeFolder("import", out, { overwrite });
    const vectors = await readWordVectors(file, given({ first }));
    const model = await Word2Vec.from(vectors);
    await model.save(out, { overwrite });
    print.object({ folder: out, words: vectors.words.length, size: vectors.size, duplicates: vectors.duplicates });
    print.line(
      `${countOf(vectors.words.length, "word")}, ${countOf(vectors.size, "number")} each. The model is in ${out}.`,
    );
    if (vectors.duplicates > 0)
      print.note(`More than one vector for ${countOf(vectors.duplicates, "word")}: the first counts.`);
  });
}
