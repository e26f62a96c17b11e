import type { NamedTensors, Tensor } from "../graph/tensor.js";
import type { Completed, OptionTable } from "../options.js";
import { completeOptions, list, object, optional, text, value } from "../options.js";
import type { CellWeight } from "./cellWeight.js";

/** Sizes that the weights of a cell depend on. */
export interface CellSizes {
  /** Features of x. */
  readonly I: number;
  /** Hidden units. */
  readonly H: number;
}

/** Weights by name. @inline */
type Weights = Readonly<Record<string, CellWeight<boolean>>>;

/** Tensors of a cell's weights: those that `bias: false` leaves out are null then. */
export type WeightTensors<W extends Weights> = {
  readonly [Name in keyof W]: W[Name] extends CellWeight<false> ? Tensor : Tensor | null;
};

/** Inputs of one step. */
export interface CellStep<Own extends OptionTable, Gate extends string, Kind extends string, W extends Weights> {
  /** [B,I] */
  readonly x: Tensor;
  /** The result of `input` for this step: W_ih x_t + b_ih, [B,G H], unless the cell says otherwise. */
  readonly a: Tensor;
  /** The state before the step, each entry [B,size]. */
  readonly state: NamedTensors<Kind>;
  readonly weights: WeightTensors<W>;
  readonly options: Completed<Own>;
  /** Cuts [...,G H] into the gates, each [...,H]. */
  readonly gates: (tensor: Tensor) => NamedTensors<Gate>;
}

/** Inputs of a fused op over the whole sequence. */
export interface CellSequence<Own extends OptionTable, Kind extends string, W extends Weights> {
  /** [T,B,I]; or i32 [T,B], ids of rows of weights.weight_ih, which then is a table [V,G H] of input products. */
  readonly x: Tensor;
  /** The state before the first step. */
  readonly state: NamedTensors<Kind>;
  readonly weights: WeightTensors<W>;
  /** i32 [B]; past a row's length the state is carried and y is 0. null: all rows have length T. */
  readonly lengths: Tensor | null;
  /** Walk from the last step to the first. */
  readonly reverse: boolean;
  readonly options: Completed<Own>;
}

/** A recurrent cell as it is written down. */
export interface CellDefinition<
  Name extends string,
  Own extends OptionTable,
  Gate extends string,
  Kind extends string,
  W extends Weights,
> {
  /** Its name in configurations and after `--cell`: small letters, digits and hyphens. */
  readonly name: Name;
  /** Its name in reports and lists, such as "LSTM with peepholes". */
  readonly title: string;
  /** The gates in the order in which their rows are stored. */
  readonly gates: readonly Gate[];
  /** Rules of the options that are the cell's own. Default: none. */
  readonly options?: Own;
  /** Entries of the state with their sizes. `h` is the output. */
  states(sizes: Pick<CellSizes, "H">, options: Completed<Own>): Readonly<Record<Kind | "h", number>>;
  /** Weights of one layer and direction. */
  weights(sizes: CellSizes, options: Completed<Own>): W;
  /**
   * The part of the equation that reads x alone; recorded for all steps at once, it must treat each row of x [...,I] for itself.
   * Default: W_ih x + b_ih.
   */
  input?(operands: {
    readonly x: Tensor;
    readonly weights: WeightTensors<W>;
    readonly options: Completed<Own>;
  }): Tensor;
  /** The equation: the state after a step. */
  step(operands: CellStep<Own, Gate, Kind | "h", W>): NamedTensors<Kind | "h">;
  /**
   * Values of the gates in a step by their names in the equation, each [B,H] between 0 (shut) and 1 (open), for reports. Default: the
   * cell has no gates, or they cannot be looked at.
   */
  gateValues?(operands: CellStep<Own, Gate, Kind | "h", W>): Partial<NamedTensors<Gate>>;
  /** A fused op for the whole sequence. Default: `ops.scan` over `step`. */
  sequence?(operands: CellSequence<Own, Kind | "h", W>): { y: Tensor; last: NamedTensors<Kind | "h"> };
}

/** A recurrent cell: what layers and models take, whatever its equation is. */
export interface Cell<Name extends string = string, Own extends OptionTable = OptionTable>
  extends Omit<CellDefinition<Name, Own, string, string, Weights>, "options"> {
  readonly options: Own;
}

const method = value<never>("a function", (part) => typeof part === "function");

/** A name that is a file's, a flag's and a JSON value as it stands. */
const cellName = {
  ...text(),
  expected: 'a name of small letters, digits and hyphens, such as "my-cell"',
  fits: (name: unknown) => typeof name === "string" && /^[a-z][a-z0-9-]*$/.test(name),
};

const rules = {
  name: cellName,
  title: text(),
  gates: list(text()),
  options: { ...object({}, { open: true }), initial: {} },
  states: method,
  weights: method,
  input: optional(method),
  step: method,
  gateValues: optional(method),
  sequence: optional(method),
};

/**
 * Checks a cell and completes it.
 *
 * ```ts
 * const leaky = defineCell({
 *   name: "leaky",
 *   title: "leaky integrator",
 *   gates: ["n"],
 *   states: ({ H }) => ({ h: H }),
 *   weights: (sizes) => gated(1, sizes),
 *   step({ a, state: { h }, weights }) {
 *     const n = ops.tanh(ops.add(a, ops.linear(h, weights.weight_hh, weights.bias_hh)));
 *     return { h: ops.affine(ops.add(h, n), { scale: 0.5 }) };
 *   },
 * });
 * ```
 * @throws OptionError for an entry that is missing, unknown, or no such thing.
 */
export function defineCell<
  const Name extends string,
  const Gate extends string,
  Kind extends string,
  W extends Weights,
  Own extends OptionTable = Record<never, never>,
>(cell: CellDefinition<Name, Own, Gate, Kind, W>): Cell<Name, Own> {
  return Object.freeze(completeOptions("defineCell", cell, rules)) as unknown as Cell<Name, Own>;
}

/** Rule of a cell. */
export const cellValue = value<Cell>("a cell, made by defineCell", (cell) => {
  const { name, step, options } = (cell ?? {}) as Partial<Cell>;
  return cellName.fits(name) && typeof step === "function" && typeof options === "object";
});
