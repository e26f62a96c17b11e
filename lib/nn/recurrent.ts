import { OptionError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { Expected, Tensor } from "../graph/tensor.js";
import { expectTensor, matchShapes } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import {
  checkOption,
  completeOptions,
  expectKnownOptions,
  expectOptions,
  flag,
  option,
  optional,
  table,
  whole,
  word,
} from "../options.js";
import type { Cell } from "./cell.js";
import { CellLayer } from "./cellLayer.js";
import type { CellName } from "./cellRegistry.js";
import { cellOf, cellRule } from "./cellRegistry.js";
import { Dropout, dropoutRate } from "./dropout.js";
import { initializerRule } from "./initializerRule.js";
import { uniform } from "./initializers.js";
import type { Layer } from "./layer.js";
import { expectLayerName, size } from "./layer.js";
import type { Parameter } from "./parameter.js";
import { graphRule } from "./parameter.js";
import { noiseOf, recurrentNoiseRules } from "./recurrentNoise.js";
import type { State, StateEntry } from "./stateEntry.js";

/** How a layer of a stack meets the ones below it. */
export const connections = ["plain", "residual", "dense"] as const;

/** Options that all recurrent layers have. @interface */
export type RecurrentOptions = OptionsOf<typeof rules>;

/** Most layers of a stack: far more than any that learns, few enough to be recorded at once. */
const mostLayers = 1000;

/** The rule of a number of layers. */
export const layerCount = (initial: number) => whole({ minimum: 1, maximum: mostLayers, initial });

const rules = table("RecurrentStack", {
  /** I: features of x. */
  inputSize: option(size, { aka: ["input_dim"] }),
  /** H, of each layer and direction. */
  hiddenSize: option(size, { aka: ["units", "num_units", "hidden_dim"] }),
  /** H of the last layer. Default: as `hiddenSize`. */
  lastHiddenSize: optional(size),
  /** Layers on top of each other. Default 1. */
  layers: option(layerCount(1), { aka: ["num_layers"] }),
  /**
   * Read the sequence in both directions; outputs are joined, [T,B,2H] (Schuster & Paliwal 1997). Default
   * false.
   */
  bidirectional: flag(),
  /**
   * Dropout between layers, not after the last and never on the recurrent path (Zaremba et al. 2014). Default
   * 0.
   */
  dropout: { ...dropoutRate, initial: 0 },
  /** One dropout mask for all time steps (Gal & Ghahramani 2016). Default false. */
  variational: flag(),
  ...recurrentNoiseRules,
  /**
   * "plain": each layer reads the one below. "residual": its input is added to its output where the sizes
   * agree (Wu et al. 2016). "dense": every layer, and whoever reads the stack, sees the input and all layers
   * below, joined (Godin et al. 2017). Default plain.
   */
  connections: word(connections, "plain"),
  /** Biases. Default true. */
  bias: option(flag(true), { aka: ["use_bias"] }),
  /** First values of the input and recurrent weights. Default: uniform in ±1/sqrt(H). */
  initializer: optional(initializerRule),
  /** First values of the recurrent weights, where they differ from `initializer`. Default: that. */
  recurrentInitializer: optional(initializerRule),
});

/** How far a gate of a layer is open in a step. */
export interface GateValue {
  /** Its name in the cell's equation: "f". */
  readonly gate: string;
  readonly layer: number;
  /** [B,H], from 0 (shut) to 1 (open). */
  readonly values: Tensor;
}

/** Options of a stack of any cell: those of all stacks, and the cell's own. */
export type RecurrentStackOptions = RecurrentOptions & {
  /** The cell, or the name of one that is known: see registerCell. */
  cell: CellName | Cell;
  readonly [option: string]: unknown;
};

/**
 * A stack of recurrent layers over a whole sequence, each a cell in one direction or two.
 *
 * x [T,B,I] -> { y [T,B,outputSize], last }. Past a sequence's length the state is carried and y is 0.
 * Parameters have PyTorch's names and shapes, those of an LSTM for example `weight_ih_l0` [4H,I],
 * `weight_hh_l0` [4H,H], `bias_ih_l0`, `bias_hh_l0`, with `_reverse` for the backward direction.
 */
export class RecurrentStack implements Layer {
  readonly parameters: readonly Parameter[];
  /** Features of y. */
  readonly outputSize: number;
  /** The values that the stack carries from step to step, from the lowest layer up. */
  readonly stateEntries: readonly StateEntry[];
  readonly #layers: readonly (readonly CellLayer[])[];
  readonly #dropout: Dropout;
  readonly #connections: (typeof connections)[number];
  /** I: features of x. */
  readonly inputSize: number;

  /**
   * @param fixed the cell of a class that has one; `options` then has no `cell`.
   * @throws OptionError for an option that neither stacks nor the cell have, one outside its range, or a cell
   *   that is not known.
   */
  constructor(
    readonly name: string,
    options: RecurrentStackOptions | RecurrentOptions,
    fixed?: Cell,
  ) {
    expectLayerName(new.target.name, name);
    const cell = fixed ?? cellOf(checkOption(name, "cell", expectOptions(name, options).cell, cellRule));
    const table = fixed ? rules : { ...rules, cell: cellRule };
    const complete = completeOptions(name, options, { ...cell.options, ...table });
    const entries: Readonly<Record<string, unknown>> = complete;
    const own = Object.fromEntries(Object.keys(cell.options).map((option) => [option, entries[option]]));
    const { inputSize, layers, dropout, variational, bidirectional, bias } = complete;
    this.#connections = complete.connections;
    this.#dropout = new Dropout(`${name}.dropout`, { rate: dropout, variational });
    this.inputSize = inputSize;

    const directions = bidirectional ? ([0, 1] as const) : ([0] as const);
    const noise = noiseOf(complete);
    const shared = { stack: name, cell, bias, own, noise };
    const stacked: CellLayer[][] = [];
    let width = inputSize;
    for (let layer = 0; layer < layers; layer++) {
      const hiddenSize = (layer === layers - 1 ? complete.lastHiddenSize : undefined) ?? complete.hiddenSize;
      const initializer = complete.initializer ?? uniform(1 / Math.sqrt(hiddenSize));
      const first = { initializer, recurrentInitializer: complete.recurrentInitializer ?? initializer };
      const place = { ...shared, ...first, layer, inputSize: width, hiddenSize };
      const cells = directions.map((direction) => new CellLayer({ ...place, direction }));
      width = (this.#connections === "dense" ? width : 0) + directions.length * hiddenSize;
      stacked.push(cells);
    }
    this.#layers = stacked;
    this.outputSize = width;
    this.parameters = stacked.flat().flatMap(({ parameters }) => parameters);
    this.stateEntries = stacked.flat().flatMap(({ entries }) => entries);
  }

  /**
   * Records the stack.
   * @returns y, the state after the last step, and what each layer gives by itself, from the lowest up:
   *   [T,B,H], of two directions joined.
   * @param options.state the state before the first step; zeros if absent.
   * @param options.lengths i32 [B], the length of each row; all T if absent.
   * @throws ShapeError if x is not [T,B,I], a state not [B,H] or lengths not [B]; OptionError if the state
   *   lacks an entry or has one that the stack does not.
   */
  apply(
    x: Tensor,
    options: { state?: State; lengths?: Tensor | null } = {},
  ): { y: Tensor; last: State; layers: Tensor[] } {
    expectKnownOptions(this.name, expectOptions(this.name, options), ["state", "lengths"]);
    const { graph } = expectTensor(this.name, "x", x);
    const { lengths = null } = options;
    matchShapes(this.name, [
      ["x", x, `T B ${this.inputSize}`],
      ["lengths?", lengths, "B", "i32"],
      ...(options.state ? this.#expectedState(options.state) : []),
    ]);
    const state = options.state ?? this.zeroState(graph, x.shape[1] as number);
    return graph.within(this.name, () => {
      const last: State = {};
      const outputs: Tensor[] = [];
      let y = x;
      this.#layers.forEach((directions, layer) => {
        const input = layer > 0 ? this.#dropout.apply(y) : y;
        const results = directions.map((cell) => cell.apply(input, state, lengths));
        for (const result of results) Object.assign(last, result.last);
        const output = joined(results.map((result) => result.y));
        outputs.push(output);
        y = this.#connected(input, output);
      });
      // Residual and dense connections carry the padding of the input into the output.
      const padded = lengths && this.#connections !== "plain";
      return { y: padded ? ops.mask(y, lengths) : y, last, layers: outputs };
    });
  }

  /**
   * Records one step of the stack, for the body of a scan or a program that search replays.
   * @param x [B,I]
   * @param masks a row of each of `dropoutMasks`.
   * @throws OptionError if the stack is bidirectional: there is no step without the rest of the sequence; or
   *   if masks or an entry of the state are missing. ShapeError for x or a state of another shape.
   */
  step(x: Tensor, state: State, masks: Readonly<Record<string, Tensor>> = {}): { y: Tensor; state: State } {
    return this.#walk(x, state, { masks });
  }

  /**
   * Records one step, and how far open the gates are in it: from the lowest layer up. Cells that have no
   * gates, or whose definition does not show them, have none here.
   * @throws OptionError and ShapeError as `step`.
   */
  stepWithGates(x: Tensor, state: State): { y: Tensor; state: State; gates: GateValue[] } {
    const gates: GateValue[] = [];
    const look = (cell: CellLayer, layer: number, input: Tensor) => {
      for (const [gate, values] of Object.entries(cell.gateValues(input, state))) gates.push({ gate, layer, values });
    };
    return { ...this.#walk(x, state, { look }), gates };
  }

  /** @param options.look called for each layer with its input. */
  #walk(
    x: Tensor,
    state: State,
    {
      masks = {},
      look,
    }: {
      masks?: Readonly<Record<string, Tensor>>;
      look?: (cell: CellLayer, layer: number, input: Tensor) => void;
    },
  ): { y: Tensor; state: State } {
    const { graph } = expectTensor(this.name, "x", x);
    matchShapes(this.name, [["x", x, `B ${this.inputSize}`], ...this.#expectedState(state)]);
    return graph.within(this.name, () => {
      const after: State = {};
      let y = x;
      this.#layers.forEach(([only, another], layer) => {
        if (!only || another) throw new OptionError(`${this.name}: a bidirectional stack cannot go step by step.`);
        const input = layer > 0 ? this.#dropStep(y, masks[this.#maskName(layer)]) : y;
        look?.(only, layer, input);
        const next = only.step(input, state, masks);
        Object.assign(after, next.after);
        y = this.#connected(input, next.y);
      });
      return { y, state: after };
    });
  }

  /**
   * The masks of dropout between the layers and of zoneout for T steps, [T,B,...]. None where they do
   * nothing, or where all steps share a mask (variational), which the step records itself.
   */
  dropoutMasks(graph: Graph, T: number, B: number): Record<string, Tensor> {
    checkOption(this.name, "graph", graph, graphRule);
    checkOption(this.name, "T", T, size);
    checkOption(this.name, "B", B, size);
    const { rate, variational } = this.#dropout.options;
    const noise = Object.assign({}, ...this.#layers.flat().map((cell) => cell.noiseRows(graph, T, B)));
    if (!graph.training || rate === 0 || variational) return noise;
    const between = this.#layers.slice(1).map(([cell], i) => {
      const width = cell?.inputSize as number;
      const ones = ops.broadcastTo(ops.affine(graph.zeros([]), { shift: 1 }), [T, B, width]);
      return [this.#maskName(i + 1), this.#dropout.apply(ones)] as const;
    });
    return { ...noise, ...Object.fromEntries(between) };
  }

  #dropStep(x: Tensor, mask: Tensor | undefined): Tensor {
    const { rate, variational } = this.#dropout.options;
    if (!x.graph.training || rate === 0) return x;
    if (mask) return ops.multiply(x, mask);
    if (!variational) throw new OptionError(`${this.name}: a step with dropout needs rows of dropoutMasks().`);
    // A mask of one time step.
    return ops.reshape(this.#dropout.apply(ops.reshape(x, [1, ...x.shape])), x.shape);
  }

  /** The patterns of a state's entries. @throws OptionError for one that is missing or unknown. */
  #expectedState(state: State): Expected[] {
    if (state === undefined) throw new OptionError(`${this.name}: expected a state.`);
    const names = this.stateEntries.map(({ name }) => name);
    expectKnownOptions(`${this.name}, the state`, state, names);
    const missing = names.find((name) => state[name] === undefined);
    if (missing) throw new OptionError(`${this.name}: the state has no ${missing}; expected ${names.join(", ")}.`);
    return this.stateEntries.map(({ name, size }) => [name, state[name], `B ${size}`]);
  }

  #maskName(layer: number): string {
    return `${this.#dropout.name}_l${layer}`;
  }

  /** The next layer's input, made of this one's input and output: [...,F]. */
  #connected(input: Tensor, y: Tensor): Tensor {
    const axis = input.shape.length - 1;
    if (this.#connections === "residual" && input.shape[axis] === y.shape[axis]) return ops.add(y, input);
    return this.#connections === "dense" ? ops.concat([input, y], axis) : y;
  }

  /** A state of zeros for B rows. */
  zeroState(graph: Graph, B: number): State {
    checkOption(this.name, "graph", graph, graphRule);
    checkOption(this.name, "B", B, size);
    return Object.fromEntries(this.stateEntries.map(({ name, size }) => [name, graph.zeros([B, size])]));
  }
}

/** The outputs of a layer's directions as one tensor, [...,F]. */
function joined(outputs: readonly Tensor[]): Tensor {
  const [first] = outputs as readonly [Tensor, ...Tensor[]];
  return outputs.length === 1 ? first : ops.concat(outputs, first.shape.length - 1);
}
