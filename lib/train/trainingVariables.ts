import type { Values } from "../executor/executor.js";
import type { DType, Shape, VariableSpec } from "../graph/program.js";
import { learntParameters } from "../nn/parameter.js";
import { clearMoments } from "./modelTurn.js";
import type { Optimizer } from "./optimizers.js";
import { momentName } from "./optimizers.js";
import type { TrainingStep } from "./step.js";
import type { Trainable } from "./trainable.js";

interface Variable {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A variable with its values. */
export interface VariableValues extends Variable {
  readonly values: Values;
}

/** The variables of a training: parameters, the moments of its optimizer, and state that is carried from batch to batch. */
export class TrainingVariables {
  readonly #model: Trainable<never>;
  readonly #optimizer: Optimizer;
  readonly #step: Pick<TrainingStep<never>, "variables">;
  /** Variables that a checkpoint brought: kept in checkpoints also while no program that uses them is compiled. */
  #restored: readonly Variable[] = [];

  constructor(model: Trainable<never>, optimizer: Optimizer, step: Pick<TrainingStep<never>, "variables">) {
    this.#model = model;
    this.#optimizer = optimizer;
    this.#step = step;
  }

  /** Parameters and, from the first update on, their moments. @param step updates done. */
  learnt(step: number): Variable[] {
    const moments = step > 0 ? this.#optimizer.moments : [];
    return learntParameters(this.#model).flatMap((parameter) => {
      const { name, shape } = parameter;
      const names = [name, ...moments.map((moment) => momentName(this.#optimizer, moment, parameter))];
      return names.map((own) => ({ name: own, dtype: "f32", shape }) as const);
    });
  }

  /** The variables that are not learnt: state that is carried from batch to batch, and residuals. */
  carriedOf<V extends Variable>(variables: readonly V[], step: number): V[] {
    const learnt = new Set(this.learnt(step).map(({ name }) => name));
    return variables.filter(({ name }) => !learnt.has(name));
  }

  all(step: number): VariableSpec[] {
    const known = new Map([...this.#restored, ...this.#step.variables()].map((variable) => [variable.name, variable]));
    const all = [...this.learnt(step), ...this.carriedOf([...known.values()], step)];
    return all.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  }

  async read(step: number): Promise<VariableValues[]> {
    const tensors: VariableValues[] = [];
    for (const variable of this.all(step)) {
      tensors.push({ ...variable, values: await this.#model.store.read(variable.name) });
    }
    return tensors;
  }

  /** Copies of the parameters. */
  async parameters(): Promise<Map<string, Values>> {
    const parameters = new Map<string, Values>();
    for (const { name } of this.#model.parameters) parameters.set(name, await this.#model.store.read(name));
    return parameters;
  }

  /** Makes the variables those of a checkpoint. */
  async restore(tensors: readonly VariableValues[]): Promise<void> {
    // The checkpoint from before the first update has no moments.
    await clearMoments(this.#model, this.#optimizer);
    for (const { values, ...variable } of tensors) {
      this.#model.store.declare(variable);
      await this.#model.store.write(variable.name, values);
    }
    this.#restored = tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  }
}
