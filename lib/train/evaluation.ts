import { InputError } from "../errors.js";
import type { Executable, Feeds, Values } from "../executor/executor.js";
import { Programs } from "../executor/programs.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { Op } from "../graph/program.js";
import type { Batch, RecordedLoss, Trainable } from "./trainable.js";

/** The summed loss of a batch in nats, the number of its targets, and the loss of each target. */
export interface Measured {
  total: number;
  tokens: number;
  losses: Float32Array | Float64Array;
  /** Everything that the program gave. */
  outputs: Readonly<Record<string, Values>>;
  /** Targets whose likeliest class is theirs, where the model records predictions. */
  correct?: number;
}

/** Records what else a measurement reads of a batch. */
export type RecordAlso = (graph: Graph, recorded: RecordedLoss) => void;

/** Measures batches, one after the other. */
export interface MeasuringStep<Form> {
  run(batch: Batch<Form>): Promise<Measured>;
}

/** How well a model predicts tokens. */
export interface Measures {
  /** Mean negative log-probability of a token, in nats. */
  loss: number;
  /** exp(loss). */
  perplexity: number;
  /**
   * Bits per character of the text, whatever the tokens are; where the number of characters is known, and no token is unknown: one
   * <unk> for a word would say nothing about its characters.
   */
  bitsPerCharacter?: number;
  /** Share of the targets whose likeliest class is theirs, where the model records predictions. */
  accuracy?: number;
}

/** The sums of a measurement, batch by batch. */
export class Tally {
  /** Summed loss, in nats. */
  total = 0;
  tokens = 0;
  /** Targets that stand for what the vocabulary lacks. */
  unknown = 0;

  #correct: number | undefined;

  add({ total, tokens, correct }: Measured, unknown = 0): void {
    if (correct !== undefined) this.#correct = (this.#correct ?? 0) + correct;
    this.total += total;
    this.tokens += tokens;
    this.unknown += unknown;
  }

  /** The sums so far, to be sent to other processes. */
  get sums(): { total: number; tokens: number; unknown: number; correct: number | undefined } {
    return { total: this.total, tokens: this.tokens, unknown: this.unknown, correct: this.#correct };
  }

  /** Becomes the sum of parts that several processes have measured. */
  replace(parts: readonly Tally["sums"][]): void {
    const sum = (of: (part: Tally["sums"]) => number) => parts.reduce((total, part) => total + of(part), 0);
    this.total = sum(({ total }) => total);
    this.tokens = sum(({ tokens }) => tokens);
    this.unknown = sum(({ unknown }) => unknown);
    const correct = parts.filter((part) => part.correct !== undefined);
    this.#correct = correct.length > 0 ? sum((part) => part.correct ?? 0) : undefined;
  }

  /** @param characters characters that the targets spell, where that is known. */
  measures(characters = 0): Measures {
    const loss = this.total / this.tokens;
    const spelled = characters > 0 && this.unknown === 0;
    return {
      loss,
      perplexity: Math.exp(loss),
      ...(spelled ? { bitsPerCharacter: this.total / Math.LN2 / characters } : {}),
      ...(this.#correct === undefined ? {} : { accuracy: this.#correct / this.tokens }),
    };
  }
}

/**
 * Measures the loss of batches without learning from them, by a program for each form of batch.
 * A loss that is not finite leaves the carried state as it was, so what is measured next does not inherit it.
 */
export class EvaluationStep<Form> implements MeasuringStep<Form> {
  readonly #model: Trainable<Form>;
  readonly #carries: boolean;
  readonly #also: RecordAlso | undefined;
  readonly #programs: Programs;

  /** @param options.carries whether the state goes on to the next batch; otherwise nothing in the store changes. */
  constructor(model: Trainable<Form>, { carries = true, also }: { carries?: boolean; also?: RecordAlso } = {}) {
    this.#model = model;
    this.#carries = carries;
    this.#also = also;
    this.#programs = new Programs(model);
  }

  /** @param more gives the feeds of what is recorded besides. */
  run(batch: Batch<Form>, more?: () => Feeds): Promise<Measured> {
    return measured(this.#program(batch), batch, more);
  }

  /** The op that first writes a value that is not finite, reading batches one after the other; undefined if none does. */
  async firstNonFinite(batches: AsyncIterable<Batch<Form>> | Iterable<Batch<Form>>): Promise<Op | undefined> {
    for await (const batch of batches) {
      const executable = this.#program(batch);
      const { nonFinite } = await executable.run(feedsOf(executable, batch), { check: true });
      if (nonFinite !== null) return executable.program.ops[nonFinite];
    }
    return undefined;
  }

  #program({ form, rows }: Batch<Form>): Executable {
    const record = (graph: Graph) => {
      const recorded = this.#model.recordLoss(graph, form);
      const { losses, count, predictions, carried } = recorded;
      const total = ops.sum(losses);
      // 0 for a finite total; else NaN, with which nothing is assigned.
      const guard = ops.affine(total, { scale: 0 });
      if (this.#carries) for (const { variable, value } of carried) ops.assign(variable, value, guard);
      graph.output("total", total);
      graph.output("count", count);
      graph.output("losses", losses);
      if (predictions) graph.output("predictions", predictions);
      this.#also?.(graph, recorded);
    };
    return this.#programs.get(JSON.stringify([form, rows]), record, rows);
  }
}

/** Runs a program that gives the losses of a batch. @param more gives feeds that the batch does not have. */
export async function measured<Form>(
  executable: Executable,
  batch: Batch<Form>,
  more: () => Feeds = () => ({}),
): Promise<Measured> {
  const { outputs } = await executable.run(feedsOf(executable, { feeds: { ...batch.feeds, ...more() } }));
  const { predictions } = outputs;
  return {
    total: outputs.total?.[0] as number,
    tokens: outputs.count?.[0] as number,
    losses: outputs.losses as Float32Array | Float64Array,
    outputs,
    ...(predictions ? { correct: matches(predictions, batch.feeds.targets as Int32Array) } : {}),
  };
}

/** Targets that are predicted; predictions where there is no target do not count. */
function matches(predictions: ArrayLike<number>, targets: Int32Array): number {
  return targets.reduce((sum, target, i) => sum + Number(target >= 0 && target === predictions[i]), 0);
}

function feedsOf({ program }: Executable, { feeds }: { feeds: Feeds }): Feeds {
  return Object.fromEntries(program.feeds.map(({ name }) => [name, feeds[name] as Feeds[string]]));
}

/** @throws InputError for a loss that is NaN or infinite: it measures nothing. */
export function expectFiniteLoss(who: string, total: number): void {
  if (Number.isFinite(total)) return;
  throw new InputError(
    `${who}: the loss is not finite (${total}): the numbers inside of the model overflow on this text. ` +
      "Measure shorter texts, or train the model with a lower learning rate.",
  );
}
