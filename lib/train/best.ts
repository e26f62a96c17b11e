import type { Checkpoint } from "./checkpoint.js";
import type { Measures } from "./evaluation.js";

/** The best validation of a training, and how many have come since. */
export class BestValidation {
  readonly #measure: "loss" | "accuracy";
  #best: { loss: number; accuracy?: number } | null = null;
  #misses = 0;

  constructor(measure: "loss" | "accuracy") {
    this.#measure = measure;
  }

  get found(): { readonly loss: number } | null {
    return this.#best;
  }

  /** Validations in a row that were not the best. */
  get misses(): number {
    return this.#misses;
  }

  /** Whether a validation is better than the best one. */
  isBeatenBy({ loss, accuracy = 0 }: Measures): boolean {
    if (!this.#best) return true;
    if (this.#measure === "loss") return loss < this.#best.loss;
    return accuracy > (this.#best.accuracy ?? 0);
  }

  /** Makes a validation the best one. */
  take({ loss, accuracy }: Measures): void {
    this.#best = { loss, ...(accuracy === undefined ? {} : { accuracy }) };
    this.#misses = 0;
  }

  /** Counts a validation that is not the best. */
  miss(): void {
    this.#misses++;
  }

  restore({ bestLoss, misses, validations }: Pick<Checkpoint, "bestLoss" | "misses" | "validations">): void {
    const { accuracy } = validations.findLast(({ best }) => best) ?? {};
    this.#best = bestLoss === null ? null : { loss: bestLoss, ...(accuracy === undefined ? {} : { accuracy }) };
    this.#misses = misses;
  }
}
