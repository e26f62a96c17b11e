import { InputError } from "../errors.js";
import { checkOption, list, object, text, value } from "../options.js";
import { greatest } from "./extent.js";

/** Where a translation looked: figure 3 of Bahdanau, Cho & Bengio (2015). */
export interface AttentionMap {
  /** Tokens as a person should read them. */
  source: readonly string[];
  target: readonly string[];
  /** [target][source], each row a distribution. */
  weights: readonly ArrayLike<number>[];
}

const token = text({ empty: true });
const mapRule = object(
  {
    source: list(token),
    target: list(token),
    weights: list(value("an array of numbers", (row) => Array.isArray(row) || ArrayBuffer.isView(row))),
  },
  { open: true },
);

/** How far a row's sum may be from 1: rows that were averaged or stored in half precision still are distributions. */
const tolerance = 0.01;

/**
 * The largest weight of a map that can be drawn.
 *
 * @throws OptionError for what is no map; InputError for weights that are not [target][source], or a row that is no distribution.
 */
export function largestWeight(map: AttentionMap): number {
  const who = "attention map";
  checkOption(who, "the map", map, mapRule);
  const { source, target, weights } = map;
  if (source.length === 0 || target.length === 0 || weights.length !== target.length) {
    throw new InputError(
      `${who}: expected a row of weights for each target token and at least one token on both sides, ` +
        `got ${weights.length} rows, ${target.length} target and ${source.length} source tokens.`,
    );
  }
  let largest = 0;
  for (const [t, row] of weights.entries()) {
    const values = Array.from(row);
    const where = `row ${t} (${JSON.stringify(target[t])})`;
    if (values.length !== source.length) {
      throw new InputError(
        `${who}: ${where} has ${values.length} weights for ${source.length} source tokens. ` +
          "Leave out what attention gives to padding.",
      );
    }
    const wrong = values.findIndex((weight) => !(weight >= 0 && weight <= 1 + tolerance));
    if (wrong >= 0)
      throw new InputError(`${who}: ${where} has the weight ${values[wrong]} at ${wrong}, not one of 0 to 1.`);
    const sum = values.reduce((total, weight) => total + weight, 0);
    if (Math.abs(sum - 1) > tolerance) throw new InputError(`${who}: ${where} sums to ${sum.toFixed(4)}, not to 1.`);
    largest = Math.max(largest, greatest(values));
  }
  return largest;
}
