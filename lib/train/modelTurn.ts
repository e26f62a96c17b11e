import { OptionError } from "../errors.js";
import type { Store } from "../executor/executor.js";
import { elementsOf } from "../graph/program.js";
import { learntParameters } from "../nn/parameter.js";
import type { Optimizer } from "./optimizers.js";
import { momentName } from "./optimizers.js";
import type { Trainable } from "./trainable.js";

interface Trainers {
  /** The trainer whose moments and carried state the store holds. */
  owner: object | null;
  running: object | null;
}

const stores = new WeakMap<Store, Trainers>();

/**
 * The turn of a trainer with a model. Two trainers at a time would mix their updates; one after the other would mix the moments
 * of optimizers of the same name, so those of a trainer that follows another begin from 0.
 */
export class ModelTurn {
  readonly #trainer: object;
  readonly #trainers: Trainers;

  /**
   * Keeps other trainers out until `end`; the model is as it was until `claim`.
   * @param options.goesOn whether the trainer continues where it was, with what the model has.
   * @throws OptionError while the model is trained, and for a trainer that goes on after another one.
   */
  constructor(model: Trainable<never>, { trainer, goesOn }: { trainer: object; goesOn: boolean }) {
    const trainers = stores.get(model.store) ?? { owner: null, running: null };
    if (trainers.running) {
      throw new OptionError(
        trainers.running === trainer
          ? "Trainer: this training is running already."
          : "Trainer: another Trainer is training this model. Wait until it ends, or train a model of its own.",
      );
    }
    if (goesOn && trainers.owner !== null && trainers.owner !== trainer) {
      throw new OptionError(
        "Trainer: another Trainer has trained this model since, so this one cannot go on where it was. " +
          "Make a new Trainer, or resume from a folder.",
      );
    }
    stores.set(model.store, trainers);
    trainers.running = trainer;
    this.#trainer = trainer;
    this.#trainers = trainers;
  }

  /** Whether the store holds the moments of another trainer. */
  get follows(): boolean {
    return this.#trainers.owner !== null && this.#trainers.owner !== this.#trainer;
  }

  /** Makes the model the trainer's: from here on no other one can go on where it was. */
  claim(): void {
    this.#trainers.owner = this.#trainer;
  }

  end(): void {
    this.#trainers.running = null;
  }
}

/** Sets the moments of an optimizer to 0, as they are before the first update. */
export async function clearMoments(model: Trainable<never>, optimizer: Optimizer): Promise<void> {
  const { store, executor } = model;
  for (const parameter of learntParameters(model)) {
    for (const moment of optimizer.moments) {
      const name = momentName(optimizer, moment, parameter);
      store.declare({ name, dtype: "f32", shape: parameter.shape });
      await store.write(name, new executor.floats(elementsOf(parameter.shape)));
    }
  }
}
