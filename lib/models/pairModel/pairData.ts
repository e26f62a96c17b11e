import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Pair, PlacedLength, TokenizerPair, TokenPair } from "../../data/index.js";
import { beyondContext, expectPairs, PairBatches, placeOf, tokenizerPairRule, tokensOf } from "../../data/index.js";
import { counted, InputError } from "../../errors.js";
import type { Completed, OptionsOf } from "../../options.js";
import { abortSignal, completeOptions, option, optional, seed, table, value, whole, word } from "../../options.js";
import { randomSource } from "../../random/source.js";
import type { TrainingData } from "../../train/data.js";
import type { TeacherForcing } from "../../train/teacherForcing.js";
import { teacherForcing as forcingOf } from "../../train/teacherForcing.js";
import type { Batch } from "../../train/trainable.js";
import { inPlace } from "../inPlace.js";
import { inTurns } from "../inTurns.js";
import { pairFingerprint } from "../tokenizerIdentity.js";
import type { PairForm } from "./pairNetwork.js";

/** Pairs that are looked at before the event loop turns. */
const pairsAtOnce = 1024;

const longRules = ["refuse", "skip"] as const;
const roles = ["train", "validate", "evaluate"] as const;

const forcingRule = value<TeacherForcing | string | number | null>(
  "a rule of teacherForcing, its text, or null",
  (rule) => rule === null || typeof rule === "string" || typeof rule === "number" || isForcing(rule),
  null,
);

/** The options of pairs. */
export const pairRules = table("PairData", {
  /** The tokenizers of source and target. */
  tokenizer: tokenizerPairRule,
  /** B: pairs that are read side by side. Default 64. */
  batchSize: option(whole({ minimum: 1, initial: 64 }), { aka: ["batch", "bsz"] }),
  /** Tokens that a source or a target may have. Default 100. */
  maximumLength: option(whole({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, initial: 100 }), {
    aka: ["max_length", "src_seq_length"],
  }),
  /**
   * Most tokens that the model reads of a source, and of a target with its end: the `longest` of its network. Default: any number.
   */
  longest: option(optional(whole({ minimum: 1 })), { flag: null }),
  /** Rule for a longer pair: "refuse" it with an error, or "skip" it. Default refuse. */
  long: option(word(longRules, "refuse"), { aka: ["truncation"] }),
  /** How often a step in training reads the truth: 1, 0.75, linear:1:0.25:5000, exponential:0.9999, inverse-sigmoid:2000. Default: 1. */
  teacherForcing: option(forcingRule, {
    aka: ["teacher_forcing_ratio", "scheduled_sampling"],
    written: { as: "rule" },
  }),
  /** Seed for the order of the pairs and for what steps read. Default 1. */
  seed: seed(),
  /**
   * Use of the data: "train", or "validate" for what a Trainer measures on, and "evaluate" for what else is measured: in order, and with
   * the truth at every step. Default train.
   */
  role: option(word(roles, "train"), { flag: null }),
  /** Signal that stops the reading. Default: none. */
  signal: abortSignal,
});

/** Options of PairData. @interface */
export type PairDataOptions = OptionsOf<typeof pairRules>;

function isForcing(rule: unknown): boolean {
  return typeof rule === "object" && typeof (rule as TeacherForcing).rate === "function";
}

/** Pairs of texts as batches for a model of pairs. */
export class PairData implements TrainingData<PairForm> {
  readonly divisible = true;
  readonly length: number;
  readonly identity: string;
  readonly role: (typeof roles)[number];
  /** Pairs in one epoch. */
  readonly pairs: number;
  /** Tokens that one epoch predicts, the ends included. */
  readonly tokens: number;
  /** Pairs that were too long, and left out. */
  readonly skipped: number;
  /** Tokens of the longest source, or of a target with its end that is longer. */
  readonly longest: number;
  readonly #pairs: readonly TokenPair[];
  readonly #batches: PairBatches;
  readonly #teacherForcing: TeacherForcing | null;
  readonly #seed: number;
  readonly #tokenizer: string;
  /** The longest source and the longest target. */
  readonly #sides: readonly PlacedLength[];

  private constructor(
    pairs: readonly TokenPair[],
    { skipped, longest }: { skipped: number; longest: readonly PlacedLength[] },
    options: Completed<typeof pairRules>,
  ) {
    const { tokenizer, batchSize, seed, role, teacherForcing: forcing } = options;
    const teacherForcing = typeof forcing === "object" ? forcing : forcingOf(forcing);
    const trains = role === "train";
    this.#batches = new PairBatches(pairs, { ...tokenizer.marks, batchSize, seed: trains ? seed : null });
    this.#teacherForcing = trains ? teacherForcing : null;
    this.#seed = seed;
    this.#tokenizer = pairFingerprint(tokenizer);
    this.#pairs = pairs;
    this.#sides = longest;
    this.longest = longest.reduce((most, side) => Math.max(most, tokensOf(side)), 0);
    this.role = role;
    this.pairs = pairs.length;
    this.skipped = skipped;
    this.length = this.#batches.length;
    this.tokens = this.#batches.tokens;
    const rule = this.#teacherForcing ? `, teacher forcing ${this.#teacherForcing.name}` : "";
    this.identity = `${pairs.length} pairs of ${this.tokens} tokens in batches of ${batchSize}, seed ${seed}${rule}`;
  }

  /**
   * @throws InputError for a pair whose text has what the vocabulary lacks, has no tokens, or is too long: it names the place.
   */
  static async create(pairs: readonly Pair[], options: PairDataOptions): Promise<PairData> {
    const who = "PairData";
    const complete = completeOptions(who, options, pairRules);
    const { tokenizer, signal, long } = complete;
    expectPairs(who, pairs);
    const place = (i: number) => placeOf(pairs[i] as Pair, i, pairs.length);
    const encoded = await inTurns(pairs, (pair, i) => encodePair(pair, place(i), tokenizer), signal);
    const longest: PlacedLength[] = [];
    const kept = encoded.filter((pair, i) => {
      const sides = sidesOf(pair, place(i));
      const error = sides.map((side) => tooLong(side, complete)).find((refusal) => refusal !== null);
      if (error && long === "skip") return false;
      if (error) throw error;
      for (const [at, side] of sides.entries()) {
        const before = longest[at];
        if (!before || side.length > before.length) longest[at] = side;
      }
      return true;
    });
    const skipped = pairs.length - kept.length;
    if (kept.length === 0)
      throw new InputError(skipped > 0 ? noneFits(skipped, complete) : "There are no pairs to make batches of.");
    return new PairData(kept, { skipped, longest }, complete);
  }

  /** @throws InputError for a pair of more tokens than a model reads: it is named. @internal */
  expectWithin(longest: number): void {
    const remedy = `Make PairData with longest: ${longest}, and have long pairs skipped (long)`;
    for (const side of this.#sides) if (tokensOf(side) > longest) throw beyondContext(side, longest, remedy);
  }

  async digest(): Promise<string> {
    const hash = createHash("sha256");
    for (const [i, { source, target }] of this.#pairs.entries()) {
      hash.update(Int32Array.of(source.length, target.length)).update(source).update(target);
      if (i % pairsAtOnce === 0) await setImmediate();
    }
    return hash.digest("hex");
  }

  *batches(epoch: number, from = 0): Generator<Batch<PairForm>, void, undefined> {
    for (const { S, T, B, tokens, index, ...batch } of this.#batches.batches(epoch, from)) {
      const { source, sourceLengths, targetLengths, inputs, targets } = batch;
      const rate = this.#teacherForcing?.rate(epoch * this.length + index) ?? 1;
      const truth = this.#teacherForcing ? { truth: this.#truth({ T, B }, rate, `${epoch} ${index}`) } : {};
      const form = { S, T, B, ...(this.#teacherForcing ? { free: true } : {}), tokenizer: this.#tokenizer };
      yield { form, feeds: { source, sourceLengths, targetLengths, inputs, targets, ...truth }, tokens };
    }
  }

  /** [T,B] a coin for each step but the first (Bengio et al. 2015): 1 with probability `rate`. */
  #truth({ T, B }: { T: number; B: number }, rate: number, place: string): Float32Array {
    const random = randomSource(this.#seed, `truth of batch ${place}`);
    return Float32Array.from({ length: T * B }, (_, i) => (i < B || random.uniform() < rate ? 1 : 0));
  }
}

type Limits = Pick<Completed<typeof pairRules>, "maximumLength" | "longest" | "role">;

function sidesOf({ source, target }: TokenPair, place: string): readonly PlacedLength[] {
  return [
    { place: `${place}: the source`, length: source.length, ends: false },
    { place: `${place}: the target`, length: target.length, ends: true },
  ];
}

/** The error for a text that is too long; null for others. The smaller limit is named. */
function tooLong(
  side: PlacedLength,
  { maximumLength, longest = Number.POSITIVE_INFINITY, role }: Limits,
): InputError | null {
  const { place, length, ends } = side;
  if (tokensOf(side) > longest && longest - Number(ends) < maximumLength) {
    return beyondContext(
      side,
      longest,
      role === "evaluate" ? undefined : "Have long pairs skipped (long; --long skip)",
    );
  }
  if (length <= maximumLength) return null;
  return new InputError(
    `${place} has ${counted(length, "token")}, and at most ${maximumLength} are allowed. Raise the maximum length (maximumLength; ` +
      "--maximum-length on the command line), or have long pairs skipped (long; --long skip).",
  );
}

function noneFits(skipped: number, { maximumLength, longest = Number.POSITIVE_INFINITY }: Limits): string {
  const are = skipped === 1 ? "The only pair is" : `All ${skipped} pairs are`;
  if (maximumLength < longest) return `${are} longer than ${counted(maximumLength, "token")}.`;
  return `${are} longer than this model reads: at most ${counted(longest, "token")} of a source, and of a target with its end.`;
}

/** @throws InputError that names the place of what cannot be learnt. */
function encodePair({ source, target }: Pair, place: string, tokenizer: TokenizerPair): TokenPair {
  const pair = {
    source: inPlace(place, () => tokenizer.encodeSource(source)),
    target: inPlace(place, () => tokenizer.encodeTarget(target)),
  };
  if (pair.source.length === 0) throw new InputError(`${place}: the source has no tokens.`);
  expectNoEnd(pair.target, tokenizer, place);
  return pair;
}

/** @throws InputError for the tokens of a target that hold the one that ends it. */
export function expectNoEnd(target: Int32Array, tokenizer: TokenizerPair, place: string): void {
  const { end } = tokenizer.marks;
  if (!target.includes(end)) return;
  throw new InputError(
    `${place}: the target holds ${tokenizer.target.token(end)}, the token that ends a target. Take it out.`,
  );
}
