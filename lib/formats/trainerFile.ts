import { join } from "node:path";
import { describe, FileError } from "../errors.js";
import { companionIn } from "./companions.js";
import { lockFolder } from "./folderLock.js";
import type { History } from "./history.js";
import { historyOf } from "./history.js";
import { parseJson } from "./json.js";
import { expectShape, readJsonFile, writeJsonFile } from "./jsonFile.js";
import { modelFiles } from "./modelFiles.js";
import type { NamedTensor } from "./safetensors.js";
import { readSafetensors, writeSafetensors } from "./safetensors.js";
import type { TrainerStateJson } from "./shapes.js";
import { shapes } from "./shapes.js";

/** In the metadata of trainer.safetensors. */
export const trainerFormat = "ostinato-trainer";

const formatVersion = "1";

/** Everything that a resume needs. */
export interface TrainerState {
  /** Parameters, moments, carried state. */
  tensors: Iterable<NamedTensor>;
  /** Plain data: position, schedule, best loss ... NaN and infinities do not survive JSON. */
  state: unknown;
}

/**
 * Writes trainer.safetensors: tensors, and the rest as JSON in its metadata, in one file and so in one
 * atomic step: the parts can never be of different times. `history` goes to trainer.json afterwards, for
 * people and reports to read.
 * @throws FileError if it cannot be written; the older state is then whole.
 */
export async function saveTrainerState(
  folder: string,
  { tensors, state }: TrainerState,
  history?: unknown,
): Promise<void> {
  const metadata = { format: trainerFormat, formatVersion, state: JSON.stringify(state) };
  await lockFolder(folder, { owner: "saveTrainerState", purpose: "saving" }, async () => {
    await writeSafetensors(join(folder, modelFiles.trainer), { tensors, metadata });
    if (history !== undefined) await writeJsonFile(join(folder, modelFiles.history), history);
  });
}

/** The state that trainer.safetensors keeps beside its tensors. */
export interface ResumeState
  extends Pick<TrainerStateJson, "position" | "misses" | "schedule" | "seconds" | "fingerprint"> {
  bestLoss: number | null;
  /** Updates in one point of the curve, and the points. */
  curve: { every: number; points: History["steps"] };
  validations: History["validations"];
  samples: History["samples"];
  /**
   * Names of the tensors that are neither parameters nor moments. Default, in older files: those that begin
   * with "state/".
   */
  carried?: readonly string[] | undefined;
}

/** @throws FileError if there is none, or it is cut off, altered, of another shape, or of a newer version. */
export async function loadTrainerState(folder: string): Promise<{ tensors: NamedTensor[]; state: ResumeState }> {
  const file = await companionIn(folder, modelFiles.trainer);
  const { metadata, tensors, verified } = await readSafetensors(file, {
    check: ({ metadata: { format, formatVersion: version, state } }) => {
      if (format !== trainerFormat || (version === formatVersion && state === undefined))
        throw new FileError(`${file} is not the state of a training.`);
      if (version === formatVersion) return;
      throw new FileError(
        `${file} has format version ${describe(version)}, and this Ostinato reads version ${formatVersion}. Update Ostinato.`,
      );
    },
  });
  if (!verified) throw new FileError(`${file} is damaged: its digest is missing. Copy it again from where it came.`);
  const where = `${file}, state`;
  const state = parseJson(Buffer.from(metadata.state as string), where);
  expectShape(where, state, shapes.trainerState);
  const { every, points } = state.curve;
  const { steps, ...rest } = historyOf({ ...state, steps: points });
  return { tensors, state: { ...state, ...rest, curve: { every, points: steps } } };
}

/**
 * The curves and samples of a training, from trainer.json.
 * @throws FileError if there is none, it is damaged, or of another shape.
 */
export async function loadTrainerHistory(folder: string): Promise<History & { seconds: number }> {
  const json = await readJsonFile(await companionIn(folder, modelFiles.history), shapes.trainerHistory);
  return { ...historyOf(json), seconds: json.seconds };
}
