import { createHash, type Hash } from "node:crypto";
import type { longRules } from "../data/index.js";
import { shapeBatches } from "../data/index.js";
import { counted, InputError } from "../errors.js";
import { randomSource } from "../random/source.js";
import { inTurns } from "./inTurns.js";
import { paddedLength } from "./sideBySide.js";

/** Examples that may be read, and how many were too long. */
export interface FittingExamples<Example> {
  readonly kept: readonly Example[];
  readonly cut: number;
  readonly skipped: number;
}

/**
 * The examples of a length that is allowed; longer ones are cut, left out, or refused.
 * @param options.noun what an example is, in messages: "text". @param options.unit what its length counts. Default: tokens.
 * @param options.cut an example's first tokens.
 * @param options.tooLong the error for an example, by its number.
 * @throws InputError where none is left.
 */
export function fittingExamples<Example>(
  examples: readonly Example[],
  {
    maximumLength,
    long,
    noun,
    unit = "token",
    lengthOf,
    cut,
    tooLong,
  }: {
    maximumLength: number;
    long: (typeof longRules)[number];
    noun: string;
    unit?: string;
    lengthOf: (example: Example) => number;
    cut?: (example: Example, length: number) => Example;
    tooLong: (example: Example, index: number) => InputError;
  },
): FittingExamples<Example> {
  const kept: Example[] = [];
  let [shortened, skipped] = [0, 0];
  for (const [index, example] of examples.entries()) {
    if (lengthOf(example) <= maximumLength) {
      kept.push(example);
    } else if (long === "cut" && cut) {
      shortened++;
      kept.push(cut(example, maximumLength));
    } else if (long === "skip") {
      skipped++;
    } else {
      throw tooLong(example, index);
    }
  }
  if (kept.length > 0) return { kept, cut: shortened, skipped };
  throw new InputError(
    skipped > 0
      ? `All ${skipped} ${noun}s are longer than ${counted(maximumLength, unit)}.`
      : `There are no ${noun}s to make batches of.`,
  );
}

/** Examples in batches, those of similar lengths together, in an order of each epoch's own; what is measured keeps one order. */
export class ExampleBatches<Example> {
  /** Batches in one epoch. */
  readonly length: number;
  readonly #options: ExampleBatchesOptions<Example>;

  constructor(
    readonly examples: readonly Example[],
    options: ExampleBatchesOptions<Example>,
  ) {
    this.length = Math.ceil(examples.length / options.batchSize);
    this.#options = options;
  }

  /** "120 texts in batches of 64, seed 1", to tell data apart. */
  get identity(): string {
    const { noun, batchSize, seed } = this.#options;
    return `${this.examples.length} ${noun}s in batches of ${batchSize}, seed ${seed}`;
  }

  /** A digest of all examples. @param update adds one. @param hash what comes before them. */
  async digest(update: (hash: Hash, example: Example) => void, hash = createHash("sha256")): Promise<string> {
    await inTurns(this.examples, (example) => update(hash, example), undefined);
    return hash.digest("hex");
  }

  /** The batches of an epoch from one of them on, with their numbers. */
  *inEpoch(epoch: number, from: number): Generator<{ examples: Example[]; index: number }, void, undefined> {
    const { noun, batchSize, seed, role, lengthOf, padded = paddedLength } = this.#options;
    const random = role === "train" ? randomSource(seed, `${noun}s of epoch ${epoch}`) : null;
    const shapeKey = (i: number) => padded(lengthOf(this.examples[i] as Example));
    for (const { items, index } of shapeBatches(this.examples.length, { batchSize, shapeKey, random, from })) {
      yield { examples: Array.from(items, (i) => this.examples[i] as Example), index };
    }
  }
}

/** How examples stand in batches. */
export interface ExampleBatchesOptions<Example> {
  /** Noun for an example, in messages and draws: "text". */
  readonly noun: string;
  readonly batchSize: number;
  readonly seed: number;
  readonly role: "train" | "validate";
  readonly lengthOf: (example: Example) => number;
  /** The length that examples of a length are padded to. Default: as `sideBySide` does. */
  readonly padded?: (length: number) => number;
}
