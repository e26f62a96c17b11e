import { Command } from "commander";
import { OptionError } from "../../errors.js";
import { expectFreeFolder, lockFolder } from "../../formats/index.js";
import { NgramModel } from "../../models/ngramModel/ngramModel.js";
import { trainRules } from "../../models/ngramModel/train.js";
import type { Completed } from "../../options.js";
import { flag, option, optional, pick, table, text, whole } from "../../options.js";
import { trainerRules } from "../../train/trainerOptions.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom, withExecutorOptions } from "../executor.js";
import { folderNamedAfter } from "../folderName.js";
import { untilInterrupted } from "../interrupt.js";
import { expectUsed, flagOf, given, optionsIn, typedOptions, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, countOf, duration, printer } from "../print.js";
import { readingOf, withLineOptions } from "../reading.js";
import { corpusOf, noteTexts } from "../textFiles.js";
import { tokenizerFor } from "../tokenizers.js";

const flags = table("train ngram", {
  /** Kind of tokens: word, character, jamo, byte, subword, or a Hugging Face tokenizer.json. Default word. */
  tokenizer: text({ initial: "word", as: "kind" }),
  /** Words to keep, the most frequent, the others become <unk>; or subwords to learn. Default: all words, 8000 subwords. */
  vocabulary: option(optional(whole({ minimum: 1 })), { needs: { tokenizer: ["word", "subword"] } }),
  /** File that is not counted, for the weights of --smoothing interpolation. Default: none. */
  heldOut: optional(text({ as: "file" })),
  /**
   * Take the model from a file in ARPA's form (.arpa, .arpa.gz), as SRILM and KenLM write it, instead of counting a text. Default false.
   */
  arpa: flag(),
  /** Print one JSON object. */
  json: flag(),
  /** Print nothing but results and errors. */
  quiet: flag(),
});

const countingFlags = pick(flags, "tokenizer", "vocabulary", "heldOut");

const folderFlags = pick(trainerRules, "folder", "overwrite");

type Options = ExecutorOptions & Completed<typeof flags> & { out?: string; overwrite?: boolean };

/** A model in a few words. */
export function describeNgramModel({ network, tokenizer }: Pick<NgramModel, "network" | "tokenizer">): string {
  return (
    `a ${network.order}-gram model over ${tokenizer.kind}s by ${network.config.smoothing}, vocabulary ` +
    `${count(tokenizer.size)}`
  );
}

export function ngramCommand(): Command {
  const command = new Command("ngram")
    .description("count the n-grams of text files (UTF-8): a language model without layers, in seconds")
    .argument("<text...>", "the text to count, one or several files");
  withOptions(command, flags);
  withLineOptions(command);
  withOptions(command, trainRules, { group: "Model" });
  withOptions(command, folderFlags);
  return withExecutorOptions(command).action(trainNgrams);
}

async function trainNgrams(files: string[], options: Options, command: Command): Promise<void> {
  expectUsed(command, "train ngram");
  const print = printer(options);
  const { overwrite = false } = options;
  const out = options.out ?? folderNamedAfter(files[0] as string, { taken: overwrite });
  await expectFreeFolder("train", out, { overwrite });
  await untilInterrupted(async (signal) => {
    const begin = performance.now();
    const model = options.arpa
      ? await modelIn(files, { options, command, signal })
      : await modelOf(files, { options, command, signal, print });
    await lockFolder(out, { owner: "train", purpose: "training" }, () => model.save(out, { overwrite }));
    const seconds = (performance.now() - begin) / 1000;
    const { counts, smoothing } = model.network.config;
    for (const note of model.notes) print.note(note[0]?.toUpperCase() ?? "", `${note.slice(1)}.`);
    print.object({ event: "end", folder: out, counts, smoothing, notes: model.notes, seconds });
    print.note(counts.map((size, i) => countOf(size, `${i + 1}-gram`)).join(", "), ".");
    print.note(`Done after ${duration(seconds)}. The model is in ${out}.`);
  });
}

/** The model of a file in ARPA's form. @throws OptionError for options that say how to count. */
async function modelIn(
  [file, ...more]: readonly string[],
  { options, command, signal }: { options: Options; command: Command; signal: AbortSignal },
): Promise<NgramModel> {
  const { pruneEntropy, ...others } = typedOptions(command, trainRules);
  const [wrong] = Object.keys({ ...others, ...typedOptions(command, countingFlags) });
  if (wrong !== undefined) {
    throw new OptionError(`train ngram: ${flagOf(command, wrong)} says how to count, and --arpa counts nothing.`, [
      wrong,
    ]);
  }
  if (more.length > 0) throw new OptionError("train ngram: --arpa takes one file.");
  const model = await NgramModel.fromArpa(file as string, { executor: executorFrom(options), signal });
  return pruneEntropy === undefined ? model : model.pruned({ pruneEntropy, signal });
}

async function modelOf(
  files: readonly string[],
  { options, command, signal, print }: { options: Options; command: Command; signal: AbortSignal; print: Printer },
): Promise<NgramModel> {
  const reading = readingOf(command);
  const corpus = await corpusOf(files, reading, "train ngram");
  await noteTexts(print, corpus, reading);
  const { heldOut } = options;
  const { order: _, ...own } = optionsIn(command, trainRules);
  const { order } = typedOptions(command, trainRules);
  // A text to measure may have words that this one lacks.
  const unknown = ["word", "character", "jamo"].includes(options.tokenizer);
  const tokenizer = await tokenizerFor({ ...options, ...given({ unknown }) }, corpus, { signal, print });
  const line = print.progress();
  try {
    return await NgramModel.train(corpus, {
      ...own,
      ...given({ order }),
      tokenizer,
      executor: executorFrom(options),
      signal,
      ...(heldOut === undefined ? {} : { heldOut: await corpusOf([heldOut], reading, "train ngram --held-out") }),
      onProgress: (share) => line.update(share, "reading"),
    });
  } finally {
    line.stop();
  }
}
