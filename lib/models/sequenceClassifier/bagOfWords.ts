import type { LabelledText } from "../../data/index.js";
import type { Store } from "../../executor/executor.js";
import { abortSignal, optional, value } from "../../options.js";
import { hash } from "../../random/hash.js";
import { randomSource } from "../../random/source.js";
import { inTurns } from "../inTurns.js";
import { labelsOf } from "./examples.js";

export const fitRules = {
  validation: optional(value<readonly LabelledText[]>("a list of { text, label }", Array.isArray)),
  signal: abortSignal,
};

/** Options of `fitBagOfWords`. */
export interface FitBagOfWordsOptions {
  /** Texts that say which pass over the others is best. Default: none, and 5 passes. */
  validation?: readonly LabelledText[];
  /** Signal that stops the work. Default: none. */
  signal?: AbortSignal;
}

/** Rows of the smallest table that is made for texts. */
const fewestRows = 4096;

/** Rows of the largest table. */
export const mostRows = 2 ** 17;

/** Weights of the largest table: 64 MiB. */
const mostWeights = 2 ** 24;

/** Rate of AdaGrad, and the most and the usual passes over the texts: with and without others to stop by. */
const learningRate = 0.2;
const [mostPasses, usualPasses] = [20, 5];
/** Passes without an improvement before fitting ends. */
const patience = 2;

/** The sizes of a bag of words. */
interface BagForm {
  /** The labels, in the order of the columns. */
  labels: readonly string[];
  /** A sigmoid for each label in place of one softmax. */
  multiLabel: boolean;
}

/** A text as the rows of its words, each once, and a number for each label that it has. */
interface Bag {
  readonly rows: readonly number[];
  readonly targets: Float32Array;
}

/**
 * A linear model of the words of a text without their order, which a network that reads sequences has to beat:
 *
 *   p = softmax(b + sum of W[h(w)] over the different words w), or sigmoids for several labels a text
 *
 * Words are runs of letters and digits in lower case, and single signs; h is a hash, so that two rare words may share a row
 * (Weinberger et al. 2009). Fitted by AdaGrad (Duchi et al. 2011), a text at a time.
 */
export class BagOfWords {
  readonly #form: BagForm;
  readonly #rows: number;

  /**
   * @param weight [R,C] a row for each hash of a word.
   * @param bias [C]
   */
  constructor(
    readonly weight: Float32Array,
    readonly bias: Float32Array,
    form: BagForm,
  ) {
    this.#form = form;
    this.#rows = weight.length / form.labels.length;
  }

  /**
   * Fits a model to texts.
   * @param options.rows R.
   * @param options.validation texts on which it is measured after each pass: the best pass is kept. Default: 5 passes.
   */
  static async fit(
    examples: readonly LabelledText[],
    options: BagForm & { rows: number; validation?: readonly LabelledText[]; signal?: AbortSignal | undefined },
  ): Promise<BagOfWords> {
    const { rows, validation = [], signal, ...form } = options;
    const C = form.labels.length;
    const model = new BagOfWords(new Float32Array(rows * C), new Float32Array(C), form);
    const [bags, held] = [await model.#bags(examples, signal), await model.#bags(validation, signal)];
    // Squared slopes of each weight, and last of the bias.
    const squares = new Float32Array((rows + 1) * C);
    let best: { loss: number; weight: Float32Array; bias: Float32Array; pass: number } | null = null;
    for (let pass = 1; pass <= (held.length > 0 ? mostPasses : usualPasses); pass++) {
      const random = randomSource(1, `bag of words, pass ${pass}`);
      const order = bags.map((bag) => ({ bag, place: random.uniform() })).sort((a, b) => a.place - b.place);
      await inTurns(order, ({ bag }) => model.#learn(bag, squares), signal);
      if (held.length === 0) continue;
      const losses = await inTurns(held, (bag) => model.#loss(bag), signal);
      const loss = losses.reduce((sum, value) => sum + value, 0);
      if (!best || loss < best.loss) best = { loss, weight: model.weight.slice(), bias: model.bias.slice(), pass };
      else if (pass - best.pass >= patience) break;
    }
    return best ? new BagOfWords(best.weight, best.bias, form) : model;
  }

  /** The model in a store; null where none is fitted. */
  static async in(store: Store, form: BagForm): Promise<BagOfWords | null> {
    const read = async (name: string) => Float32Array.from(await store.read(`bagOfWords.${name}`));
    const [weight, bias] = [await read("weight"), await read("bias")];
    return bias.every((value) => value === 0) ? null : new BagOfWords(weight, bias, form);
  }

  /** The labels' probabilities. */
  probabilities(text: string): Float32Array {
    return this.#probabilities(rowsOf(text, this.#rows));
  }

  async #bags(examples: readonly LabelledText[], signal: AbortSignal | undefined): Promise<Bag[]> {
    const { labels } = this.#form;
    const ids = new Map(labels.map((label, id) => [label, id]));
    const bagOf = (example: LabelledText): Bag => {
      const targets = new Float32Array(labels.length);
      for (const label of labelsOf(example)) targets[ids.get(label) as number] = 1;
      return { rows: rowsOf(example.text, this.#rows), targets };
    };
    return inTurns(examples, bagOf, signal);
  }

  #probabilities(rows: readonly number[]): Float32Array {
    const C = this.bias.length;
    const logits = this.bias.slice();
    for (const row of rows) for (let c = 0; c < C; c++) logits[c] = at(logits, c) + at(this.weight, row * C + c);
    if (this.#form.multiLabel) return logits.map((x) => 1 / (1 + Math.exp(-x)));
    const largest = logits.reduce((most, x) => Math.max(most, x));
    const powers = logits.map((x) => Math.exp(x - largest));
    const sum = powers.reduce((total, x) => total + x, 0);
    return powers.map((x) => x / sum);
  }

  /** Cross-entropy of a text, of all its labels together; a probability counts as 1e-9 at least. */
  #loss({ rows, targets }: Bag): number {
    const { multiLabel } = this.#form;
    return this.#probabilities(rows).reduce((loss, p, c) => {
      const target = at(targets, c);
      const other = multiLabel ? (1 - target) * Math.log(Math.max(1 - p, 1e-9)) : 0;
      return loss - target * Math.log(Math.max(p, 1e-9)) - other;
    }, 0);
  }

  /** One step of AdaGrad. The slope of a logit is p - y, for softmax and sigmoids alike. */
  #learn({ rows, targets }: Bag, squares: Float32Array): void {
    const C = this.bias.length;
    const slopes = this.#probabilities(rows).map((p, c) => p - at(targets, c));
    const step = (values: Float32Array, first: number, firstSquare: number) => {
      for (let c = 0; c < C; c++) {
        const slope = at(slopes, c);
        const square = at(squares, firstSquare + c) + slope * slope;
        squares[firstSquare + c] = square;
        if (slope !== 0) values[first + c] = at(values, first + c) - (learningRate * slope) / Math.sqrt(square);
      }
    };
    for (const row of rows) step(this.weight, row * C, row * C);
    step(this.bias, 0, this.#rows * C);
  }
}

/** Rows of a table for the words of texts: four times as many as there are different words, where that is not too large, so that few share one. */
export async function bagRows(
  examples: readonly LabelledText[],
  { classes, signal }: { classes: number; signal?: AbortSignal },
): Promise<number> {
  const words = new Set<string>();
  const add = ({ text }: LabelledText) => {
    for (const word of wordsOf(text)) words.add(word);
  };
  await inTurns(examples, add, signal);
  return Math.min(mostRows, Math.floor(mostWeights / classes), Math.max(fewestRows, 4 * words.size));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu) ?? [];
}

/** The rows of the different words of a text. */
function rowsOf(text: string, rows: number): number[] {
  return [...new Set(wordsOf(text).map((word) => hash(word) % rows))];
}

function at(values: Float32Array, index: number): number {
  return values[index] as number;
}
