import { InputError } from "../errors.js";
import { checkOption, list, object, text, value, whole } from "../options.js";
import type { ActivationLayer } from "./activations.js";

/**
 * Above and below these values a gate counts as open and as shut (Karpathy, Johnson & Fei-Fei 2015, section
 * 4.2).
 */
export const [openAbove, shutBelow] = [0.9, 0.1] as const;

/** How often the units of a gate are open and shut over a text. */
export interface GateShare {
  /** "layer 1 forget gate". */
  name: string;
  /** The gate's name in the cell's equation: "f". */
  kind: string;
  /** Share of tokens and units with a value above 0.9. */
  open: number;
  /** Share of tokens and units with a value below 0.1. */
  shut: number;
  /** Share of the tokens for each unit. */
  units: { open: number; shut: number }[];
}

const gatesRule = list(
  object(
    {
      name: text({ empty: true }),
      kind: text({ empty: true }),
      units: whole({ minimum: 1 }),
      values: value<Float32Array>("a Float32Array", (values) => values instanceof Float32Array),
    },
    { open: true },
  ),
);

/**
 * The share of the time that gates are open (above 0.9) and shut (below 0.1) over a text: right- and
 * left-saturated in the words of Karpathy et al. (2015).
 *
 * ```ts
 * const { gates } = await model.activations(text);
 * for (const { name, open, shut } of gateShares(gates)) console.log(name, open, shut);
 * ```
 * @throws OptionError for what is no list of gates; InputError for values that are no rows of units.
 */
export function gateShares(gates: readonly ActivationLayer[]): GateShare[] {
  return checkOption("gateShares", "gates", gates, gatesRule).map(({ name, kind, units: count, values }) => {
    const tokens = values.length / count;
    if (!Number.isInteger(tokens) || tokens === 0) {
      throw new InputError(
        `gateShares: ${name} has ${values.length} values, expected a row of ${count} for each token.`,
      );
    }
    const units = Array.from({ length: count }, (_, unit) => {
      let [open, shut] = [0, 0];
      for (let i = unit; i < values.length; i += count) {
        if ((values[i] as number) > openAbove) open++;
        else if ((values[i] as number) < shutBelow) shut++;
      }
      return { open: open / tokens, shut: shut / tokens };
    });
    const mean = (of: "open" | "shut") => units.reduce((sum, unit) => sum + unit[of], 0) / count;
    return { name, kind, open: mean("open"), shut: mean("shut"), units };
  });
}
