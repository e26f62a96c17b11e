import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import type { Tokenizer, TokenStream } from "../../data/index.js";
import {
  ByteTokenizer,
  CharacterTokenizer,
  Corpus,
  SubwordTokenizer,
  textFileSize,
  WordTokenizer,
} from "../../data/index.js";
import { FileError, OptionError } from "../../errors.js";
import { holdsModel, loadModelFolder, modelFiles, readJsonFile } from "../../formats/index.js";
import { LanguageModel } from "../../models/languageModel.js";
import { SentenceData, WindowData } from "../../models/languageModelData.js";
import { cells } from "../../models/languageModelNetwork.js";
import type { EndEvent } from "../../train/events.js";
import { optimizer, optimizerNames } from "../../train/optimizers.js";
import { schedule, scheduleNames } from "../../train/schedules.js";
import { Trainer } from "../../train/trainer.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom, withExecutorOptions } from "../executor.js";
import { exitCodeOf, interruptible } from "../interrupt.js";
import { given, number, whole } from "../options.js";
import type { Printer, ProgressLine } from "../print.js";
import { count, duration, printer } from "../print.js";
import { measures, reportTraining } from "../reportTraining.js";

export function trainCommand(): Command {
  return new Command("train").description("train a model").addCommand(languageModelCommand());
}

interface Options extends ExecutorOptions {
  out: string;
  validation: string;
  test?: string;
  tokenizer: string;
  vocabulary?: number;
  unknown?: boolean;
  cell: (typeof cells)[number];
  layers: number;
  hidden: number;
  embedding?: number;
  dropout: number;
  variational?: boolean;
  tied?: boolean;
  connections?: "plain" | "residual" | "dense";
  layerNorm?: boolean;
  init?: string;
  forgetBias?: number;
  reset?: "after" | "before";
  activation?: "tanh" | "relu";
  sentences?: boolean;
  batch: number;
  window: number;
  epochs: number;
  steps?: number;
  optimizer: string;
  learningRate?: number;
  momentum?: number;
  weightDecay?: number;
  beta2?: number;
  schedule: string;
  decay?: number;
  decayStart?: number;
  decayEvery?: number;
  warmup?: number;
  clip?: number;
  clipValue?: number;
  reduction: "token" | "sequence";
  seed: number;
  patience: number;
  validateEvery: number;
  sampleEvery: number;
  checkpointSeconds?: number;
  prompt?: string;
  resume?: boolean;
  overwrite?: boolean;
  json?: boolean;
  quiet?: boolean;
}

function languageModelCommand(): Command {
  const command = new Command("lm")
    .description("train a language model on text files (UTF-8)")
    .argument("<text...>", "the text to learn, one or several files")
    .requiredOption("-o, --out <folder>", "where the model goes")
    .option("--validation <file or share>", "a file, or the share of the text's end to hold out", "0.1")
    .option("--test <file>", "measure the best model on this file at the end")
    .option("--tokenizer <kind>", "character, jamo, byte, word, subword, or a Hugging Face tokenizer.json", "character")
    .option(
      "--vocabulary <n>",
      "word: keep the n most frequent, the others become <unk>; subword: learn n of the text (default: 8000)",
      whole,
    )
    .option("--unknown", "character, jamo: a token for characters that the text does not have")
    .addOption(new Option("--cell <name>", "recurrent cell").choices(cells).default("lstm"))
    .option("--layers <n>", "layers on top of each other", whole, 2)
    .option("--hidden <n>", "units of a layer", whole, 256)
    .option("--embedding <n>", "size of token vectors (default: as --hidden)", whole)
    .option("--dropout <p>", "on the embedding, between layers and before the output", number, 0)
    .option("--variational", "one dropout mask for all time steps")
    .option("--tied", "the output layer shares the embedding")
    .addOption(new Option("--connections <kind>", "between layers").choices(["plain", "residual", "dense"]))
    .option("--layer-norm", "normalise before the output layer")
    .option("--init <rule>", "first weights: uniform:0.1, normal:0.02, xavier, orthogonal ...")
    .option("--forget-bias <x>", "LSTM: first bias of the forget gate (default: 1)", number)
    .addOption(new Option("--reset <form>", "GRU: reset gate after or before the product").choices(["after", "before"]))
    .addOption(new Option("--activation <name>", "RNN: activation").choices(["tanh", "relu"]))
    .option("--sentences", "learn each line on its own instead of windows over the whole text")
    .option("--batch <n>", "sequences side by side", whole, 32)
    .option("--window <n>", "time steps that gradients flow through", whole, 64)
    .option("--epochs <n>", "times to read the text", whole, 10)
    .option("--steps <n>", "stop after so many updates", whole)
    .addOption(new Option("--optimizer <name>", "update rule").choices(optimizerNames).default("adam"))
    .option("--learning-rate <x>", "(default: the optimizer's own)", number)
    .option("--momentum <x>", "sgd, rmsprop: momentum", number)
    .option("--weight-decay <x>", "pull of the weights towards 0", number)
    .option("--beta2 <x>", "adam, adamw: decay of squared gradients", number)
    .addOption(new Option("--schedule <name>", "of the learning rate").choices(scheduleNames).default("constant"))
    .option("--decay <x>", "step, plateau: factor; cosine: the share that is left at the end", number)
    .option("--decay-start <n>", "step: epochs before the first decay", number)
    .option("--decay-every <n>", "step: epochs between decays", number)
    .option("--warmup <n>", "updates over which the rate rises", whole)
    .option("--clip <x>", "largest norm of all gradients together; 0 for none (default: 5)", number)
    .option("--clip-value <x>", "largest gradient element, instead of --clip", number)
    .addOption(
      new Option(
        "--reduction <kind>",
        "gradient of the mean over tokens, or of the sum over time averaged over sequences",
      )
        .choices(["token", "sequence"])
        .default("token"),
    )
    .option("--seed <n>", "of the first weights and of dropout", whole, 1)
    .option("--patience <n>", "stop after so many validations without a lower loss; 0 for never", whole, 0)
    .option("--validate-every <n>", "updates between validations; 0 for once an epoch", whole, 0)
    .option("--sample-every <n>", "updates between samples of what it has learnt; 0 for none", whole, 0)
    .option("--checkpoint-seconds <n>", "seconds between checkpoints (default: 120)", number)
    .option("--prompt <text>", "what samples begin with")
    .option("--resume", "go on with the training in --out")
    .option("--overwrite", "replace the model in --out")
    .option("--json", "print one JSON object for each event")
    .option("--quiet", "print nothing but errors");
  return withExecutorOptions(command).action(trainLanguageModel);
}

async function trainLanguageModel(files: string[], options: Options, command: Command): Promise<void> {
  const print = printer(options);
  expectUsed(command, options);
  await expectFreeFolder(options);
  if (options.test !== undefined) await textFileSize(options.test);
  const { signal, stoppedBy, done } = interruptible();
  let line: ProgressLine | undefined;
  try {
    const corpus = Corpus.fromFiles(files);
    const executor = executorFrom(options);
    const tokenizer = options.resume ? await tokenizerOf(options) : await tokenizerFor({ ...options, signal }, corpus);
    if (options.prompt !== undefined) tokenizer.encode(options.prompt);
    const text = await corpus.tokenize(tokenizer, { signal });
    const streams = await splitOf(text, options, tokenizer);
    const model = await LanguageModel.create({
      tokenizer,
      seed: options.seed,
      executor,
      ...given(networkOptions(options)),
    });
    const trainer = await trainerFor(model, streams, options);
    print.note(
      `${corpus.name}: ${count(streams.train.length)} ${tokenizer.kind} tokens to learn, ` +
        `${count(streams.validation?.length ?? 0)} to validate; vocabulary ${count(tokenizer.size)}.`,
    );
    print.note(`${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`);
    line = reportTraining(trainer, print);
    const end = await trainer.run({ signal });
    await conclude(end, model, { ...options, signal }, print);
    const by = stoppedBy();
    if (by) process.exitCode = exitCodeOf(by);
  } catch (error) {
    const by = stoppedBy();
    if (!by || (error as Error).name !== "AbortError") throw error;
    process.exitCode = exitCodeOf(by);
  } finally {
    line?.stop();
    done();
  }
}

/** Refuses options that another option makes meaningless. */
function expectUsed(command: Command, options: Options): void {
  const { schedule, sentences, sampleEvery, validation, tokenizer } = options;
  const rules: [name: string, flag: string, used: boolean, advice: string][] = [
    ["decay", "--decay", schedule !== "constant", "needs --schedule step, plateau or cosine"],
    ["decayStart", "--decay-start", schedule === "step", "needs --schedule step"],
    ["decayEvery", "--decay-every", schedule === "step", "needs --schedule step"],
    ["window", "--window", !sentences, "cuts a running text, and --sentences reads whole lines"],
    ["prompt", "--prompt", sampleEvery > 0, "needs --sample-every"],
    ["validateEvery", "--validate-every", Number(validation) !== 0, "needs --validation"],
    ["patience", "--patience", Number(validation) !== 0, "needs --validation"],
    ["vocabulary", "--vocabulary", ["word", "subword"].includes(tokenizer), "needs --tokenizer word or subword"],
    ["unknown", "--unknown", tokenizer === "character" || tokenizer === "jamo", "needs --tokenizer character or jamo"],
  ];
  for (const [name, flag, used, advice] of rules) {
    if (!used && command.getOptionValueSource(name) === "cli") throw new OptionError(`train: ${flag} ${advice}.`);
  }
}

/** A new training must not touch a model that is there already; a resumed one needs it. */
async function expectFreeFolder({ out, resume, overwrite }: Options): Promise<void> {
  if (resume && overwrite) throw new OptionError("train: --resume and --overwrite contradict each other.");
  if (existsSync(out) && !statSync(out).isDirectory())
    throw new FileError(`train: ${out} is a file, expected a folder.`);
  const there = await holdsModel(out);
  if (resume && !(there && existsSync(join(out, modelFiles.trainer)))) {
    throw new FileError(
      `train: ${out} holds no training to resume. ${there ? "Pass --overwrite instead of" : "Leave out"} --resume to begin one.`,
    );
  }
  if (there && !resume && !overwrite) {
    throw new FileError(`train: ${out} holds a model already. Choose another --out, or pass --resume or --overwrite.`);
  }
}

/** That of the training that is resumed. */
async function tokenizerOf({ out, tokenizer: wanted }: Options): Promise<Tokenizer> {
  const { tokenizer } = await loadModelFolder(out);
  const kind = tokenizer instanceof CharacterTokenizer && tokenizer.unit === "jamo" ? "jamo" : tokenizer.kind;
  if (kind === (wanted.endsWith(".json") ? "subword" : wanted)) return tokenizer;
  throw new OptionError(
    `train: the training in ${out} reads ${kind} tokens, not ${wanted}. Resume with the options that it began with.`,
  );
}

async function tokenizerFor(
  { tokenizer, vocabulary, unknown, signal }: Options & { signal: AbortSignal },
  corpus: Corpus,
): Promise<Tokenizer> {
  if (tokenizer === "character") return CharacterTokenizer.fromCorpus(corpus, given({ unknown }));
  if (tokenizer === "jamo") return CharacterTokenizer.fromCorpus(corpus, { unit: "jamo", ...given({ unknown }) });
  if (tokenizer === "byte") return new ByteTokenizer();
  if (tokenizer === "word") return WordTokenizer.fromCorpus(corpus, given({ maximumSize: vocabulary }));
  if (tokenizer === "subword") return SubwordTokenizer.fromCorpus(corpus, { size: vocabulary ?? 8000, signal });
  if (!tokenizer.endsWith(".json") || !existsSync(tokenizer)) {
    throw new OptionError(
      `train: expected --tokenizer to be character, jamo, byte, word, subword or the path of a tokenizer.json, got ${JSON.stringify(tokenizer)}.`,
    );
  }
  return new SubwordTokenizer(await readJsonFile(tokenizer));
}

interface Streams {
  train: TokenStream;
  validation?: TokenStream;
}

async function splitOf(
  text: TokenStream & { split(shares: { validation: number }): { train: TokenStream; validation: TokenStream } },
  { validation }: Options,
  tokenizer: Tokenizer,
): Promise<Streams> {
  const share = Number(validation);
  if (Number.isNaN(share)) {
    return { train: text, validation: await Corpus.fromFile(validation).tokenize(tokenizer) };
  }
  if (share === 0) return { train: text };
  return text.split({ validation: share });
}

function networkOptions(options: Options) {
  const { cell, layers, hidden, embedding, dropout, variational, tied, connections, layerNorm, init } = options;
  const { forgetBias, reset, activation } = options;
  const names = { sentences: options.sentences, hiddenSize: hidden, embeddingSize: embedding, initializer: init };
  return { cell, layers, dropout, variational, tied, connections, layerNorm, forgetBias, reset, activation, ...names };
}

async function trainerFor(model: LanguageModel, { train, validation }: Streams, options: Options) {
  const { batch, window, seed, sampleEvery, prompt, sentences, steps, learningRate, momentum, weightDecay, beta2 } =
    options;
  const { tokenizer } = model;
  const data = async (stream: TokenStream, role: "train" | "validate") =>
    sentences
      ? SentenceData.of(stream, { tokenizer, batchSize: batch, seed, role })
      : new WindowData(stream, { batchSize: batch, windowLength: window, role });
  const write = async (signal?: AbortSignal) => {
    let text = prompt ?? "";
    const pieces = model.generate({ ...given({ prompt, signal }), maximumTokens: 200, temperature: 0.8, seed });
    for await (const piece of pieces) text += piece;
    return text;
  };
  return new Trainer(model, {
    data: await data(train, "train"),
    ...given({ validation: validation && (await data(validation, "validate")) }),
    optimizer: optimizer(options.optimizer, { learningRate, momentum, weightDecay, beta2 }),
    schedule: schedule(options.schedule, given(options)),
    epochs: options.epochs,
    ...given({ maximumSteps: steps, checkpointSeconds: options.checkpointSeconds }),
    ...given({ clipNorm: options.clip, clipValue: options.clipValue }),
    reduction: options.reduction,
    seed,
    patience: options.patience,
    validateEvery: options.validateEvery,
    folder: options.out,
    resume: options.resume ?? false,
    overwrite: options.overwrite ?? false,
    ...(sampleEvery > 0 ? { samples: { every: sampleEvery, write } } : {}),
  });
}

async function conclude(
  end: EndEvent,
  model: LanguageModel,
  { out, test, signal }: Options & { signal: AbortSignal },
  print: Printer,
): Promise<void> {
  print.object({ event: "end", ...end, folder: out });
  const how = { finished: "Done", early: "Stopped early: the validation loss no longer improves", stopped: "Stopped" }[
    end.reason
  ];
  print.note(`${how} after ${count(end.step)} updates and ${duration(end.seconds)}. The model is in ${out}.`);
  if (end.reason === "stopped") {
    print.note(`Go on with the same command and --resume.`);
    return;
  }
  if (test === undefined) return;
  const stream = await Corpus.fromFile(test).tokenize(model.tokenizer, { signal });
  const result = await model.evaluate(stream, { signal }).finally(() => stream.close());
  print.object({ event: "test", ...result });
  print.line(`test ${measures({ ...result, loss: result.nats })}`);
}
