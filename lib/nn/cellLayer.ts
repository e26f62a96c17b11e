import { OptionError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import { smallTable } from "../graph/rewrites/index.js";
import type { Tensor } from "../graph/tensor.js";
import { expectTensor, matchShapes } from "../graph/tensor.js";
import { checkOption, expectKnownOptions, record, value, whole } from "../options.js";
import type { Cell } from "./cell.js";
import type { CellWeight, LayerInitializers } from "./cellWeight.js";
import { Parameter } from "./parameter.js";
import type { NoiseRates } from "./recurrentNoise.js";
import { RecurrentNoise } from "./recurrentNoise.js";
import type { State, StateEntry } from "./stateEntry.js";

export interface CellLayerOptions extends LayerInitializers {
  /** The name of the stack. */
  stack: string;
  cell: Cell;
  layer: number;
  direction: 0 | 1;
  inputSize: number;
  hiddenSize: number;
  /** Whether there are biases. */
  bias: boolean;
  /** The cell's own options, completed. */
  own: Readonly<Record<string, unknown>>;
  noise: NoiseRates;
}

const statesRule = record(whole({ minimum: 1 }));
const weightsRule = record(
  value<CellWeight<boolean>>(
    "a weight of cellWeights: input(shape), recurrent(shape), bias(shape) or vector(shape, initializer)",
    (weight) => typeof (weight as Partial<CellWeight> | null)?.first === "function",
  ),
);

/** Tensors by their names in the cell's equation. */
type Named = Readonly<Record<string, Tensor>>;
type Weights = Readonly<Record<string, Tensor | null>>;

/** Values that all steps of a sequence read. */
interface Reading {
  weights: Weights;
  lengths: Tensor | null;
}

/** One cell at one place of a stack: its weights, its part of the state, its equation over a sequence and for a step. */
export class CellLayer {
  readonly parameters: readonly Parameter[];
  readonly entries: readonly StateEntry[];
  readonly inputSize: number;
  readonly #options: CellLayerOptions;
  /** For messages. */
  readonly #who: string;
  readonly #weights: readonly { name: string; parameter: Parameter | null; isRecurrent: boolean }[];
  readonly #noise: RecurrentNoise;

  /** @throws OptionError for a cell whose state has no h of the layer's size. */
  constructor(options: CellLayerOptions) {
    const { stack, cell, layer, direction, inputSize: I, hiddenSize: H, own } = options;
    const suffix = `_l${layer}${direction === 1 ? "_reverse" : ""}`;
    const who = `${stack}, cell "${cell.name}"`;
    const sizes = checkOption(who, "its states", cell.states({ H }, own), statesRule);
    const weights = checkOption(who, "its weights", cell.weights({ I, H }, own), weightsRule);
    this.#options = options;
    this.inputSize = I;
    if (sizes.h !== H) {
      throw new OptionError(`${who}: expected its states to have an h of size ${H}, got ${sizes.h}.`);
    }
    this.entries = Object.entries(sizes).map(([kind, size]) => ({
      name: `${kind}${suffix}`,
      kind,
      layer,
      direction,
      size,
    }));
    this.#weights = Object.entries(weights).map(([name, { shape, first, isBias, isRecurrent = false }]) => {
      const leftOut = isBias && !options.bias;
      const parameter = leftOut ? null : new Parameter(`${stack}.${name}${suffix}`, shape, first(options));
      return { name, parameter, isRecurrent };
    });
    this.#noise = new RecurrentNoise(stack, options.noise, this.entries);
    this.#who = who;
    this.parameters = this.#weights.flatMap(({ parameter }) => parameter ?? []);
  }

  /** Records the sequence. x [T,B,I] -> { y [T,B,H], last: this layer's entries after the last step }. */
  apply(x: Tensor, state: State, lengths: Tensor | null): { y: Tensor; last: State } {
    const { cell, direction, own } = this.#options;
    const weights = this.#tensors(x);
    const before = this.#ownOf(state);
    const table = smallTable(x);
    if (!cell.sequence || this.#noise.stepwise(x.graph)) {
      const read = lengths ? ops.mask(x, lengths) : x;
      const a = table ? ops.embedding(this.#input(table.weight, weights), table.ids) : this.#input(read, weights);
      const { y, last } = this.#scan({ x: read, a }, before, { weights, lengths });
      return { y, last: this.#entriesOf(last) };
    }
    const { y, last } = cell.sequence({
      ...(table
        ? { x: table.ids, weights: { ...weights, weight_ih: ops.linear(table.weight, weights.weight_ih as Tensor) } }
        : { x, weights }),
      state: before,
      lengths,
      reverse: direction === 1,
      options: own,
    });
    return { y, last: this.#entriesOf(last) };
  }

  /** Records a step. x [B,I] -> this layer's entries after it, and y. @param rows a row of each of `noiseRows`. */
  step(x: Tensor, state: State, rows: Named): { y: Tensor; after: State } {
    const weights = this.#tensors(x);
    const after = this.#step({ x, a: this.#input(x, weights), rows }, this.#ownOf(state), weights);
    return { y: after.h as Tensor, after: this.#entriesOf(after) };
  }

  /** Records the values of the gates in a step, [B,H] each, by their names in the equation; none where the cell cannot say. */
  gateValues(x: Tensor, state: State): Named {
    const { cell, own } = this.#options;
    if (!cell.gateValues) return {};
    const weights = this.#tensors(x);
    const before = this.#noise.read(this.#ownOf(state));
    const operands = { x, a: this.#input(x, weights), state: before, weights, options: own };
    const values = cell.gateValues({ ...operands, gates: (all) => this.#gates(all) });
    const who = `${this.#who}, its gateValues`;
    expectKnownOptions(who, values, cell.gates);
    const named = Object.entries(values).filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
    matchShapes(
      who,
      named.map(([name, value]) => [name, value, `B ${this.#options.hiddenSize}`] as const),
    );
    return Object.fromEntries(named);
  }

  /** Rows of noise that the steps of a sequence need, [T,B,...]. */
  noiseRows(graph: Graph, T: number, B: number): Record<string, Tensor> {
    return this.#noise.rows(graph, T, B);
  }

  /** The equation, step by step; past a row's length its state stays as it is. */
  #scan(inputs: { x: Tensor; a: Tensor }, before: Named, { weights, lengths }: Reading): { y: Tensor; last: Named } {
    const { graph, shape } = inputs.x;
    const [T, B] = shape as [number, number];
    const noise = this.noiseRows(graph, T, B);
    if (T === 1 && !lengths) {
      // Writing and searching go one token at a time: a step, and no loop around it.
      const row = (tensor: Tensor) => ops.reshape(tensor, tensor.shape.slice(1));
      const rows = Object.fromEntries(Object.entries(noise).map(([name, tensor]) => [name, row(tensor)]));
      const last = this.#step({ x: row(inputs.x), a: row(inputs.a), rows }, before, weights);
      return { y: ops.reshape(last.h as Tensor, [1, B, this.#options.hiddenSize]), last };
    }
    const ones = ops.broadcastTo(ops.affine(graph.zeros([]), { shift: 1 }), [T, B, 1]);
    const within = lengths && ops.mask(ones, lengths);
    const rows: Named = { ...inputs, ...noise, ...(within ? { within } : {}) };
    const reverse = this.#options.direction === 1;
    const { states, last } = ops.scan(
      { inputs: rows, state: before, reverse },
      ({ x, a, within: goesOn, ...own }, state) => {
        const after = this.#step({ x: x as Tensor, a: a as Tensor, rows: own as Named }, state, weights);
        return { state: goesOn ? chosen(goesOn, after, state) : after };
      },
    );
    const y = states.h as Tensor;
    return { y: lengths ? ops.mask(y, lengths) : y, last };
  }

  #step({ rows, ...inputs }: { x: Tensor; a: Tensor; rows: Named }, before: Named, weights: Weights): Named {
    const { cell, own } = this.#options;
    const state = this.#noise.read(before);
    const after: Named = cell.step({ ...inputs, state, weights, options: own, gates: (all) => this.#gates(all) });
    const who = `${this.#who}, its step`;
    expectKnownOptions(
      who,
      after,
      this.entries.map(({ kind }) => kind),
    );
    matchShapes(who, [
      ["x", inputs.x, `B ${this.inputSize}`],
      ...this.entries.map(({ kind, size }) => [kind, after[kind], `B ${size}`] as const),
    ]);
    return this.#noise.after(after, before, rows);
  }

  /** The part of the equation that reads x alone. */
  #input(x: Tensor, weights: Weights): Tensor {
    const { cell, own } = this.#options;
    if (!cell.input) return ops.linear(x, weights.weight_ih as Tensor, weights.bias_ih ?? null);
    return expectTensor(this.#who, "its input", cell.input({ x, weights, options: own }));
  }

  #gates(all: Tensor): Named {
    const { gates } = this.#options.cell;
    const axis = all.shape.length - 1;
    const size = (all.shape[axis] as number) / gates.length;
    const gate = (i: number) => ops.slice(all, { axis, start: i * size, end: (i + 1) * size });
    return Object.fromEntries(gates.map((name, i) => [name, gate(i)]));
  }

  #tensors({ graph }: Tensor): Weights {
    return Object.fromEntries(
      this.#weights.map(({ name, parameter, isRecurrent }) => {
        const weight = parameter?.in(graph) ?? null;
        return [name, weight && isRecurrent ? this.#noise.weight(weight) : weight];
      }),
    );
  }

  /** This layer's part of a stack's state, by the names of the equation. */
  #ownOf(state: State): Named {
    return Object.fromEntries(this.entries.map(({ name, kind }) => [kind, state[name] as Tensor]));
  }

  #entriesOf(own: Named): State {
    return Object.fromEntries(this.entries.map(({ name, kind }) => [name, own[kind] as Tensor]));
  }
}

/** after where `goesOn` [B,1] is 1, before where it is 0. */
function chosen(goesOn: Tensor, after: Named, before: Named): Named {
  const stays = ops.affine(goesOn, { scale: -1, shift: 1 });
  return Object.fromEntries(
    Object.entries(after).map(([kind, next]) => [
      kind,
      ops.add(ops.multiply(next, goesOn), ops.multiply(before[kind] as Tensor, stays)),
    ]),
  );
}
