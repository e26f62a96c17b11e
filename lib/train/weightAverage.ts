import type { Values } from "../executor/executor.js";
import { learntParameters } from "../nn/parameter.js";
import type { Averaging, Optimizer } from "./optimizers.js";
import { momentName } from "./optimizers.js";
import type { Trainable } from "./trainable.js";

/** A validation, as far as averaging hangs on it. */
interface Validation {
  /** Updates done. */
  readonly step: number;
  readonly loss: number;
}

/**
 * Updates done when the non-monotone trigger of Merity et al. (2018) fires: at the first validation whose loss is higher than the lowest of
 * those before the last n; null if none is. Losses that are not finite are no losses to compare with.
 */
export function triggeredAt(validations: readonly Validation[], n: number): number | null {
  let lowest = Number.POSITIVE_INFINITY;
  for (const [t, { step, loss }] of validations.entries()) {
    const before = validations[t - n - 1]?.loss ?? Number.NaN;
    if (before < lowest) lowest = before;
    if (loss > lowest) return step;
  }
  return null;
}

/** The mean of the weights of a training whose optimizer keeps one. */
export class WeightAverage {
  readonly #model: Trainable<never>;
  readonly #optimizer: Optimizer;
  /** Updates done before the first whose weights count; null while none do. */
  #from: number | null;
  /** The weights themselves, while the mean stands in their place. */
  #weights: Map<string, Values> | null = null;

  constructor(model: Trainable<never>, optimizer: Optimizer) {
    this.#model = model;
    this.#optimizer = optimizer;
    this.#from = optimizer.averaging?.nonMonotone === 0 ? 0 : null;
  }

  /** Learns of all validations so far. @returns whether averaging begins with the next update. */
  look(validations: readonly Validation[]): boolean {
    const { averaging } = this.#optimizer;
    if (!averaging || this.#from !== null) return false;
    this.#from = triggeredAt(validations, averaging.nonMonotone);
    return this.#from !== null;
  }

  /** Share of the way that the mean goes to the weights after an update. @param step number of the update, from 1. */
  share(step: number): number {
    return this.#from === null ? 0 : 1 / (step - this.#from);
  }

  /** Runs something that uses the mean, where there is one. @param step updates done. */
  async inUse<T>(step: number, run: () => Promise<T>): Promise<T> {
    if (!this.#begun(step) || this.#weights) return run();
    try {
      this.#weights = new Map();
      await this.#swapIn(this.#weights);
      return await run();
    } finally {
      for (const [name, values] of this.#weights ?? []) await this.#model.store.write(name, values);
      this.#weights = null;
    }
  }

  /** Leaves whatever stands in the place of the weights where it is: they have been replaced. */
  forget(): void {
    this.#weights = null;
  }

  /** Makes the mean the weights, for good. @param step updates done. */
  async adopt(step: number): Promise<void> {
    if (this.#begun(step)) await this.#swapIn(new Map());
  }

  #begun(step: number): boolean {
    return this.#from !== null && step > this.#from;
  }

  /** @param weights receives those that the mean replaces. */
  async #swapIn(weights: Map<string, Values>): Promise<void> {
    const { store } = this.#model;
    const { moment } = this.#optimizer.averaging as Averaging;
    for (const parameter of learntParameters(this.#model)) {
      const mean = await store.read(momentName(this.#optimizer, moment, parameter));
      weights.set(parameter.name, await store.read(parameter.name));
      await store.write(parameter.name, mean);
    }
  }
}
