import { Command } from "commander";
import { readWordVectors } from "../../data/index.js";
import { OptionError, quote } from "../../errors.js";
import { expectFreeFolder } from "../../formats/index.js";
import { elementsOf } from "../../graph/program.js";
import { loadModel } from "../../models/registry.js";
import { Word2Vec } from "../../models/word2vec/word2vec.js";
import type { Completed } from "../../options.js";
import { flag, list, option, optional, table, text, whole, word } from "../../options.js";
import { folderNamedAfter } from "../folderName.js";
import { expectUsed, given, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, countOf, printer } from "../print.js";

const flags = table("import", {
  /** Folder for the model. Default: named after the file. */
  out: option(optional(text({ as: "folder" })), { flag: "-o, --out" }),
  /** Words to take, the first ones of the file, which are the most frequent. Default: all. */
  first: option(optional(whole({ minimum: 1 })), { excludes: ["like"] }),
  /** Folder of a model whose weights those of the file take the place of, in a copy of it. Default: none, for word vectors. */
  like: optional(text({ as: "folder" })),
  /** Beginning of the tensors' names that is cut off, such as module. with its dot; tensors without it are left out. Default: none. */
  prefix: option(optional(text()), { needs: { like: true } }),
  /** Names of modules or tensors and those that the model has, as lstm=rnn; name= leaves one out. Default: the same names. */
  rename: option(optional(list(text({ as: "name=name" }))), { needs: { like: true } }),
  /** Parameters that have no tensor: "refuse" the file, "keep" the model's own values, or make them "zero". Default refuse. */
  missing: option(word(["refuse", "keep", "zero"], "refuse"), { needs: { like: true } }),
  /** Replace the model that the folder holds. */
  overwrite: flag(),
  /** Print one JSON object. */
  json: flag(),
});

type Options = Completed<typeof flags>;

/** `ostinato import`: word vectors or weights of other programs as a model. */
export function importCommand(): Command {
  const command = new Command("import")
    .description(
      "make a model of a file of another program: word vectors (word2vec, text and binary, GloVe, fastText's .vec), or with --like weights (safetensors, .pt)",
    )
    .argument("<file>", "the vectors or weights");
  return withOptions(command, flags).action(async (file: string, options: Options, own: Command) => {
    expectUsed(own);
    const print = printer(options);
    const { overwrite, like } = options;
    const out = options.out ?? folderNamedAfter(file, { taken: overwrite });
    await expectFreeFolder("import", out, { overwrite });
    if (like === undefined && /\.(safetensors|pt|pth|ckpt|index\.json)$/.test(file)) {
      throw new OptionError(`import: ${file} holds weights: name the folder of a model of the same layers in like.`, [
        "like",
      ]);
    }
    if (like === undefined) await importVectors(file, { out, options, print });
    else await importWeights(file, { out, like, options, print });
  });
}

async function importVectors(
  file: string,
  { out, options, print }: { out: string; options: Options; print: Printer },
): Promise<void> {
  const { overwrite, first } = options;
  const vectors = await readWordVectors(file, given({ first }));
  const model = await Word2Vec.from(vectors);
  await model.save(out, { overwrite });
  const words = model.tokenizer.wordIds().length;
  const cut = vectors.words.filter((word) => /\s/u.test(word));
  print.object({ folder: out, words, size: vectors.size, duplicates: vectors.duplicates, leftOut: cut.length });
  print.line(`${countOf(words, "word")}, ${countOf(vectors.size, "number")} each. The model is in ${out}.`);
  if (cut.length > 0) {
    print.note(
      `Left out: ${countOf(cut.length, "word")} with a space inside, such as ${quote(cut[0] as string)}, where a text is cut.`,
    );
  }
  if (vectors.duplicates > 0)
    print.note(`More than one vector for ${countOf(vectors.duplicates, "word")}: the first counts.`);
}

async function importWeights(
  file: string,
  { out, like, options, print }: { out: string; like: string; options: Options; print: Printer },
): Promise<void> {
  const { overwrite, prefix, missing, rename = [] } = options;
  const model = await loadModel(like);
  const names = Object.fromEntries(rename.map(nameOf));
  const { missing: absent } = await model.loadWeights(file, { missing, rename: names, ...given({ prefix }) });
  await model.save(out, { overwrite });
  const own = new Set(absent);
  const read = model.parameters.reduce((sum, { name, shape }) => sum + (own.has(name) ? 0 : elementsOf(shape)), 0);
  print.object({ folder: out, kind: model.kind.name, parameters: model.parameterCount, missing: absent });
  print.line(`${count(read)} weights of ${file} for a ${model.kind.name}. The model is in ${out}.`);
  const values = missing === "zero" ? "which is 0" : "whose values are the model's own";
  for (const name of absent) print.note(`The file has no tensor for ${name}, ${values}.`);
}

/** The two names in "lstm=rnn"; null for none. */
function nameOf(pair: string): [string, string | null] {
  const [from = "", to, another] = pair.split("=");
  if (from !== "" && to !== undefined && another === undefined) return [from, to === "" ? null : to];
  throw new OptionError(
    `import: expected rename to be names such as lstm=rnn, or lstm= to leave that out, got ${quote(pair)}.`,
    ["rename"],
  );
}
