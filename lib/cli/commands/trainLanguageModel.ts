import { Command, Option } from "commander";
import type { Corpus, TokenizedCorpus, Tokenizer, TokenStream } from "../../data/index.js";
import { sentenceTokenizer, textFileSize } from "../../data/index.js";
import { InputError } from "../../errors.js";
import { describeModelFolder } from "../../formats/index.js";
import { SentenceData, WindowData } from "../../models/languageModel/data.js";
import { LanguageModel } from "../../models/languageModel/languageModel.js";
import { configRules } from "../../models/languageModel/network.js";
import { cellOptions, withCells } from "../cells.js";
import { executorFrom } from "../executor.js";
import type { HeldOut } from "../heldOut.js";
import { heldOut } from "../heldOut.js";
import { given, number, whole } from "../options.js";
import type { Printer } from "../print.js";
import { count, countOf, printer } from "../print.js";
import { measures } from "../reportTraining.js";
import { meanOfShortLines } from "../shortLines.js";
import type { ReadingFlags } from "../tableOptions.js";
import { corpusOf, noteTexts, withTextOptions } from "../textFiles.js";
import { tokenizerFor, tokenizerText } from "../tokenizers.js";
import type { TrainingOptions } from "../training.js";
import { expectUsed, train, trainerFor, withTrainingOptions } from "../training.js";
import type { TrainingCall } from "../trainingCall.js";
import { trainingCall } from "../trainingCall.js";
import type { WindowSizes } from "../windowSizes.js";
import { windowSizes } from "../windowSizes.js";

interface Options extends TrainingOptions, ReadingFlags {
  validation: string;
  test?: string;
  tokenizer: string;
  vocabulary?: number;
  unknown?: boolean;
  layers: number;
  hidden: number;
  embedding?: number;
  dropout: number;
  variational?: boolean;
  tied?: boolean;
  connections?: "plain" | "residual" | "dense";
  layerNorm?: boolean;
  init?: string;
  sentences?: boolean;
  maximumLength?: number;
  cutLong?: boolean;
  skipLong?: boolean;
  window: number;
  prompt?: string;
}

export function languageModelCommand(): Command {
  const command = new Command("lm")
    .description("train a language model on text files (UTF-8)")
    .argument("[text...]", "the text to learn, one or several files")
    .option(
      "--validation <file or share>",
      "a file, or the share to hold out: lines at random with --sentences, otherwise the end of the text",
      "0.1",
    )
    .option("--test <file>", "measure the best model on this file at the end")
    .option("--tokenizer <kind>", tokenizerText, "character")
    .option(
      "--vocabulary <n>",
      "word: keep the n most frequent, the others become <unk>; subword: learn n of the text (default: 8000)",
      whole,
    )
    .option("--unknown", "character, jamo: a token for characters that the text does not have")
    .option("--layers <n>", "layers on top of each other", whole, configRules.layers.initial)
    .option("--hidden <n>", "units of a layer", whole, configRules.hiddenSize.initial)
    .option("--embedding <n>", "size of token vectors (default: as --hidden)", whole)
    .option(
      "--dropout <p>",
      "on the embedding, between layers and before the output",
      number,
      configRules.dropout.initial,
    )
    .option("--variational", "one dropout mask for all time steps")
    .option("--tied", "the output layer shares the embedding")
    .addOption(new Option("--connections <kind>", "between layers").choices(["plain", "residual", "dense"]))
    .option("--layer-norm", "normalise before the output layer")
    .option("--init <rule>", "first weights: uniform:0.1, normal:0.02, xavier, orthogonal ...")
    .option("--sentences", "learn each line on its own instead of windows over the whole text")
    .option("--maximum-length <n>", "with --sentences: tokens that a line may have (default: 1000)", whole)
    .option("--cut-long", "with --sentences: learn the beginning of longer lines, instead of refusing them")
    .option("--skip-long", "with --sentences: leave longer lines out, instead of refusing them")
    .option("--window <n>", "time steps that gradients flow through; fewer where the text is short", whole, 64)
    .option("--prompt <text>", "what samples begin with");
  withCells(command, configRules.cell.initial);
  return withTrainingOptions(withTextOptions(command), {
    batch: 32,
    batchText: "sequences side by side; fewer where the text is short",
    epochs: 10,
  }).action(async (files: string[], _options: Options, own: Command) =>
    trainLanguageModel(await trainingCall<Options>(own, files), own),
  );
}

async function trainLanguageModel(call: TrainingCall<Options>, command: Command): Promise<void> {
  const { files, options } = call;
  const print = printer(options);
  const { sentences, sampleEvery, tokenizer: kind } = options;
  const validates = validationOf(options) !== null;
  expectUsed(command, validates, [
    ["window", "--window", !sentences, "cuts a running text, and --sentences reads whole lines"],
    ["maximumLength", "--maximum-length", !!sentences, "needs --sentences"],
    ["cutLong", "--cut-long", !!sentences, "needs --sentences"],
    ["skipLong", "--skip-long", !!sentences && !options.cutLong, "needs --sentences, and excludes --cut-long"],
    ["prompt", "--prompt", sampleEvery > 0, "needs --sample-every"],
    ["vocabulary", "--vocabulary", kind === "word" || kind === "subword", "needs --tokenizer word or subword"],
    ["unknown", "--unknown", kind === "character" || kind === "jamo", "needs --tokenizer character or jamo"],
  ]);
  if (options.test !== undefined) await textFileSize(options.test);
  await train(call, print, async (signal) => {
    const corpus = await corpusOf(files, options, "train lm");
    await noteTexts(print, corpus, options);
    const executor = executorFrom(options);
    const own = options.resume ? await tokenizerOf(options) : await tokenizerFor(options, corpus, { signal, print });
    const tokenizer = sentences ? sentenceTokenizer(own) : own;
    if (options.prompt !== undefined) tokenizer.encode(options.prompt);
    const streams = await splitOf(await corpus.tokenize(tokenizer, { signal }), corpus, options);
    const test =
      options.test === undefined ? null : await tokenized([options.test], { options, tokenizer, of: "--test" });
    const model = await LanguageModel.create({
      tokenizer,
      seed: options.seed,
      executor,
      ...given(networkOptions(options, command)),
    });
    const fixed = (name: string) => command.getOptionValueSource(name) === "cli";
    const sizes = windowSizes(streams.train.length - 1, options, { batch: fixed("batch"), window: fixed("window") });
    if (!sentences) await noteShortTexts(print, { corpus, options, sizes });
    const trainer = await trainerOf(model, streams, { call, print, sizes });
    print.note(
      `${corpus.name}: ${count(streams.train.length)} ${tokenizer.kind} tokens to learn, ` +
        `${count(streams.validation?.length ?? 0)} to validate; vocabulary ${count(tokenizer.size)}.`,
    );
    print.note(`${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`);
    return { trainer, conclude: () => conclude(model, test, { signal, print }) };
  });
}

/** Says what was chosen for a short text, and what suits one of short lines. */
async function noteShortTexts(
  print: Printer,
  { corpus, options, sizes }: { corpus: Corpus; options: Options; sizes: WindowSizes },
): Promise<void> {
  if (sizes.batch !== options.batch || sizes.window !== options.window) {
    print.note(
      `The text is short: ${count(sizes.batch)} sequences side by side in windows of ${count(sizes.window)} tokens, instead of ` +
        `${count(options.batch)} of ${count(options.window)}.`,
    );
  }
  const mean = await meanOfShortLines(corpus);
  if (mean === null) return;
  print.note(
    `The lines are short (${mean.toFixed(0)} characters on average). If each is a text of its own, as in a list of names, ` +
      "--sentences learns them better.",
  );
}

/** That of the training that is resumed. */
async function tokenizerOf({ out }: Options): Promise<Tokenizer> {
  return (await describeModelFolder(out, LanguageModel.kind)).tokenizer;
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

async function splitOf(text: TokenizedCorpus, corpus: Corpus, options: Options): Promise<Streams> {
  const { tokenizer } = text;
  const validation = validationOf(options);
  if (!validation) return { train: text };
  if ("files" in validation) {
    return { train: text, validation: await tokenized(validation.files, { options, tokenizer, of: "--validation" }) };
  }
  const { share } = validation;
  const parts = options.sentences
    ? await text.splitLines({ validation: share, seed: options.seed })
    : text.split({ validation: share });
  if (parts.validation.length >= 2) return parts;
  if (text.length < 4) {
    throw new InputError(`train lm: ${corpus.name} has ${countOf(text.length, "token")}, too few to learn from.`);
  }
  throw new InputError(
    `train lm: ${100 * share} % of the ${count(text.length)} tokens of ${corpus.name} leave ${parts.validation.length} to validate on, ` +
      "and at least 2 are needed. Hold out a larger share, give a file (--validation FILE), or do without (--validation 0).",
  );
}

/** The tokens of other files than those to learn from, which are read in the same way. */
async function tokenized(
  files: readonly string[],
  { options, tokenizer, of }: { options: Options; tokenizer: Tokenizer; of: string },
): Promise<TokenStream> {
  return (await corpusOf(files, options, `train lm ${of}`)).tokenize(tokenizer);
}

function networkOptions(options: Options, command: Command) {
  const { layers, hidden, embedding, dropout, variational, tied, connections, layerNorm, init } = options;
  const names = { sentences: options.sentences, hiddenSize: hidden, embeddingSize: embedding, initializer: init };
  return { ...cellOptions(command), layers, dropout, variational, tied, connections, layerNorm, ...names };
}

/** Lines on their own, or windows over the whole text. A measurement reads lines of any length. */
async function dataOf(
  { tokenizer }: LanguageModel,
  stream: TokenStream,
  { role, sizes, ...options }: Options & { role: "train" | "validate"; sizes: WindowSizes },
) {
  const { batch, seed } = options;
  if (!options.sentences) return new WindowData(stream, { batchSize: sizes.batch, windowLength: sizes.window, role });
  const { maximumLength, cutLong, skipLong } = options;
  const long = { long: cutLong ? "cut" : skipLong ? "skip" : "refuse", ...given({ maximumLength }) } as const;
  return SentenceData.of(stream, { tokenizer, batchSize: batch, seed, role, ...(role === "train" ? long : {}) });
}

async function trainerOf(
  model: LanguageModel,
  { train, validation }: Streams,
  { call, print, sizes }: { call: TrainingCall<Options>; print: Printer; sizes: WindowSizes },
) {
  const { options } = call;
  const { prompt } = options;
  const data = await dataOf(model, train, { ...options, sizes, role: "train" });
  if (data instanceof SentenceData && data.cut + data.skipped > 0) {
    print.note(`Lines that were too long: ${count(data.cut)} cut, ${count(data.skipped)} left out.`);
  }
  const write = async (signal?: AbortSignal) => {
    let text = prompt ?? "";
    const drawing = { end: "never", maximumTokens: 200, temperature: 0.8, seed: options.seed } as const;
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
  model: LanguageModel,
  test: TokenStream | null,
  { signal, print }: { signal: AbortSignal; print: Printer },
): Promise<void> {
  if (!test) return;
  const result = await model.evaluate(test, { signal }).finally(() => test.close());
  print.object({ event: "test", ...result });
  print.line(`test ${measures(result)}`);
}
