import { join } from "node:path";
import { describe, FileError, quote } from "../errors.js";
import type { Values } from "../executor/executor.js";
import type { History, NamedTensor, ResumeState } from "../formats/index.js";
import { loadTrainerState, modelFiles, saveTrainerState } from "../formats/index.js";
import type { DType, Shape } from "../graph/program.js";

/** Everything that a resume needs, as trainer.safetensors keeps it. */
export interface Checkpoint extends ResumeState {
  tensors: { name: string; dtype: DType; shape: Shape; values: Values }[];
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

/**
 * Reads a checkpoint and checks that its tensors are those of this training.
 * @param needed parameters and moments after `step` updates: each must be there, with its shape. Beside them there is only carried state.
 * @throws FileError if there is none, it is damaged, or a tensor is missing, of another shape, or one too many.
 */
export async function readCheckpoint(
  folder: string,
  needed: (step: number) => Iterable<{ name: string; shape: Shape }>,
): Promise<Checkpoint> {
  const { tensors, state } = await loadTrainerState(folder);
  const file = join(folder, modelFiles.trainer);
  const unread = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const refuse = (what: string): never => {
    throw new FileError(`${file} ${what}: it is of another training. Copy the whole folder again from where it came.`);
  };
  for (const { name, shape } of needed(state.position.step)) {
    const tensor = unread.get(name) ?? refuse(`has no tensor ${quote(name)}`);
    unread.delete(name);
    if (tensor.shape.join() === shape.join()) continue;
    refuse(`has tensor ${quote(name)} of shape ${describe(tensor.shape)}, expected [${shape}]`);
  }
  const carried = state.carried ?? [...unread.keys()].filter((name) => name.startsWith("state/"));
  for (const name of carried) if (!unread.delete(name)) refuse(`has no tensor ${quote(name)}`);
  for (const name of unread.keys()) refuse(`has a tensor ${quote(name)} that the training does not have`);
  const isCarried = new Set(carried);
  return { ...state, tensors: tensors.map((tensor) => variableOf(tensor, file, isCarried.has(tensor.name))) };
}

/** A tensor as a variable: floats, or where it is carried state perhaps whole numbers. */
function variableOf({ name, shape, values }: NamedTensor, file: string, isCarried: boolean) {
  if (values instanceof Float32Array) return { name, dtype: "f32" as const, shape, values };
  if (isCarried && values instanceof Int32Array) return { name, dtype: "i32" as const, shape, values };
  const type = isCarried ? "float32 or int32" : "float32";
  throw new FileError(`${file}: expected tensor ${quote(name)} of ${type}, got ${describe(values)}.`);
}
