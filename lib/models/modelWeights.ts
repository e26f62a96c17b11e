import { InputError, OptionError } from "../errors.js";
import type { Executor, Store, Values } from "../executor/executor.js";
import { expectMemory } from "../executor/memory.js";
import type { LoadedModel, NamedTensor } from "../formats/index.js";
import { elementsOf } from "../graph/program.js";
import { initialise } from "../nn/initialise.js";
import type { Parameter } from "../nn/parameter.js";
import { expectOneOf } from "../options.js";
import type { WeightType } from "../weights.js";
import { weightTypes } from "../weights.js";

/** The parameters of a model, in a store: their first values, rounding, and the way to a folder and back. */
export class ModelWeights {
  readonly store: Store;
  #type: WeightType | null = null;

  /**
   * @param model its class, for messages.
   * @throws OptionError if that is no executor, or the parameters cannot fit into memory.
   */
  constructor(
    readonly model: string,
    readonly parameters: readonly Parameter[],
    executor: Executor,
  ) {
    if (typeof executor?.createStore !== "function") {
      throw new OptionError(`${model}: expected an executor: nativeExecutor(), or new ReferenceExecutor().`);
    }
    expectMemory(4 * this.count, `${model}: its ${this.count} parameters`, "Make the model smaller.");
    this.store = executor.createStore();
    for (const { name, shape } of parameters) this.store.declare({ name, dtype: "f32", shape });
  }

  /** Number of weights. */
  get count(): number {
    return this.parameters.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
  }

  /** The type that quantize() rounded the matrices to; null: they are float32. */
  get type(): WeightType | null {
    return this.#type;
  }

  /** New weights. */
  async initialise(seed: number): Promise<void> {
    await initialise(this.store, this.parameters, { seed });
  }

  /**
   * Rounds all matrices, row by row, to a smaller type, for good.
   * @throws InputError if a weight is not finite; OptionError if they are rounded to another type already.
   */
  async quantize(type: WeightType): Promise<void> {
    expectOneOf("quantize", "type", type, weightTypes);
    if (this.#type !== null && this.#type !== type) {
      throw new OptionError(`quantize: the weights of this model are ${this.#type} already. Load the original.`);
    }
    const matrices = this.parameters.filter(({ shape }) => shape.length === 2);
    // All or none.
    for (const { name } of matrices) {
      if (allFinite(await this.store.read(name))) continue;
      throw new InputError(`quantize: a weight of ${name} is not finite.`);
    }
    for (const { name } of matrices) await this.store.quantize(name, type);
    this.#type = type;
  }

  /** @throws OptionError if the weights are rounded. */
  expectTrainable(): void {
    if (!this.#type) return;
    throw new OptionError(
      `The weights of this model are rounded to ${this.#type}: it can write and measure. Train the original.`,
    );
  }

  /** All values, for a file. */
  async read(): Promise<NamedTensor[]> {
    const tensors: (NamedTensor & { values: Values })[] = [];
    for (const { name, shape } of this.parameters) tensors.push({ name, shape, values: await this.store.read(name) });
    return tensors;
  }

  /** The values of a file. */
  async write({ tensors, weights }: LoadedModel): Promise<void> {
    for (const { name } of this.parameters) await this.store.write(name, tensors[name]?.values as Float32Array);
    this.#type = null;
    if (weights) await this.quantize(weights);
  }
}

function allFinite(values: Values): boolean {
  let sum = 0;
  for (const value of values) sum += value - value;
  return sum === 0;
}
