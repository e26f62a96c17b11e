import { FileError } from "../errors.js";
import type { Values } from "../executor/executor.js";
import { loadTrainerState, saveTrainerState } from "../formats/index.js";
import type { Shape } from "../graph/program.js";
import type { History, HistoryPoint } from "./events.js";

/** Everything that a resume needs, as trainer.safetensors keeps it. */
export interface Checkpoint {
  tensors: { name: string; shape: Shape; values: Values }[];
  /** Updates done, epochs done, batches done of the running epoch, tokens trained on. */
  position: { step: number; epoch: number; batch: number; tokens: number };
  /** Validations in a row without a lower loss. */
  misses: number;
  bestLoss: number | null;
  /** Of the schedule. */
  schedule: Record<string, number>;
  seconds: number;
  curve: { every: number; points: HistoryPoint[] };
  validations: History["validations"];
  samples: History["samples"];
  /** Options that must be the same when the training goes on. */
  fingerprint: Record<string, string | number>;
}

/** Writes a checkpoint in one step, and the readable history beside it. @throws FileError if it cannot be written. */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  const { tensors, ...state } = checkpoint;
  const history: History = {
    steps: checkpoint.curve.points,
    validations: checkpoint.validations,
    samples: checkpoint.samples,
  };
  await saveTrainerState(folder, { tensors, state }, { ...history, seconds: checkpoint.seconds });
}

/** @throws FileError if there is none, or it is damaged. */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  const { tensors, state } = await loadTrainerState(folder);
  const rest = state as Omit<Checkpoint, "tensors">;
  if (typeof rest?.position?.step !== "number" || !rest.fingerprint || !rest.curve) {
    throw new FileError(`The training state in ${folder} is incomplete. Start the training anew.`);
  }
  return { ...rest, tensors: tensors as Checkpoint["tensors"] };
}
