import { FiniteVariables } from "../executor/finiteVariables.js";
import type { VariableSpec } from "../graph/program.js";
import type { TrainingData } from "./data.js";
import { DivergenceError, firstNonFinite } from "./divergence.js";
import { EvaluationStep } from "./evaluation.js";
import { hasNone } from "./reduction.js";
import type { Batch, Trainable } from "./trainable.js";

const lowerRate = "Lower the learning rate.";

/** Validations in a row whose loss is not finite: after as many the training has diverged. */
export const nonFiniteValidations = 3;

/** Validations whose loss was not finite, since the last one whose loss was. */
export function nonFiniteInARow(validations: readonly { readonly loss: number }[]): number {
  return validations.length - 1 - validations.findLastIndex(({ loss }) => Number.isFinite(loss));
}

/** Looks for what is not finite where a step of training does not meet it itself: in parameters, at the end, in validations. */
export class Soundness<Form> {
  readonly #model: Trainable<Form>;
  readonly #rollBack: () => Promise<string>;
  readonly #finite: FiniteVariables;

  /** @param rollBack gives the model the newest parameters that are known to be sound, and says which in a sentence. */
  constructor(model: Trainable<Form>, rollBack: () => Promise<string>) {
    this.#model = model;
    this.#rollBack = rollBack;
    this.#finite = new FiniteVariables(model);
  }

  /**
   * The error of a step, with what is true of the parameters: an update may have made them infinite without a word, which
   * only the step after it met.
   */
  async explain(error: unknown): Promise<unknown> {
    if (!(error instanceof DivergenceError)) return error;
    const parameters = this.#model.parameters.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
    if ((await this.#finite.firstOther(parameters)) === null) return error;
    return new DivergenceError({ ...error.divergence, parameters: await this.#rollBack() });
  }

  /** @throws DivergenceError if a variable is not finite; the model has been rolled back. */
  async expectFinite(variables: readonly VariableSpec[], step: number): Promise<void> {
    const name = await this.#finite.firstOther(variables);
    if (name === null) return;
    const parameters = await this.#rollBack();
    throw new DivergenceError({ step, layer: name, what: `${name} is not finite`, parameters, advice: lowerRate });
  }

  /** The last update is followed by no step that would meet what it did. @throws DivergenceError as expectFinite. */
  async expectSoundEnd(batch: Batch<Form>, step: number): Promise<void> {
    const after = new EvaluationStep(this.#model, { carries: false });
    const { total } = await after.run(batch);
    if (Number.isFinite(total)) return;
    const { layer, what } = firstNonFinite(await after.firstNonFinite([batch]));
    const parameters = await this.#rollBack();
    throw new DivergenceError({ step, layer, what: `after its update, ${what}`, parameters, advice: lowerRate });
  }

  /** Why the loss on other texts than those of training is not finite, while that of training is. */
  async validationDivergence(
    data: TrainingData<Form>,
    { step, times }: { step: number; times: number },
  ): Promise<DivergenceError> {
    const { layer, what } = firstNonFinite(await new EvaluationStep(this.#model).firstNonFinite(withRows(data)));
    return new DivergenceError({
      step,
      layer,
      what: `the validation loss was not finite${times === 1 ? "" : ` ${times} times in a row`}; ${what}`,
      parameters: "The parameters are those of this step.",
      advice: `${lowerRate} Or validate on shorter texts: a state can grow without bound in very long ones.`,
    });
  }
}

/** The batches of which this rank has rows. */
async function* withRows<Form>(data: TrainingData<Form>): AsyncGenerator<Batch<Form>> {
  for await (const batch of data.batches(0)) if (!hasNone(batch.rows, batch.form)) yield batch;
}
