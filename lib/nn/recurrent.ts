import { OptionError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { RecurrentOperands } from "../graph/ops/recurrent.js";
import type { Shape } from "../graph/program.js";
import type { Expected, Tensor } from "../graph/tensor.js";
import { expectTensor, matchShapes } from "../graph/tensor.js";
import type { Completed, OptionTable, TableFor } from "../options.js";
import {
  checkOption,
  completeOptions,
  expectKnownOptions,
  expectOptions,
  flag,
  optional,
  whole,
  word,
} from "../options.js";
import { Dropout, dropoutRate } from "./dropout.js";
import { initializerRule } from "./initializerRule.js";
import type { Initializer } from "./initializers.js";
import { constant, uniform } from "./initializers.js";
import type { Layer } from "./layer.js";
import { expectLayerName, size } from "./layer.js";
import { graphRule, Parameter } from "./parameter.js";

/** How a layer of a stack meets the ones below it. */
export const connections = ["plain", "residual", "dense"] as const;

export interface RecurrentOptions {
  /** I */
  inputSize: number;
  /** H, of each layer and direction. */
  hiddenSize: number;
  /** Layers on top of each other. Default 1. */
  layers?: number;
  /** Read the sequence in both directions; outputs are joined, [T,B,2H] (Schuster & Paliwal 1997). Default false. */
  bidirectional?: boolean;
  /** Dropout between layers, not after the last and never on the recurrent path (Zaremba et al. 2014). Default 0. */
  dropout?: number;
  /** One dropout mask for all time steps (Gal & Ghahramani 2016). Default false. */
  variational?: boolean;
  /**
   * "plain": each layer reads the one below. "residual": its input is added to its output where the sizes agree
   * (Wu et al. 2016). "dense": every layer, and whoever reads the stack, sees the input and all layers below, joined
   * (Godin et al. 2017). Default "plain".
   */
  connections?: (typeof connections)[number];
  /** Whether there are biases. Default true. */
  bias?: boolean;
  /** First values of the input and recurrent weights. Default: uniform in ±1/sqrt(H). */
  initializer?: Initializer;
  /** First values of the recurrent weights, where they differ from `initializer`. */
  recurrentInitializer?: Initializer;
}

/** Most layers of a stack: far more than any that learns, few enough to be recorded at once. */
const mostLayers = 1000;

/** The rule of a number of layers. */
export const layerCount = (initial: number) => whole({ minimum: 1, maximum: mostLayers, initial });

const rules = {
  inputSize: size,
  hiddenSize: size,
  layers: layerCount(1),
  bidirectional: flag(),
  dropout: { ...dropoutRate, initial: 0 },
  variational: flag(),
  connections: word(connections, "plain"),
  bias: flag(true),
  initializer: optional(initializerRule),
  recurrentInitializer: optional(initializerRule),
} satisfies TableFor<RecurrentOptions>;

/** The state of a stack: one entry for each layer and direction, such as { h_l0: [B,H], c_l0: [B,H] }. */
export type State = Record<string, Tensor>;

/** What one cell makes of a sequence: its outputs [T,B,H] and its last state, by the names of the cell's state. */
export interface CellResult {
  y: Tensor;
  last: Record<string, Tensor>;
}

/**
 * A stack of recurrent layers over a whole sequence: what RNN, GRU and LSTM share.
 *
 * x [T,B,I] -> { y [T,B,outputSize], last }. Past a sequence's length the state is carried and y is 0.
 * Parameters have PyTorch's names and shapes: `weight_ih_l0` [G H,I], `weight_hh_l0` [G H,H], `bias_ih_l0`, `bias_hh_l0`,
 * with `_reverse` for the backward direction.
 */
export abstract class RecurrentStack implements Layer {
  readonly parameters: readonly Parameter[];
  /** Features of y. */
  readonly outputSize: number;
  /** Names of the state's entries, and the size of each row. */
  readonly stateSizes: Readonly<Record<string, number>>;
  readonly #cells: readonly (readonly CellParameters[])[];
  readonly #dropout: Dropout;
  readonly #connections: (typeof connections)[number];
  readonly #inputSize: number;

  /**
   * @param cell.gates number of gates: rows of a weight are `gates * hiddenSize`.
   * @param cell.stateNames the cell's state: ["h"] or ["h", "c"].
   * @param cell.biasInitializer first values of each gate's bias, for cells that do not start at 0.
   * @param cell.options rules of the options that are the cell's own.
   */
  protected constructor(
    readonly name: string,
    options: RecurrentOptions,
    cell: {
      gates: number;
      stateNames: readonly string[];
      biasInitializer?: Initializer;
      options?: OptionTable;
    },
  ) {
    const table = { ...cell.options, ...rules };
    const complete = completeOptions(expectLayerName(new.target.name, name), options, table);
    const { inputSize, hiddenSize, layers, dropout, variational, bidirectional } = complete;
    this.#connections = complete.connections;
    this.#dropout = new Dropout(`${name}.dropout`, { rate: dropout, variational });
    this.#inputSize = inputSize;

    const directions = bidirectional ? ["", "_reverse"] : [""];
    const width = hiddenSize * directions.length;
    const dense = this.#connections === "dense";
    const inputOf = (layer: number) => (layer === 0 ? inputSize : dense ? inputSize + layer * width : width);
    const shared = { options: complete, gates: cell.gates, biasInitializer: cell.biasInitializer ?? constant(0) };
    this.#cells = Array.from({ length: layers }, (_, layer) =>
      directions.map((direction) =>
        cellParameters({ ...shared, prefix: name, suffix: `_l${layer}${direction}`, inputSize: inputOf(layer) }),
      ),
    );
    this.outputSize = dense ? inputSize + layers * width : width;
    this.parameters = this.#cells
      .flat()
      .flatMap(({ weight_ih, weight_hh, bias_ih, bias_hh }) =>
        [weight_ih, weight_hh, bias_ih, bias_hh].filter((parameter) => parameter !== null),
      );
    this.stateSizes = Object.fromEntries(
      this.#cells.flat().flatMap(({ suffix }) => cell.stateNames.map((state) => [`${state}${suffix}`, hiddenSize])),
    );
  }

  /** One cell over one sequence; `state` by the cell's own names, such as { h, c }. */
  protected abstract cell(operands: Omit<RecurrentOperands, "h0">, state: Record<string, Tensor>): CellResult;
  /** One step of one cell: the state after x [B,I]. */
  protected abstract cellStep(x: Tensor, weights: CellWeights, state: Record<string, Tensor>): Record<string, Tensor>;

  /**
   * Records the stack.
   * @param options.state the state before the first step; zeros if absent.
   * @param options.lengths i32 [B], the length of each row; all T if absent.
   * @throws ShapeError if x is not [T,B,I], a state not [B,H] or lengths not [B]; OptionError if the state lacks an entry or has one
   *   that the stack does not.
   */
  apply(x: Tensor, options: { state?: State; lengths?: Tensor | null } = {}): { y: Tensor; last: State } {
    expectKnownOptions(this.name, expectOptions(this.name, options), ["state", "lengths"]);
    const { graph } = expectTensor(this.name, "x", x);
    const { lengths = null } = options;
    matchShapes(this.name, [
      ["x", x, `T B ${this.#inputSize}`],
      ["lengths?", lengths, "B", "i32"],
      ...(options.state ? this.#expectedState(options.state) : []),
    ]);
    const state = options.state ?? this.zeroState(graph, x.shape[1] as number);
    return graph.within(this.name, () => {
      const last: State = {};
      let input = x;
      let y = x;
      this.#cells.forEach((directions, layer) => {
        if (layer > 0) input = this.#dropout.apply(input);
        const table = layer === 0 ? smallTable(x) : null;
        const outputs = directions.map(({ suffix, ...parameters }, direction) => {
          const weight_ih = parameters.weight_ih.in(graph);
          const own = Object.entries(state).filter(([name]) => name.replace(/^[a-z]+/, "") === suffix);
          const result = this.cell(
            {
              ...(table ? { x: table.ids, weight_ih: ops.linear(table.weight, weight_ih) } : { x: input, weight_ih }),
              weight_hh: parameters.weight_hh.in(graph),
              bias_ih: parameters.bias_ih?.in(graph) ?? null,
              bias_hh: parameters.bias_hh?.in(graph) ?? null,
              lengths,
              reverse: direction === 1,
            },
            Object.fromEntries(own.map(([name, tensor]) => [name.slice(0, -suffix.length), tensor])),
          );
          for (const [name, tensor] of Object.entries(result.last)) last[`${name}${suffix}`] = tensor;
          return result.y;
        });
        y = this.#connected(input, outputs.length === 1 ? (outputs[0] as Tensor) : ops.concat(outputs, 2));
        input = y;
      });
      return { y, last };
    });
  }

  /**
   * Records one step of the stack, for the body of a scan or a program that search replays.
   * @param x [B,I]
   * @param masks a row of each of `dropoutMasks`.
   * @throws OptionError if the stack is bidirectional: there is no step without the rest of the sequence; or if masks or an entry
   *   of the state are missing. ShapeError for x or a state of another shape.
   */
  step(x: Tensor, state: State, masks: Readonly<Record<string, Tensor>> = {}): { y: Tensor; state: State } {
    const { graph } = expectTensor(this.name, "x", x);
    matchShapes(this.name, [["x", x, `B ${this.#inputSize}`], ...this.#expectedState(state)]);
    return graph.within(this.name, () => {
      const after: State = {};
      let input = x;
      let y = x;
      this.#cells.forEach((directions, layer) => {
        const [only, another] = directions;
        if (!only || another) throw new OptionError(`${this.name}: a bidirectional stack cannot go step by step.`);
        if (layer > 0) input = this.#dropStep(input, masks[this.#maskName(layer)]);
        const { suffix, weight_ih, weight_hh, bias_ih, bias_hh } = only;
        const own = Object.entries(state).filter(([name]) => name.replace(/^[a-z]+/, "") === suffix);
        const weights = {
          weight_ih: weight_ih.in(graph),
          weight_hh: weight_hh.in(graph),
          bias_ih: bias_ih?.in(graph) ?? null,
          bias_hh: bias_hh?.in(graph) ?? null,
        };
        const before = Object.fromEntries(own.map(([name, tensor]) => [name.slice(0, -suffix.length), tensor]));
        const next = this.cellStep(input, weights, before);
        for (const [name, tensor] of Object.entries(next)) after[`${name}${suffix}`] = tensor;
        y = this.#connected(input, next.h as Tensor);
        input = y;
      });
      return { y, state: after };
    });
  }

  /**
   * What dropout between the layers multiplies with in each of T steps, [T,B,...]: none where it does nothing, or the same in all
   * steps (variational), which the step sees to itself.
   */
  dropoutMasks(graph: Graph, T: number, B: number): Record<string, Tensor> {
    checkOption(this.name, "graph", graph, graphRule);
    checkOption(this.name, "T", T, size);
    checkOption(this.name, "B", B, size);
    const { rate, variational = false } = this.#dropout.options;
    if (!graph.training || rate === 0 || variational) return {};
    const between = this.#cells.slice(1).map(([cell], i) => {
      const width = cell?.weight_ih.shape[1] as number;
      const ones = ops.broadcastTo(ops.affine(graph.zeros([]), { shift: 1 }), [T, B, width]);
      return [this.#maskName(i + 1), this.#dropout.apply(ones)] as const;
    });
    return Object.fromEntries(between);
  }

  #dropStep(x: Tensor, mask: Tensor | undefined): Tensor {
    const { rate, variational = false } = this.#dropout.options;
    if (!x.graph.training || rate === 0) return x;
    if (mask) return ops.multiply(x, mask);
    if (!variational) throw new OptionError(`${this.name}: a step with dropout needs rows of dropoutMasks().`);
    // A mask of one time step.
    return ops.reshape(this.#dropout.apply(ops.reshape(x, [1, ...x.shape])), x.shape);
  }

  /** The patterns of a state's entries. @throws OptionError for one that is missing or unknown. */
  #expectedState(state: State): Expected[] {
    if (state === undefined) throw new OptionError(`${this.name}: expected a state.`);
    const names = Object.keys(this.stateSizes);
    expectKnownOptions(`${this.name}, the state`, state, names);
    const missing = names.find((name) => state[name] === undefined);
    if (missing) throw new OptionError(`${this.name}: the state has no ${missing}; expected ${names.join(", ")}.`);
    return Object.entries(this.stateSizes).map(([name, H]) => [name, state[name], `B ${H}`]);
  }

  #maskName(layer: number): string {
    return `${this.#dropout.name}_l${layer}`;
  }

  /** What the next layer reads, of what this one read and made: [...,F]. */
  #connected(input: Tensor, y: Tensor): Tensor {
    const axis = y.shape.length - 1;
    if (this.#connections === "residual" && input.shape[axis] === y.shape[axis]) return ops.add(y, input);
    return this.#connections === "dense" ? ops.concat([input, y], axis) : y;
  }

  /** A state of zeros for B rows. */
  zeroState(graph: Graph, B: number): State {
    checkOption(this.name, "graph", graph, graphRule);
    checkOption(this.name, "B", B, size);
    return Object.fromEntries(Object.entries(this.stateSizes).map(([name, H]) => [name, graph.zeros([B, H])]));
  }
}

/**
 * What x [T,B,E] was looked up from, if that table has so few rows that multiplying each of them with the input weights, and
 * looking up the products, is less work than multiplying x. With half as many rows as tokens both take as long in bfloat16,
 * where products cost least.
 */
function smallTable(x: Tensor): ReturnType<typeof ops.lookedUp> {
  const table = ops.lookedUp(x);
  const [T, B] = x.shape as [number, number];
  return table && x.shape.length === 3 && 4 * (table.weight.shape[0] as number) <= T * B ? table : null;
}

/** A cell's parameters as tensors of a graph. */
export interface CellWeights {
  weight_ih: Tensor;
  weight_hh: Tensor;
  bias_ih: Tensor | null;
  bias_hh: Tensor | null;
}

interface CellParameters {
  suffix: string;
  weight_ih: Parameter;
  weight_hh: Parameter;
  bias_ih: Parameter | null;
  bias_hh: Parameter | null;
}

function cellParameters(cell: {
  prefix: string;
  suffix: string;
  inputSize: number;
  gates: number;
  options: Completed<typeof rules>;
  biasInitializer: Initializer;
}): CellParameters {
  const { prefix, suffix, inputSize, gates, options, biasInitializer } = cell;
  const { hiddenSize, bias } = options;
  const initializer = options.initializer ?? uniform(1 / Math.sqrt(hiddenSize));
  const rows = gates * hiddenSize;
  const parameter = (name: string, shape: Shape, first: Initializer) =>
    new Parameter(`${prefix}.${name}${suffix}`, shape, first);
  return {
    suffix,
    weight_ih: parameter("weight_ih", [rows, inputSize], initializer),
    weight_hh: parameter("weight_hh", [rows, hiddenSize], options.recurrentInitializer ?? initializer),
    bias_ih: bias ? parameter("bias_ih", [rows], biasInitializer) : null,
    bias_hh: bias ? parameter("bias_hh", [rows], constant(0)) : null,
  };
}
