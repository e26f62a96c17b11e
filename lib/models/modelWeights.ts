import { InputError, OptionError } from "../errors.js";
import type { Executor, Store, Values } from "../executor/executor.js";
import { FiniteVariables } from "../executor/finiteVariables.js";
import { expectMemory } from "../executor/memory.js";
import type { LeftTensors, LoadedModel, NamedTensor } from "../formats/index.js";
import { elementsOf } from "../graph/program.js";
import { initialize } from "../nn/initialize.js";
import type { Parameter } from "../nn/parameter.js";
import { expectOneOf } from "../options.js";
import type { WeightType } from "../weights.js";
import { weightTypes } from "../weights.js";

/** The parameters of a model, in a store: their first values, rounding, and the way to a folder and back. */
export class ModelWeights {
  readonly store: Store;
  readonly #executor: Executor;
  readonly #finite: FiniteVariables;
  #type: WeightType | null = null;

  /**
   * @param model its class, for messages.
   * @throws OptionError if the parameters cannot fit into memory.
   */
  constructor(
    readonly model: string,
    readonly parameters: readonly Parameter[],
    executor: Executor,
  ) {
    expectMemory(4 * this.count, `${model}: its ${this.count} parameters`, "Make the model smaller.");
    this.#executor = executor;
    this.store = executor.createStore();
    this.#finite = new FiniteVariables({ executor, store: this.store });
    for (const { name, dtype, shape } of parameters) this.store.declare({ name, dtype, shape });
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
  async initialize(seed: number): Promise<void> {
    await initialize(this.store, this.parameters, { seed });
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
    const matrices = this.parameters.filter(({ dtype, shape }) => dtype === "f32" && shape.length === 2);
    if (matrices.length === 0) throw new OptionError(`quantize: a ${this.model} has no matrices of weights to round.`);
    // All or none.
    await this.expectFinite("quantize", matrices);
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

  /** @throws InputError if a weight is NaN or infinite. */
  async expectFinite(who: string, parameters = this.parameters): Promise<void> {
    const specs = parameters.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
    const name = await this.#finite.firstOther(specs);
    if (name !== null) throw new InputError(`${who}: a weight of ${name} is not finite.`);
  }

  /** All values, for a file. @throws InputError if one is not finite. */
  async read(): Promise<NamedTensor[]> {
    await this.expectFinite("save");
    const tensors: (NamedTensor & { values: Values })[] = [];
    for (const { name, shape } of this.parameters) tensors.push({ name, shape, values: await this.store.read(name) });
    return tensors;
  }

  /** Takes the values that were left in a file. @returns whether all could be taken from there. */
  async map(left: LeftTensors): Promise<boolean> {
    for (const { name } of this.parameters) {
      const part = left.get(name);
      if (part && !(await this.store.map?.(name, part))) return false;
    }
    return true;
  }

  /** The values of a file. */
  async write({ tensors, weightType }: Pick<LoadedModel, "tensors" | "weightType">): Promise<void> {
    await this.#assign(this.parameters.map(({ name }) => tensors[name]?.values as Values));
    this.#type = null;
    if (weightType) await this.quantize(weightType);
  }

  /** Other values of some parameters. @throws InputError if one is not finite; then nothing has changed. */
  async replace(
    who: string,
    changes: readonly { readonly parameter: Parameter; readonly values: Values }[],
  ): Promise<void> {
    const parameters = changes.map(({ parameter }) => parameter);
    const values = changes.map((change) => change.values);
    const trial = new ModelWeights(this.model, parameters, this.#executor);
    await trial.#assign(values);
    await trial.expectFinite(who);
    await this.#assign(values, parameters);
  }

  async #assign(values: readonly Values[], parameters = this.parameters): Promise<void> {
    for (const [i, { name }] of parameters.entries()) await this.store.write(name, values[i] as Values);
  }
}
