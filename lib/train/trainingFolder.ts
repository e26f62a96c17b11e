import { expectFreeFolder, expectRoom, holdsModel, lockFolder, writeTrainingRecord } from "../formats/index.js";
import { elementsOf } from "../graph/program.js";
import type { Checkpoint } from "./checkpoint.js";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.js";
import type { SavableModel } from "./trainable.js";
import type { CompleteTrainerOptions } from "./trainerOptions.js";

/** The folder that a training writes to: a model, and the state to resume from. */
export class TrainingFolder {
  readonly path: string;
  readonly #model: SavableModel<never>;
  readonly #options: Pick<CompleteTrainerOptions<never>, "overwrite" | "record">;
  #replaces = false;
  #unkept = false;
  #resumable = false;

  constructor(
    path: string,
    model: SavableModel<never>,
    options: Pick<CompleteTrainerOptions<never>, "overwrite" | "record">,
  ) {
    this.path = path;
    this.#model = model;
    this.#options = options;
  }

  /** Whether the folder still holds the model that this training is going to replace. */
  get replaces(): boolean {
    return this.#replaces;
  }

  /** Whether the folder has a model of this training, and no state to resume from. */
  get unkept(): boolean {
    return this.#unkept;
  }

  /** Whether the folder holds a checkpoint of this training. */
  get resumable(): boolean {
    return this.#resumable;
  }

  /** Runs something while no other training may write here. @throws FileError if one does. */
  lock<T>(run: () => Promise<T>): Promise<T> {
    return lockFolder(this.path, { owner: "Trainer", purpose: "training" }, run);
  }

  /**
   * Writes the initial weights before the first step, so that a full disk is known in time and there is something to resume
   * from. A model that is to be replaced stays until there is something better.
   * @returns whether they were written. @throws FileError if the folder holds a model that may not be replaced.
   */
  async claim(): Promise<boolean> {
    await expectFreeFolder("Trainer", this.path, { overwrite: this.#options.overwrite, training: true });
    this.#replaces = await holdsModel(this.path);
    if (this.#replaces) await expectRoom(this.path, 4 * this.#weightCount());
    else await this.#model.save(this.path);
    return !this.#replaces;
  }

  /** Writes the model. A model that it replaces goes, and its training with it. */
  async saveModel(): Promise<void> {
    await this.#model.save(this.path, { overwrite: this.#replaces });
    if (this.#replaces) this.#unkept = true;
    this.#replaces = false;
  }

  async writeCheckpoint(checkpoint: Checkpoint): Promise<void> {
    if (this.#options.record) await writeTrainingRecord(this.path, this.#options.record);
    await writeCheckpoint(this.path, checkpoint);
    this.#unkept = false;
    this.#resumable = true;
  }

  /** @throws FileError as readCheckpoint does. */
  async readCheckpoint(needed: Parameters<typeof readCheckpoint>[1]): Promise<Checkpoint> {
    const checkpoint = await readCheckpoint(this.path, needed);
    this.#resumable = true;
    return checkpoint;
  }

  #weightCount(): number {
    return this.#model.parameters.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
  }
}
