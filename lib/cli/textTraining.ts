import { Command } from "commander";
import type { Corpus, TokenizedCorpus, Tokenizer, TokenStream } from "../data/index.js";
import { sentenceTokenizer, textFileSize } from "../data/index.js";
import { InputError } from "../errors.js";
import { describeModelFolder } from "../formats/index.js";
import type { ModelKind } from "../models/modelKind.js";
import type { CreateOptions } from "../models/savedModel.js";
import { SentenceData, sentenceRules, WindowData, windowRules } from "../models/textModel/data.js";
import type { TextModel } from "../models/textModel/textModel.js";
import type { TokenNetwork } from "../models/textModel/tokenNetwork.js";
import type { Completed, OptionTable } from "../options.js";
import { flag, option, optional, table, text, whole } from "../options.js";
import { executorFrom } from "./executor.js";
import type { HeldOut } from "./heldOut.js";
import { heldOut } from "./heldOut.js";
import { given, optionsIn, withOptions } from "./options.js";
import type { Printer } from "./print.js";
import { count, countOf, printer } from "./print.js";
import type { Reading } from "./reading.js";
import { readingOf, withLineOptions } from "./reading.js";
import { measures } from "./reportTraining.js";
import { meanOfShortLines } from "./shortLines.js";
import { corpusOf, noteTexts } from "./textFiles.js";
import { tokenizerFor } from "./tokenizers.js";
import type { TrainingOptions } from "./training.js";
import { expectEffect, train, trainerFor, withTrainingOptions } from "./training.js";
import type { TrainingCall } from "./trainingCall.js";
import { trainingCall } from "./trainingCall.js";
import { noteUntrainedPositions } from "./untrainedPositions.js";
import type { WindowSizes } from "./windowSizes.js";
import { windowSizes } from "./windowSizes.js";

/** A kind of text model as a command trains it. */
export interface TextTraining {
  /** The command's name after `train`. */
  readonly name: string;
  readonly description: string;
  readonly kind: ModelKind<TextModel, Tokenizer, TokenNetwork>;
  /** Rules of the model's options that have flags, `sentences` among them. */
  readonly model: OptionTable;
  /** Kind of tokens unless --tokenizer says otherwise. Default: character. */
  readonly tokenizer?: "word";
  /** Flags that are in no table. */
  readonly others?: {
    add(command: Command): Command;
    /** Values that were typed for them. @throws OptionError for what does not fit. */
    typed(command: Command): object;
  };
  create(options: CreateOptions<Tokenizer>): Promise<TextModel>;
}

const flags = table("train texts", {
  /** File to validate on, or share to hold out: lines at random with --sentences, otherwise the end of the text. Default 0.1. */
  validation: text({ initial: "0.1", as: "file or share" }),
  /** File to measure the best model on at the end. Default: none. */
  test: option(optional(text({ as: "file" })), { onResume: "changes" }),
  /** Kind of tokens: character, jamo, byte, word, subword, or a Hugging Face tokenizer.json. Default character. */
  tokenizer: option(text({ initial: "character", as: "kind" }), { onResume: "settled" }),
  /** Words to keep, the most frequent, the others become <unk>; or subwords to learn. Default: all words, 8000 subwords. */
  vocabulary: option(optional(whole({ minimum: 1 })), {
    needs: { tokenizer: ["word", "subword"] },
    onResume: "settled",
  }),
  /** Have a token for characters that the text lacks. Default false. */
  unknown: option(flag(), { needs: { tokenizer: ["character", "jamo"] }, onResume: "settled" }),
  batchSize: windowRules.batchSize,
  /** T: time steps through which gradients flow. Default 64. */
  windowLength: option(windowRules.windowLength, { excludes: ["sentences"] }),
  /**
   * Standard deviation of the windows' lengths, which are drawn around --window-length, one in twenty around half of it; the learning
   * rate of each update is multiplied with its length over that (Merity et al. 2018). With 0 all are as long. Default 0.
   */
  windowSpread: option(windowRules.windowSpread, { excludes: ["sentences"] }),
  /** Tokens that a line may have, with --sentences. Default: 1000. */
  maximumLength: option(sentenceRules.maximumLength, { needs: { sentences: true } }),
  /** Rule for longer lines: "refuse" them with an error, "cut" them, or "skip" them. Default refuse. */
  long: option(sentenceRules.long, { needs: { sentences: true } }),
  /** Beginning of samples. Default: none. */
  prompt: option(optional(text()), { needs: { sampleEvery: true }, onResume: "changes" }),
});

type Options = TrainingOptions & Completed<typeof flags> & { sentences: boolean };

/** The command that trains a kind of text model. */
export function textTrainingCommand(kind: TextTraining): Command {
  const command = new Command(kind.name)
    .description(kind.description)
    .argument("[text...]", "the text to learn, one or several files");
  const { tokenizer } = kind;
  const own = tokenizer ? { defaults: { tokenizer }, notes: { ...fewer, tokenizer } } : { notes: fewer };
  withOptions(command, flags, own);
  withLineOptions(command);
  withOptions(command, kind.model, { group: "Model" });
  kind.others?.add(command);
  return withTrainingOptions(command).action(async (files: string[], _options: Options, own: Command) =>
    trainTexts(kind, await trainingCall<Options>(own, files), own),
  );
}

/** The sizes that a short text has room for. */
const fewer = {
  batchSize: `${windowRules.batchSize.initial}; fewer where the text is short`,
  windowLength: `${windowRules.windowLength.initial}; fewer where the text is short`,
};

async function trainTexts(kind: TextTraining, call: TrainingCall<Options>, command: Command): Promise<void> {
  const { files, options } = call;
  const print = printer(options);
  const { sentences } = options;
  const who = `train ${kind.name}`;
  const reading = readingOf(command);
  expectEffect(command, validationOf(options) !== null);
  const typed = { ...optionsIn(command, kind.model), ...kind.others?.typed(command) };
  if (options.test !== undefined) await textFileSize(options.test);
  await train(call, print, async (signal) => {
    const corpus = await corpusOf(files, reading, who);
    await noteTexts(print, corpus, reading);
    const executor = executorFrom(options);
    const own = options.resume
      ? (await describeModelFolder(options.out, kind.kind)).tokenizer
      : await tokenizerFor(options, corpus, { signal, print });
    const tokenizer = sentences ? sentenceTokenizer(own) : own;
    if (options.prompt !== undefined) tokenizer.encode(options.prompt);
    const streams = await splitOf(await corpus.tokenize(tokenizer, { signal }), corpus, { ...options, who, reading });
    const test =
      options.test === undefined ? null : await tokenized([options.test], { reading, tokenizer, who: `${who} --test` });
    const model = await kind.create({ tokenizer, seed: options.seed, executor, ...typed });
    const fixed = (name: string) => command.getOptionValueSource(name) === "cli";
    // A model that reads each window from its beginning reads as much at once as it can.
    const windowLength = fixed("windowLength") ? options.windowLength : model.network.windowLength;
    const wanted = { batchSize: options.batchSize, windowLength: windowLength ?? options.windowLength };
    const sizes = windowSizes(streams.train.length - 1, wanted, {
      batchSize: fixed("batchSize"),
      windowLength: fixed("windowLength"),
    });
    if (!sentences) await noteShortTexts(print, { corpus, wanted, sizes });
    // A line that the model cannot read would otherwise be found after hours.
    if (test && sentences) await dataOf(model, test, { ...options, sizes, role: "evaluate" });
    const trainer = await trainerOf(model, streams, { call, print, sizes });
    print.note(
      `${corpus.name}: ${countOf(streams.train.length, `${tokenizer.kind} token`)} to learn, ` +
        `${count(streams.validation?.length ?? 0)} to validate; vocabulary ${count(tokenizer.size)}.`,
    );
    print.note(`${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`);
    return { trainer, conclude: () => conclude(model, test, { signal, print }) };
  });
}

/** Says what was chosen for a short text, and what suits one of short lines. */
async function noteShortTexts(
  print: Printer,
  { corpus, wanted, sizes }: { corpus: Corpus; wanted: WindowSizes; sizes: WindowSizes },
): Promise<void> {
  if (sizes.batchSize !== wanted.batchSize || sizes.windowLength !== wanted.windowLength) {
    print.note(
      `The text is short: ${countOf(sizes.batchSize, "sequence")} side by side in windows of ${countOf(sizes.windowLength, "token")}, instead of ` +
        `${count(wanted.batchSize)} of ${count(wanted.windowLength)}.`,
    );
  }
  const mean = await meanOfShortLines(corpus);
  if (mean === null) return;
  print.note(
    `The lines are short (${mean.toFixed(0)} characters on average). If each is a text of its own, as in a list of names, ` +
      "--sentences learns them better.",
  );
}

/** The file or share to validate on; null for none. */
function validationOf({ validation }: Options): HeldOut | null {
  const held = heldOut([validation]);
  return "share" in held && held.share === 0 ? null : held;
}

interface Streams {
  train: TokenStream;
  validation?: TokenStream;
}

async function splitOf(
  text: TokenizedCorpus,
  corpus: Corpus,
  { who, reading, ...options }: Options & { who: string; reading: Reading },
): Promise<Streams> {
  const { tokenizer } = text;
  const validation = validationOf(options);
  if (!validation) return { train: text };
  if ("files" in validation) {
    return {
      train: text,
      validation: await tokenized(validation.files, { reading, tokenizer, who: `${who} --validation` }),
    };
  }
  const { share } = validation;
  const parts = options.sentences
    ? await text.splitLines({ validation: share, seed: options.seed })
    : text.split({ validation: share });
  if (parts.validation.length >= 2) return parts;
  if (text.length < 4) {
    throw new InputError(`${who}: ${corpus.name} has ${countOf(text.length, "token")}, too few to learn from.`);
  }
  throw new InputError(
    `${who}: ${100 * share} % of the ${countOf(text.length, "token")} of ${corpus.name} leave ${parts.validation.length} to validate on, ` +
      "and at least 2 are needed. Hold out a larger share, give a file (--validation FILE), or do without (--validation 0).",
  );
}

/** The tokens of other files than those to learn from, which are read in the same way. */
async function tokenized(
  files: readonly string[],
  { reading, tokenizer, who }: { reading: Reading; tokenizer: Tokenizer; who: string },
): Promise<TokenStream> {
  return (await corpusOf(files, reading, who)).tokenize(tokenizer);
}

/** Lines on their own, or windows over the whole text. A measurement reads lines of any length that the model reads. */
async function dataOf(
  { tokenizer, network }: TextModel,
  stream: TokenStream,
  { role, sizes, ...options }: Options & { role: "train" | "validate" | "evaluate"; sizes: WindowSizes },
) {
  const { batchSize, seed, long, maximumLength, windowSpread } = options;
  const longest = given({ longest: network.windowLength });
  const drawn = role === "train" && windowSpread > 0 ? { windowSpread, seed } : {};
  if (!options.sentences) return new WindowData(stream, { ...sizes, ...drawn, ...longest, role });
  const rule = { ...(role === "evaluate" ? {} : { long }), ...(role === "train" ? given({ maximumLength }) : {}) };
  return SentenceData.create(stream, { tokenizer, batchSize, seed, role, ...longest, ...rule });
}

async function trainerOf(
  model: TextModel,
  { train, validation }: Streams,
  { call, print, sizes }: { call: TrainingCall<Options>; print: Printer; sizes: WindowSizes },
) {
  const { options } = call;
  const { prompt } = options;
  const data = await dataOf(model, train, { ...options, sizes, role: "train" });
  noteUntrainedPositions(print, model.network, data);
  if (data instanceof SentenceData && data.cut + data.skipped > 0) {
    print.note(`Lines that were too long: ${count(data.cut)} cut, ${count(data.skipped)} left out.`);
  }
  const write = async (signal?: AbortSignal) => {
    let text = prompt ?? "";
    const drawing = { end: "never", maximumLength: 200, temperature: 0.8, seed: options.seed } as const;
    for await (const piece of model.generate({ ...drawing, ...given({ prompt, signal }) })) text += piece;
    return text;
  };
  return trainerFor(model, call, {
    data,
    ...given({ validation: validation && (await dataOf(model, validation, { ...options, sizes, role: "validate" })) }),
    write,
  });
}

async function conclude(
  model: TextModel,
  test: TokenStream | null,
  { signal, print }: { signal: AbortSignal; print: Printer },
): Promise<void> {
  if (!test) return;
  const result = await model.evaluate(test, { signal }).finally(() => test.close());
  print.object({ event: "test", ...result });
  print.line(`test ${measures(result)}`);
}
