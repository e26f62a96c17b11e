import { OptionError } from "../errors.js";
import { expectNumber, expectOneOf } from "../options.js";

/**
 * How often a decoder in training reads the token that it should have written, and not the one that it would have written:
 * the probability over the course of training (scheduled sampling, Bengio et al. 2015, 2.4).
 */
export interface TeacherForcing {
  /** As it is written: "inverse-sigmoid:2000". */
  readonly name: string;
  /** Of the update number `step`, from 0. */
  rate(step: number): number;
}

const kinds = ["constant", "linear", "exponential", "inverse-sigmoid"] as const;

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
  const text = String(rule);
  const [first = "", ...rest] = text.split(":");
  const named = (kinds as readonly string[]).includes(first);
  const kind = expectOneOf(who, "rule", named ? first : "constant", kinds);
  const numbers = (named ? rest : [first, ...rest]).map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.length !== (kind === "linear" ? 3 : 1) || numbers.some(Number.isNaN)) {
    throw new OptionError(`${who}: expected ${forms}, got ${JSON.stringify(text)}.`);
  }
  const [a, b = 0, updates = 0] = numbers as [number, number?, number?];
  const share = (value: number) => expectNumber(who, "rate", value, { minimum: 0, maximum: 1 });
  if (kind === "constant") {
    share(a);
    return { name: text, rate: () => a };
  }
  if (kind === "linear") {
    const [from, to] = [share(a), share(b)];
    expectNumber(who, "updates", updates, { above: 0 });
    return { name: text, rate: (step) => from + (to - from) * Math.min(1, step / updates) };
  }
  if (kind === "exponential") {
    const k = expectNumber(who, "k", a, { above: 0, below: 1 });
    return { name: text, rate: (step) => k ** step };
  }
  const k = expectNumber(who, "k", a, { minimum: 1 });
  // exp(i / k) overflows long after the rate is 0.
  return { name: text, rate: (step) => k / (k + Math.exp(Math.min(step / k, 700))) };
}
