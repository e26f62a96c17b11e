import { OptionError } from "../errors.js";
import type { Rule } from "../options.js";
import { checkOption, double } from "../options.js";

/**
 * How often a decoder in training reads the token that it should have written, and not the one that it would have written:
 * the probability over the course of training (scheduled sampling, Bengio et al. 2015, 2.4).
 */
export interface TeacherForcing {
  /** As it is written: "inverse-sigmoid:2000". */
  readonly name: string;
  /** Probability of reading the truth in the update number `step`, from 0. */
  rate(step: number): number;
}

const share = double({ minimum: 0, maximum: 1 });

/** The kinds of rules: the numbers that follow the name, in order, and what they make the rate. */
const kinds = {
  constant: { numbers: { share }, rate: (share: number) => () => share },
  linear: {
    numbers: { from: share, to: share, updates: double({ above: 0 }) },
    rate: (from: number, to: number, updates: number) => (step: number) =>
      from + (to - from) * Math.min(1, step / updates),
  },
  exponential: { numbers: { k: double({ above: 0, below: 1 }) }, rate: (k: number) => (step: number) => k ** step },
  "inverse-sigmoid": {
    numbers: { k: double({ minimum: 1 }) },
    // exp(i / k) overflows long after the rate is 0.
    rate: (k: number) => (step: number) => k / (k + Math.exp(Math.min(step / k, 700))),
  },
} satisfies Record<string, Kind>;

interface Kind {
  readonly numbers: Readonly<Record<string, Rule<number>>>;
  rate(...numbers: number[]): TeacherForcing["rate"];
}

const forms =
  "a share (1, 0.75), linear:<from>:<to>:<updates>, exponential:<k> with k below 1, or inverse-sigmoid:<k> with k of at least 1";

/**
 * The rule of that name:
 * - "1", "0.75", "constant:0.75": always the same. 1 is teacher forcing, 0 is free running.
 * - "linear:1:0.25:5000": in 5,000 updates from 1 to 0.25.
 * - "exponential:0.9999": k^i after i updates.
 * - "inverse-sigmoid:2000": k / (k + exp(i / k)).
 * @throws OptionError for another name, or a number outside its range.
 */
export function teacherForcing(rule: string | number): TeacherForcing {
  const who = "teacherForcing";
  const name = String(rule);
  const [first = "", ...rest] = name.split(":");
  const named = Object.hasOwn(kinds, first);
  const kind: Kind = kinds[named ? (first as keyof typeof kinds) : "constant"];
  const written = named ? rest : [first, ...rest];
  const numbers = written.map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const names = Object.keys(kind.numbers);
  if (numbers.length !== names.length || numbers.some(Number.isNaN)) {
    throw new OptionError(`${who}: expected ${forms}, got ${JSON.stringify(name)}.`);
  }
  for (const [i, of] of names.entries()) checkOption(who, of, numbers[i], kind.numbers[of] as Rule<number>);
  return { name, rate: kind.rate(...numbers) };
}
