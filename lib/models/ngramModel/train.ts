import type { Tokenizer, TokenStream } from "../../data/index.js";
import {
  Corpus,
  sentenceMarks,
  sentenceTokenizer,
  tokenizerRule,
  tokenStream,
  WordTokenizer,
} from "../../data/index.js";
import { counted, InputError, OptionError } from "../../errors.js";
import { executorRule } from "../../executor/choice.js";
import { ngramCounts } from "../../graph/ngramLayout.js";
import type { Completed, OptionsOf } from "../../options.js";
import { abortSignal, callback, flag, list, option, optional, table, value, whole } from "../../options.js";
import type { NgramModelConfig } from "./network.js";
import { mostOrder } from "./network.js";
import { NgramCounter } from "./ngramCounter.js";
import { expectPrunable, pruneThreshold } from "./pruning.js";
import { completeWeights, smoothingNumbers, smoothingRules } from "./smoothing.js";

const corpus = value<Corpus | TokenStream>("a Corpus, or tokens: of corpus.tokenize() or memoryStream()", (text) => {
  return text instanceof Corpus || tokenStream.fits(text);
});

/** A text to learn from, as an argument. */
export const trainingText = corpus;

/** The options of the training of an n-gram model. */
export const trainRules = table("NgramModel.train", {
  /**
   * n: words of the longest n-grams; a word is predicted from the n - 1 before it. Where it is left out, lines that are all shorter make it
   * as long as they are. Default 5.
   */
  order: option(whole({ minimum: 1, maximum: mostOrder, initial: 5 }), { aka: ["n", "ngram"] }),
  ...smoothingRules,
  /**
   * Times that an n-gram of each order from 1 on must come to be kept, the last number for all longer ones too; it must not fall. Every
   * word is kept. Default 1.
   */
  minimumCounts: option(list(whole({ minimum: 1 }), [1]), { aka: ["gtmin", "cutoffs"] }),
  /**
   * Leave out n-grams whose loss raises the perplexity of the model by less than this share, 1e-7 for example (Stolcke 1998). Default: keep
   * all.
   */
  pruneEntropy: option(optional(pruneThreshold), { aka: ["prune"] }),
  /**
   * Megabytes of memory for the tokens and their counting. More of them are counted part by part in temporary files, to the same numbers;
   * the n-grams that are found, about 50 bytes each, come in addition. Default: all at once, 44 bytes for each token and 32 for each order.
   */
  memory: option(optional(whole({ minimum: 1, maximum: 2 ** 24 })), { aka: ["memoryLimit"] }),
  /**
   * Read the text as one running text, instead of line by line, each line a sentence with a beginning and an end.
   * Default false.
   */
  running: flag(),
  /** The units and their vocabulary. Default: that of the tokens, or the words of the corpus, with one for those that it lacks. */
  tokenizer: option(optional(tokenizerRule), { flag: null }),
  /** A text that the training does not count, for the weights of an `interpolation`. Default: none. */
  heldOut: option(optional(corpus), { flag: null }),
  /** The executor. Default: the native executor; without a binary WebAssembly or the reference, which can read a model and not make one. */
  executor: option(executorRule, { flag: null }),
  /** Signal that stops the training. Default: none. */
  signal: abortSignal,
  /** Called with the share of the text that has been read, 0 to 1. Default: none. */
  onProgress: callback<(done: number) => void>(),
});

/** Options of `NgramModel.train`. @interface */
export type NgramTrainOptions = OptionsOf<typeof trainRules>;

/** A table that was estimated from a text, with all that makes it a model. */
export interface TrainedNgrams {
  table: Int32Array;
  config: NgramModelConfig;
  tokenizer: Tokenizer;
  /** Remarks about what could not be done as asked. */
  notes: string[];
}

/**
 * Counts a text and estimates its probabilities.
 * @param fixed refuse a text that is too short for the order; else the order is that of its longest line.
 * @throws OptionError for options that do not fit together; InputError for a text without a token to predict.
 */
export async function trainNgrams(
  text: Corpus | TokenStream,
  options: Completed<typeof trainRules>,
  fixed: boolean,
): Promise<TrainedNgrams> {
  const who = "NgramModel.train";
  const { order, smoothing, running, minimumCounts, pruneEntropy, signal, onProgress } = options;
  const falling = minimumCounts.find((count, i) => i > 0 && count < (minimumCounts[i - 1] as number));
  if (falling !== undefined) {
    throw new OptionError(
      `${who}: expected minimumCounts that do not fall, as what begins or ends a longer n-gram comes at least as often, got ` +
        `${minimumCounts.join(", ")}.`,
      ["minimumCounts"],
    );
  }
  if (pruneEntropy !== undefined) expectPrunable(who, smoothing);
  const own = options.tokenizer ?? (text instanceof Corpus ? undefined : text.tokenizer);
  if (!own && !(text instanceof Corpus)) {
    throw new OptionError(`${who}: these tokens do not say what made them: give their tokenizer.`, ["tokenizer"]);
  }
  const made = own ?? (await WordTokenizer.fromCorpus(text as Corpus, { unknown: true }));
  const tokenizer = running ? made : sentenceTokenizer(made);
  const marks = running ? null : sentenceMarks(made);
  const counter = new NgramCounter(tokenizer.size, marks, signal);
  // Half of it for the tokens, which wait in a file if they are more.
  const memory = options.memory === undefined ? undefined : options.memory * 5e5;
  const reading = { tokenizer, signal, memory };
  await withTokens(text, reading, (stream) => counter.add(stream, { order, memory, onProgress }));
  if (options.heldOut) await withTokens(options.heldOut, reading, (stream) => counter.addHeldOut(stream));
  const found = await counter.count(order);
  const longest = longestOf(found);
  if (!fixed && longest > 0 && longest < order) {
    const shorter = await trainNgrams(text, { ...options, order: longest }, true);
    const note = `no line has ${counted(order, "token")}, the marks of beginning and end included: the order is ${longest}`;
    return { ...shorter, notes: [note, ...shorter.notes] };
  }
  expectText(who, found);
  const weights = await weightsOf(who, counter, options);
  const { table, notes } = await counter.estimate(smoothing, {
    numbers: smoothingNumbers(options),
    weights,
    minimum: Float64Array.from(minimumCounts),
    pruneEntropy,
  });
  const counts = ngramCounts(table);
  const config = { vocabularySize: tokenizer.size, counts, smoothing, sentences: !running };
  return { table, config, tokenizer: made, notes };
}

/** Hands the tokens of a text to a user. */
async function withTokens(
  text: Corpus | TokenStream,
  { tokenizer, signal, memory }: { tokenizer: Tokenizer; signal: AbortSignal | undefined; memory: number | undefined },
  use: (stream: TokenStream) => Promise<void>,
): Promise<void> {
  if (!(text instanceof Corpus)) return use(text);
  const limits = { ...(signal ? { signal } : {}), ...(memory === undefined ? {} : { memoryLimit: memory }) };
  const stream = await text.tokenize(tokenizer, limits);
  await use(stream).finally(() => stream.close());
}

/** Tokens of the longest n-grams. @param found different n-grams of each order. */
function longestOf(found: readonly number[]): number {
  return found.findLastIndex((count) => count > 0) + 1;
}

/** @throws InputError for a text that has no n-gram of the order. @param found different n-grams of each order. */
function expectText(who: string, found: readonly number[]): void {
  const longest = longestOf(found);
  if (longest === found.length) return;
  throw new InputError(
    longest === 0
      ? `${who}: the text has no tokens to predict.`
      : `${who}: the text has no n-gram of ${counted(found.length, "token")}: its longest line has ${longest}, the marks of ` +
          `beginning and end included. Choose an order of at most ${longest}.`,
  );
}

async function weightsOf(
  who: string,
  counter: NgramCounter,
  { smoothing, weights, heldOut, order }: Completed<typeof trainRules>,
): Promise<Float64Array> {
  if (smoothing !== "interpolation") return new Float64Array(0);
  if (weights) return completeWeights(who, weights, order);
  if (heldOut) return counter.weights();
  throw new OptionError(
    `${who}: the weights of an interpolation are fitted on a text that is not counted: give it as heldOut, or the weights themselves.`,
    ["smoothing", "heldOut", "weights"],
  );
}
