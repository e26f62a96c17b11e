import { OptionError } from "../errors.js";
import type { Store } from "../executor/executor.js";
import { elementsOf } from "../graph/program.js";
import type { Optimizer } from "./optimizers.js";
import { momentName } from "./optimizers.js";
import type { Trainable } from "./trainable.js";

/** The turn of the Trainer that trains the model of a store, or was the last to do so. */
export interface ModelTurn {
  readonly trainer: object;
  running: boolean;
}

const turns = new WeakMap<Store, ModelTurn>();

/**
 * Gives a trainer its turn with a model: two at a time would mix their updates, and one after the other the moments of an
 * optimizer of the same name, which therefore begin from nothing.
 * @param options.goesOn whether the trainer continues where it was, with what the model has.
 * @throws OptionError while the model is trained, and for a trainer that goes on after another one.
 */
export async function takeTurn(
  model: Trainable<never>,
  { trainer, optimizer, goesOn }: { trainer: object; optimizer: Optimizer; goesOn: boolean },
): Promise<ModelTurn> {
  const last = turns.get(model.store);
  if (last?.running) {
    throw new OptionError(
      last.trainer === trainer
        ? "Trainer: this training is running already."
        : "Trainer: another Trainer is training this model. Wait until it ends, or train a model of its own.",
    );
  }
  const follows = last !== undefined && last.trainer !== trainer;
  if (follows && goesOn) {
    throw new OptionError(
      "Trainer: another Trainer has trained this model since, so this one cannot go on where it was. " +
        "Make a new Trainer, or resume from a folder.",
    );
  }
  const turn = { trainer, running: true };
  turns.set(model.store, turn);
  if (!follows) return turn;
  return clearMoments(model, optimizer).then(
    () => turn,
    (error: unknown) => {
      turn.running = false;
      throw error;
    },
  );
}

/** Sets the moments of an optimizer to 0, as they are before the first update. */
export async function clearMoments(
  { parameters, store, executor }: Trainable<never>,
  optimizer: Optimizer,
): Promise<void> {
  for (const parameter of parameters) {
    for (const moment of optimizer.moments) {
      const name = momentName(optimizer, moment, parameter);
      store.declare({ name, dtype: "f32", shape: parameter.shape });
      await store.write(name, new executor.floats(elementsOf(parameter.shape)));
    }
  }
}
