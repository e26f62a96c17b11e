import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { Corpus } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { writeFileAtomically } from "../../formats/index.js";
import type { Completed } from "../../options.js";
import { flag, list, nearestName, option, optional, real, seed, table, text, whole } from "../../options.js";
import { ladderSVG } from "../../viz/index.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom, withExecutorOptions } from "../executor.js";
import { heldOut } from "../heldOut.js";
import { untilInterrupted } from "../interrupt.js";
import { climbed } from "../ladder/climbed.js";
import { partsOf } from "../ladder/ladderText.js";
import { tableLines } from "../ladder/row.js";
import type { LadderText, Rung } from "../ladder/rung.js";
import { rungs } from "../ladder/rungs.js";
import { expectUsed, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, countOf, printer } from "../print.js";
import { tokenizerFor } from "../tokenizers.js";
import { version } from "../version.js";

const flags = table("ladder", {
  /** Folder for the models, the table and the picture. What is there from a ladder of the same text, settings and version is not made again. Default ladder. */
  out: text({ initial: "ladder", as: "folder" }),
  /** Replace models in the folder that are not of this ladder. Default false. */
  overwrite: flag(),
  /** File to validate on, or share to hold out: 0.05, where other trainings have 0.1. Default 0.05. */
  validation: text({ initial: "0.05", as: "file or share" }),
  /** File to measure all models on, or share to hold out at the end of the text. Default 0.05. */
  test: text({ initial: "0.05", as: "file or share" }),
  /** Kind of tokens: character, jamo, byte, word, subword, or a Hugging Face tokenizer.json. Default word. */
  tokenizer: text({ initial: "word", as: "kind" }),
  /** Words to keep, the most frequent, the others become <unk>; or subwords to learn. Default: 10,000 words, 8000 subwords. */
  vocabulary: option(optional(whole({ minimum: 1 })), { needs: { tokenizer: ["word", "subword"] } }),
  /** Rungs to climb, by their names. Default: all. */
  only: optional(list(text({ as: "name" }))),
  /** H: units of each layer. Default 200. */
  hiddenSize: whole({ minimum: 1, initial: 200 }),
  /** Dropout of the networks: 0.25, where one alone has 0. Default 0.25. */
  dropout: real({ minimum: 0, below: 1, initial: 0.25 }),
  /** Times that each network reads the text: 5, where one alone has 10. Default 5. */
  epochs: whole({ minimum: 1, initial: 5 }),
  /** Updates after which each network stops. Default: none. */
  maximumSteps: optional(whole({ minimum: 1 })),
  /** B: parts of the text that are read side by side. Default 32. */
  batchSize: whole({ minimum: 1, initial: 32 }),
  /** T: time steps through which gradients flow: 35, where one alone has 64. Default 35. */
  windowLength: whole({ minimum: 1, initial: 35 }),
  /** Seed of weights, dropout and samples. Default 1. */
  seed: seed(),
  /** Print one JSON object a model. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

/** Words to keep where nobody says. */
const usualWords = 10_000;

/** The command that makes every model of the lectures from one text, and one table. */
export function ladderCommand(): Command {
  const command = new Command("ladder")
    .description("train every kind of model of the lectures on one text, from counts up, and compare them in one table")
    .argument("<text...>", "the text, one or several files (UTF-8)");
  return withExecutorOptions(withOptions(command, flags)).action(climb);
}

function climb(files: string[], options: Options, command: Command): Promise<void> {
  expectUsed(command);
  const print = printer(options);
  const { out } = options;
  return untilInterrupted(
    async (signal) => {
      const chosen = chosenRungs(options.only);
      const corpus = Corpus.fromFiles(files);
      const ladder = await ladderText(corpus, options, { signal, print });
      const { text, test } = ladder;
      print.note(
        `${corpus.name}: ${countOf(text.train.length, `${text.tokenizer.kind} token`)} to learn, ` +
          `${count(text.validation.length)} to validate, ${count(test.length)} to measure; vocabulary ${count(text.tokenizer.size)}.`,
      );
      const key = await keyOf(ladder, { files, ...options });
      const record = { command: "ladder", files: { train: files }, options: { key } };
      const rows = await climbed(chosen, { ...ladder, record, key, out, overwrite: options.overwrite, signal, print });
      const title = `${corpus.name}: perplexity of what comes after`;
      await writeFileAtomically(join(out, "ladder.svg"), ladderSVG(rows, { title }));
      const lines = tableLines(rows, chosen);
      await writeFileAtomically(join(out, "ladder.txt"), `${lines.join("\n")}\n`);
      for (const line of lines) print.line(line);
      print.note(`The models, ladder.txt and ladder.svg are in ${out}.`);
    },
    () => print.note(`Stopped. What is finished is in ${out}; the same command goes on from there.`),
  );
}

/** The rungs that are asked for, in their order. @throws OptionError for a name that there is not. */
function chosenRungs(only: readonly string[] | undefined): readonly Rung[] {
  const names = rungs.map(({ name }) => name);
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, names);
    throw new OptionError(
      `ladder: there is no rung ${JSON.stringify(unknown)}${nearest ? `; did you mean ${nearest}?` : "."} There are ${names.join(", ")}.`,
      ["only"],
    );
  }
  const chosen = rungs.filter(({ name }) => only?.includes(name) ?? true);
  for (const { name, needs = [] } of chosen) {
    if (needs.every((needed) => only?.includes(needed) ?? true)) continue;
    throw new OptionError(`ladder: ${name} is made of ${needs.join(" and ")}: name them too.`, ["only"]);
  }
  return chosen;
}

async function ladderText(
  corpus: Corpus,
  options: Options,
  { signal, print }: { signal: AbortSignal; print: Printer },
) {
  const { hiddenSize, batchSize, windowLength, epochs, dropout, maximumSteps, seed } = options;
  const part = (word: string) => {
    const held = heldOut([word]);
    return "files" in held ? Corpus.fromFiles(held.files) : held.share;
  };
  const vocabulary = options.vocabulary ?? (options.tokenizer === "word" ? usualWords : undefined);
  const unknown = ["word", "character", "jamo"].includes(options.tokenizer);
  const tokenizer = await tokenizerFor({ tokenizer: options.tokenizer, vocabulary, unknown }, corpus, {
    signal,
    print,
  });
  const { test, ...parts } = await partsOf(corpus, {
    tokenizer,
    validation: part(options.validation),
    test: part(options.test),
    signal,
  });
  const settings = { hiddenSize, batchSize, windowLength, epochs, dropout, maximumSteps, seed };
  const text: LadderText = { ...parts, tokenizer, executor: executorFrom(options), settings };
  return { text, test };
}

/** A digest that tells ladders apart: all that the models and their measures depend on. The rungs are those of a version. */
async function keyOf(
  { text }: Awaited<ReturnType<typeof ladderText>>,
  { files, validation, test }: { files: readonly string[]; validation: string; test: string },
): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([version, validation, test, text.settings, text.tokenizer.kind, text.tokenizer.toJSON()]));
  const others = [validation, test].flatMap((word) => {
    const held = heldOut([word]);
    return "files" in held ? held.files : [];
  });
  for (const file of [...files, ...others])
    for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest("hex").slice(0, 16);
}
