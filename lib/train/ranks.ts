import { deserialize, serialize } from "node:v8";
import { OptionError } from "../errors.js";
import type { Communicator } from "../executor/communicator.js";
import { shapeText } from "../graph/program.js";
import type { Parameter } from "../nn/parameter.js";
import type { TrainingData } from "./data.js";
import { rowsOfShare } from "./data.js";
import type { Tally } from "./evaluation.js";
import type { Fingerprint } from "./fingerprint.js";
import { joinedResiduals, ownResiduals } from "./residuals.js";
import { SharedData } from "./sharedData.js";
import type { Trainable } from "./trainable.js";
import type { VariableValues } from "./trainingVariables.js";

/** Beginning of the names of variables that have a row for each row of a batch. */
const rowState = "state/";

/** Name of what ranks round by, in the words of a message. */
const arithmetic = "arithmetic by";

/** The processes of a training as one of them sees them; the only one, where there is no communicator. */
export class Ranks {
  readonly communicator: Communicator | undefined;

  constructor(communicator: Communicator | undefined) {
    this.communicator = communicator && communicator.size > 1 ? communicator : undefined;
  }

  get alone(): boolean {
    return this.communicator === undefined;
  }

  /** Whether this is the one that reads, writes and decides. */
  get first(): boolean {
    return (this.communicator?.rank ?? 0) === 0;
  }

  /** Options with this rank's rows of the data, from which it learns by itself where it makes `localSteps`. @throws OptionError for data whose batches cannot be shared. */
  shareData<Form, O extends { data: TrainingData<Form>; validation?: TrainingData<Form>; localSteps: number }>(
    options: O,
    model: Trainable<Form>,
  ): O {
    const { communicator } = this;
    if (!communicator) return options;
    if (model.updatesItself) {
      throw new OptionError("Trainer: this model makes its own steps, which several processes cannot make together.");
    }
    const { rank, size } = communicator;
    const share = (data: TrainingData<Form>, apart = false) => new SharedData(data, model, { rank, size, apart });
    const { data, validation, localSteps } = options;
    return { ...options, data: share(data, localSteps > 0), ...(validation ? { validation: share(validation) } : {}) };
  }

  /**
   * Compares how the ranks train: after the first step a difference would show in no number.
   * @throws OptionError, on all of them, for the first thing in which one is not like rank 0.
   */
  async expectAlike(own: Fingerprint, { executor, parameters }: Trainable<never>): Promise<void> {
    if (!this.communicator) return;
    const shapes = parameters.map(({ name, dtype, shape }) => [`parameter ${name}`, `${dtype}${shapeText(shape)}`]);
    const mine: Fingerprint = {
      ...own,
      ...Object.fromEntries(shapes),
      [arithmetic]: executor.rounding ?? executor.name,
    };
    const [first = mine, ...others] = (await this.communicator.gather(serialize(mine))).map(
      (one) => deserialize(one) as Fingerprint,
    );
    for (const [i, theirs] of others.entries()) {
      const name = Object.keys({ ...first, ...theirs }).find((key) => theirs[key] !== first[key]);
      if (name === undefined) continue;
      const value = ({ [name]: value = "none" }: Fingerprint) => `${name} ${value}`;
      const advice =
        name === arithmetic ? " OSTINATO_KERNELS chooses kernels that every CPU has; `ostinato info` names them." : "";
      throw new OptionError(
        `Trainer: rank ${i + 1} has ${value(theirs)}, and rank 0 has ${value(first)}. Ranks train one model together: all need the same ` +
          `model, data and options.${advice}`,
      );
    }
  }

  /** Gives all ranks the parameters of the first. */
  async sendParameters({ store, parameters }: Pick<Trainable<never>, "store" | "parameters">): Promise<void> {
    if (!this.communicator) return;
    for (const { name, dtype, shape } of parameters) {
      const values = await this.fromFirst(() => store.read(name));
      if (this.first) continue;
      store.declare({ name, dtype, shape });
      await store.write(name, values);
    }
  }

  /** The result of the first rank, on all. */
  async fromFirst<R>(work: () => Promise<R>): Promise<R> {
    if (!this.communicator) return work();
    const [message] = await this.communicator.gather(this.first ? serialize(await work()) : new Uint8Array());
    return deserialize(message as Uint8Array) as R;
  }

  /** Makes the sums of a measurement those of all ranks. */
  async merge(tally: Tally): Promise<void> {
    if (!this.communicator) return;
    const all = await this.communicator.gather(serialize(tally.sums));
    tally.replace(all.map((one) => deserialize(one) as Tally["sums"]));
  }

  /** The variables of all ranks together: state of rows as that of the whole batch, and the residuals of each. */
  async join(variables: VariableValues[]): Promise<VariableValues[]> {
    const { communicator } = this;
    if (!communicator) return variables;
    const own = variables.filter(({ name }) => name.startsWith(rowState));
    const all = (await communicator.gather(serialize(own))).map((one) => deserialize(one) as VariableValues[]);
    const joined = own.map((variable, i) =>
      joinedRows(
        variable,
        all.map((one) => one[i] as VariableValues),
      ),
    );
    const named = new Map(joined.map((variable) => [variable.name, variable]));
    const whole = variables.map((variable) => named.get(variable.name) ?? variable);
    return joinedResiduals(whole, communicator);
  }

  /**
   * This rank's part of joined variables: its rows and residuals.
   * @param options.residuals whether ranks send a part of their gradients later. Without, residuals are left out.
   */
  own(
    variables: readonly VariableValues[],
    { parameters, residuals }: { parameters: readonly Parameter[]; residuals: boolean },
  ): VariableValues[] {
    const { communicator } = this;
    const own = ownResiduals(variables, parameters, residuals && communicator ? communicator : null);
    if (!communicator) return own;
    return own.map((variable) => {
      const [of = 0, ...rest] = variable.shape;
      if (!variable.name.startsWith(rowState)) return variable;
      const { first, end } = rowsOfShare(of, communicator);
      const row = variable.values.length / of;
      return { ...variable, shape: [end - first, ...rest], values: variable.values.slice(first * row, end * row) };
    });
  }

  /** Tells the others why they cannot go on. */
  async abort(error: unknown, step: number): Promise<void> {
    const { communicator } = this;
    if (!communicator) return;
    const reason = error instanceof Error ? error.message : String(error);
    await communicator.abort(`rank ${communicator.rank} ended after step ${step}: ${reason}`);
  }
}

/** The rows of all ranks, one after the other. */
function joinedRows(own: VariableValues, all: readonly VariableValues[]): VariableValues {
  const rows = all.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
  const length = all.reduce((sum, { values }) => sum + values.length, 0);
  const values = new (own.values.constructor as Float32ArrayConstructor)(length) as VariableValues["values"];
  let begin = 0;
  for (const { values: part } of all) {
    values.set(part, begin);
    begin += part.length;
  }
  return { ...own, shape: [rows, ...own.shape.slice(1)], values };
}
