import type { Store } from "../../executor/executor.js";
import { randomSource } from "../../random/source.js";
import { inTurns } from "../inTurns.js";

/** Rows of the largest table. */
export const mostRows = 2 ** 17;

/** Rate of AdaGrad, and the most and the usual passes over the texts: with and without others to stop by. */
const learningRate = 0.2;
const [mostPasses, usualPasses] = [20, 5];
/** Passes without an improvement before fitting ends. */
const patience = 2;

/** Rows of the table of a linear model that an example has, each with a value. */
export interface LinearInput {
  readonly rows: readonly number[];
  /** Default: 1 for each. */
  readonly values?: Float32Array;
}

/** An example of what a linear model learns. */
export interface LinearExample {
  readonly input: LinearInput;
  readonly labels: readonly string[];
}

/** The labels of a linear model, and what they may be together. */
interface LinearForm {
  /** The labels, in the order of the columns. */
  labels: readonly string[];
  /** A sigmoid for each label in place of one softmax. */
  multiLabel: boolean;
}

/** An example with a number for each label that it has. */
interface Target {
  readonly input: LinearInput;
  readonly targets: Float32Array;
}

/**
 * A linear model of what a sequence holds without its order, which a network that reads sequences has to beat:
 *
 *   p = softmax(b + sum of x_r W[r]), or sigmoids for several labels an example
 *
 * where r are the different words of a text, x_r = 1 (`bagOfWords`), or the features of vectors, x_r their means over the frames
 * (`meanFrame`). Fitted by AdaGrad (Duchi et al. 2011), an example at a time.
 */
export class LinearModel {
  readonly #form: LinearForm;
  readonly #rows: number;

  /**
   * @param weight [R,C]
   * @param bias [C]
   */
  constructor(
    readonly weight: Float32Array,
    readonly bias: Float32Array,
    form: LinearForm,
  ) {
    this.#form = form;
    this.#rows = weight.length / form.labels.length;
  }

  /**
   * Fits a model to examples.
   * @param options.rows R.
   * @param options.validation examples on which it is measured after each pass: the best pass is kept. Default: 5 passes.
   */
  static async fit(
    examples: readonly LinearExample[],
    options: LinearForm & { rows: number; validation?: readonly LinearExample[]; signal?: AbortSignal | undefined },
  ): Promise<LinearModel> {
    const { rows, validation = [], signal, ...form } = options;
    const C = form.labels.length;
    const model = new LinearModel(new Float32Array(rows * C), new Float32Array(C), form);
    const [learnt, held] = [model.#targets(examples), model.#targets(validation)];
    // Squared slopes of each weight, and last of the bias.
    const squares = new Float32Array((rows + 1) * C);
    let best: { loss: number; weight: Float32Array; bias: Float32Array; pass: number } | null = null;
    for (let pass = 1; pass <= (held.length > 0 ? mostPasses : usualPasses); pass++) {
      const random = randomSource(1, `bag of words, pass ${pass}`);
      const order = learnt.map((example) => ({ example, place: random.uniform() })).sort((a, b) => a.place - b.place);
      await inTurns(order, ({ example }) => model.#learn(example, squares), signal);
      if (held.length === 0) continue;
      const losses = await inTurns(held, (example) => model.#loss(example), signal);
      const loss = losses.reduce((sum, value) => sum + value, 0);
      if (!best || loss < best.loss) best = { loss, weight: model.weight.slice(), bias: model.bias.slice(), pass };
      else if (pass - best.pass >= patience) break;
    }
    return best ? new LinearModel(best.weight, best.bias, form) : model;
  }

  /** The model in a store; null where none is fitted. */
  static async in(store: Store, form: LinearForm): Promise<LinearModel | null> {
    const read = async (name: string) => Float32Array.from(await store.read(`linear.${name}`));
    const [weight, bias] = [await read("weight"), await read("bias")];
    return bias.every((value) => value === 0) ? null : new LinearModel(weight, bias, form);
  }

  #targets(examples: readonly LinearExample[]): Target[] {
    const ids = new Map(this.#form.labels.map((label, id) => [label, id]));
    return examples.map(({ input, labels }) => {
      const targets = new Float32Array(ids.size);
      for (const label of labels) targets[ids.get(label) as number] = 1;
      return { input, targets };
    });
  }

  /** The labels' probabilities. */
  probabilities({ rows, values }: LinearInput): Float32Array {
    const C = this.bias.length;
    const logits = this.bias.slice();
    for (const [i, row] of rows.entries()) {
      const x = values ? at(values, i) : 1;
      for (let c = 0; c < C; c++) logits[c] = at(logits, c) + x * at(this.weight, row * C + c);
    }
    if (this.#form.multiLabel) return logits.map((x) => 1 / (1 + Math.exp(-x)));
    const largest = logits.reduce((most, x) => Math.max(most, x));
    const powers = logits.map((x) => Math.exp(x - largest));
    const sum = powers.reduce((total, x) => total + x, 0);
    return powers.map((x) => x / sum);
  }

  /** Cross-entropy of an example, of all its labels together; a probability counts as 1e-9 at least. */
  #loss({ input, targets }: Target): number {
    const { multiLabel } = this.#form;
    return this.probabilities(input).reduce((loss, p, c) => {
      const target = at(targets, c);
      const other = multiLabel ? (1 - target) * Math.log(Math.max(1 - p, 1e-9)) : 0;
      return loss - target * Math.log(Math.max(p, 1e-9)) - other;
    }, 0);
  }

  /** One step of AdaGrad. The slope of a logit is p - y, for softmax and sigmoids alike. */
  #learn({ input, targets }: Target, squares: Float32Array): void {
    const C = this.bias.length;
    const { rows, values } = input;
    const slopes = this.probabilities(input).map((p, c) => p - at(targets, c));
    const step = (weights: Float32Array, x: number, first: number, firstSquare: number) => {
      for (let c = 0; c < C; c++) {
        const slope = x * at(slopes, c);
        const square = at(squares, firstSquare + c) + slope * slope;
        squares[firstSquare + c] = square;
        if (slope !== 0) weights[first + c] = at(weights, first + c) - (learningRate * slope) / Math.sqrt(square);
      }
    };
    for (const [i, row] of rows.entries()) step(this.weight, values ? at(values, i) : 1, row * C, row * C);
    step(this.bias, 1, 0, this.#rows * C);
  }
}

function at(values: Float32Array, index: number): number {
  return values[index] as number;
}
