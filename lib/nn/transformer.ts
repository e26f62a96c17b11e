import { ShapeError } from "../errors.js";
import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { matchShapes, operand, operandIfAny } from "../graph/tensor.js";
import type { Completed, OptionsOf } from "../options.js";
import { completeOptions, list, optional, table } from "../options.js";
import type { Layer } from "./layer.js";
import { expectLayerName, size } from "./layer.js";
import { LayerNorm } from "./layerNorm.js";
import type { Parameter } from "./parameter.js";
import type { State, StepEntry } from "./stateEntry.js";
import type { CompleteReading, TransformerOptions, TransformerReading } from "./transformerBlock.js";
import { readingRules, TransformerBlock, transformerRules } from "./transformerBlock.js";

const stepRules = table("Transformer.step", {
  /** Tokens that each row has read before, i32 [N]. */
  positions: operand,
  /** Keys and values of a memory for each block, see `keysAndValues`, with `memorySize`. N is a multiple of its B. Default: none. */
  memories: optional(list(operand)),
  /** Positions of the memory that exist, i32 [B]. Default: all. */
  memoryLengths: operandIfAny,
});

const beginRules = table("Transformer.begin", {
  /** The last step of each sequence that exists, below T, i32 [B]. */
  last: operand,
  /** L: steps that the state has room for, see `stateEntries`. */
  length: size,
});

/** The input of a Transformer's step besides x and the state. @interface */
export type TransformerStepReading = Pick<OptionsOf<typeof stepRules>, "positions"> &
  Partial<OptionsOf<typeof stepRules>>;

/**
 * A stack of Transformer blocks (Vaswani et al. 2017, figure 1): an encoder; with `causal` a decoder; with `memorySize` one that reads
 * an encoder's output.
 *
 * x [T,B,F] -> [T,B,F]. What lies past a sequence's length is not 0, but no other step sees it.
 */
export class Transformer implements Layer {
  readonly parameters: readonly Parameter[];
  readonly #options: Completed<typeof transformerRules>;
  readonly #blocks: readonly TransformerBlock[];
  readonly #norm: LayerNorm | null;

  /** @throws OptionError for an unknown option, one outside its range, or heads that do not divide the features. */
  constructor(
    readonly name: string,
    options: TransformerOptions,
  ) {
    this.#options = completeOptions(expectLayerName("Transformer", name), options, transformerRules);
    const { layers, size: F, normalization, finalNorm = normalization === "pre" } = this.#options;
    this.#blocks = Array.from({ length: layers }, (_, i) => new TransformerBlock(`${name}.${i}`, this.#options));
    this.#norm = finalNorm ? new LayerNorm(`${name}.norm`, { size: F }) : null;
    this.parameters = [...this.#blocks, this.#norm].flatMap((layer) => layer?.parameters ?? []);
  }

  /** x [T,B,F] -> [T,B,F]. @throws ShapeError without the memory that `memorySize` asks for, or with one that nothing reads. */
  apply(x: Tensor, reading: TransformerReading = {}): Tensor {
    const complete = this.#reading(x, reading);
    const y = this.#blocks.reduce((rows, block) => block.apply(rows, complete), x);
    return this.#norm ? this.#norm.apply(y) : y;
  }

  /** The weights of each block's attention to x itself, from the lowest up: [heads,T,B,T]. */
  weights(x: Tensor, reading: TransformerReading = {}): Tensor[] {
    return this.#each(x, reading, (block, rows, complete) => block.weights(rows, complete));
  }

  /** The weights of each block's attention to a memory, from the lowest up: [heads,T,B,S]. @throws ShapeError without one. */
  memoryWeights(x: Tensor, reading: TransformerReading): Tensor[] {
    return this.#each(x, reading, (block, rows, complete) => block.memoryWeights(rows, complete));
  }

  /** Whatever `look` makes of each block and of the rows that it reads. */
  #each(
    x: Tensor,
    reading: TransformerReading,
    look: (block: TransformerBlock, rows: Tensor, complete: CompleteReading) => Tensor,
  ): Tensor[] {
    const complete = this.#reading(x, reading);
    let rows = x;
    return this.#blocks.map((block) => {
      const seen = look(block, rows, complete);
      rows = block.apply(rows, complete);
      return seen;
    });
  }

  /**
   * Entries of the state of `step`: for each block the keys and values of the last `length` steps, which stay in their rows, and by which
   * rows each row finds those that it has read.
   */
  stateEntries(length: number): StepEntry[] {
    const memories = this.#blocks.map((block, layer) => {
      return { name: entryName(layer), size: block.cacheSize(length), lasts: true, stays: true } as const;
    });
    const indices = { dtype: "i32", lasts: true } as const;
    const lineage = { name: lineageName, size: length, ownRow: true, ...indices } as const;
    return [...memories, lineage, { name: timesName, size: 1, ...indices }];
  }

  /**
   * The state of steps with `causal` after sequences that are read at once, from the first state. x [T,B,F], T at most L, the `length` of
   * `stateEntries`.
   * @returns all entries but the rows that hold what each row has read: for each row of the batch its own.
   * @throws ShapeError without `causal`, with `memorySize`, or for more than L steps.
   */
  begin(x: Tensor, reading: { last: Tensor; length: number }): State {
    const { last, length } = completeOptions(this.name, reading, beginRules);
    const { B } = matchShapes(this.name, [
      ["x", x, `T B ${this.#options.size}`],
      ["last", last, "B", "i32"],
    ]) as { B: number };
    this.#expectCausal();
    const { memorySize } = this.#options;
    if (memorySize !== undefined) {
      throw new ShapeError(
        `${this.name}: no memory can be read at once, and its blocks read one of ${memorySize} features: take steps from the beginning.`,
      );
    }
    const state: State = { [timesName]: ops.reshape(ops.nextPositions({ positions: last }), [B, 1]) };
    this.#blocks.reduce((rows, block, layer) => {
      const { y, memory } = block.begin(rows, length);
      state[entryName(layer)] = memory;
      return y;
    }, x);
    return state;
  }

  /** The keys and values of a memory [S,B,M] for each block, [S,B,2F], computed once for all steps. @throws ShapeError without `memorySize`. */
  keysAndValues(memory: Tensor): Tensor[] {
    return this.#blocks.map((block) => block.keysAndValues(memory));
  }

  /**
   * One step with `causal`, for rows that each have read some tokens. x [N,F].
   * @returns y [N,F], the state after it, and the mean of the weights by which the topmost block's heads read the memory, [N,S]; null
   *   without one.
   * @throws ShapeError without `causal`, or without the memory that `memorySize` asks for.
   */
  step(x: Tensor, state: State, reading: TransformerStepReading): { y: Tensor; state: State; weights: Tensor | null } {
    const { positions, memories, memoryLengths } = completeOptions(this.name, reading, stepRules);
    const names = [...this.#blocks.map((_, layer) => entryName(layer)), lineageName, timesName];
    const before = completeOptions(this.name, state, Object.fromEntries(names.map((name) => [name, operand]))) as State;
    const { N } = matchShapes(this.name, [["x", x, `N ${this.#options.size}`]]) as { N: number };
    this.#expectCausal();
    this.#expectMemory(memories !== undefined);
    const times = ops.reshape(before[timesName] as Tensor, [N]);
    const lineage = ops.lineage({ before: before[lineageName] as Tensor, times });
    const next = ops.nextPositions({ positions: before[timesName] as Tensor });
    const after: State = { [lineageName]: lineage, [timesName]: next };
    let weights: Tensor | null = null;
    const y = this.#blocks.reduce((rows, block, layer) => {
      const name = entryName(layer);
      const memory = memories?.[layer];
      const read = memory ? { memory, lengths: memoryLengths } : null;
      const step = block.step(rows, { memory: before[name] as Tensor, lineage, times, positions }, read);
      after[name] = step.memory;
      weights = step.weights;
      return step.y;
    }, x);
    return { y: this.#norm ? this.#norm.apply(y) : y, state: after, weights };
  }

  #reading(x: Tensor, reading: TransformerReading): CompleteReading {
    matchShapes(this.name, [["x", x, `T B ${this.#options.size}`]]);
    const complete = completeOptions(this.name, reading, readingRules);
    this.#expectMemory(complete.memory !== null);
    return complete;
  }

  #expectCausal(): void {
    if (this.#options.causal) return;
    throw new ShapeError(`${this.name}: a step sees what came before it, and these blocks all: make it with causal.`);
  }

  #expectMemory(isGiven: boolean): void {
    const { memorySize } = this.#options;
    if (isGiven === (memorySize !== undefined)) return;
    throw new ShapeError(
      memorySize === undefined
        ? `${this.name}: its blocks read no memory: make it with memorySize.`
        : `${this.name}: its blocks read a memory of ${memorySize} features, and got none.`,
    );
  }
}

/** The names in a state of the rows that hold what each row has read, and of the number of steps. */
const [lineageName, timesName] = ["lineage", "times"];

/** The name of a block's keys and values in a state. */
function entryName(layer: number): string {
  return `memory_l${layer}`;
}
