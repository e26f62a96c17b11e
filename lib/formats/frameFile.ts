import { existsSync } from "node:fs";
import type { FrameLabel, FrameSequence, FrameTableOptions } from "../data/index.js";
import { frameTableRules, labelOfCell, readFrameTable, readLines } from "../data/index.js";
import { counted, FileError, InputError, OptionError, quote } from "../errors.js";
import { checkOption, completeOptions, text } from "../options.js";
import type { NumberArray } from "./npy.js";
import { readNpy } from "./npy.js";
import { readSafetensors } from "./safetensors.js";
import type { TensorValues } from "./tensorValues.js";

/** Ending of the names of labels: of a tensor in the same file, or of a file beside. */
const labelEnding = ".labels";

/**
 * Reads sequences of frames, with their labels if there are any:
 *
 * - a table (.csv, .tsv, .jsonl) with a row for each frame, whose first row names its columns;
 * - a .npy array [T,I], one sequence, or [N,T,I], several of the same length. NAME.labels.npy beside NAME.npy has a whole number for each
 *   frame, -1 for one that does not count, or with one axis more a 0 or 1 for each label; NAME.labels.txt has a label a line;
 * - a .safetensors file with a tensor [T,I] for each sequence, whose labels are the tensor NAME.labels.
 *
 * @throws FileError for a file that cannot be read or holds something else; InputError for labels that do not fit the frames;
 *   OptionError for a column that is not there, and for options of tables where there is none.
 */
export async function readFrames(file: string, options: FrameTableOptions = {}): Promise<FrameSequence[]> {
  const complete = completeOptions("readFrames", options, frameTableRules);
  const path = checkOption("readFrames", "the file", file, text());
  if (!/\.(npy|safetensors)$/i.test(path)) return readFrameTable(path, complete);
  const column = (["label", "sequence", "features", "separator"] as const).find((name) => complete[name] !== undefined);
  if (column !== undefined) {
    throw new OptionError(`readFrames: ${column} is for tables, and ${path} is none.`, [column]);
  }
  return /\.npy$/i.test(path) ? npySequences(path, complete.labelSeparator) : tensorSequences(path);
}

async function tensorSequences(file: string): Promise<FrameSequence[]> {
  const { tensors } = await readSafetensors(file);
  const arrays = new Map<string, NumberArray>(tensors.map(({ name, shape, values }) => [name, { shape, values }]));
  const names = [...arrays.keys()].filter((name) => !name.endsWith(labelEnding));
  const alone = [...arrays.keys()].find(
    (name) => name.endsWith(labelEnding) && !arrays.has(name.slice(0, -labelEnding.length)),
  );
  if (alone !== undefined) throw new FileError(`${file}: there are no frames for the labels ${quote(alone)}.`);
  if (names.length === 0) throw new FileError(`${file} has no tensors.`);
  return names.map((name) => {
    const frames = matrixOf(arrays.get(name) as NumberArray, `${file}, ${name}`);
    const labels = arrays.get(`${name}${labelEnding}`);
    const place = `${file}, ${name}${labelEnding}`;
    return { frames, name, file, ...(labels ? { labels: labelsIn(labels, frames.shape[0] as number, place) } : {}) };
  });
}

async function npySequences(file: string, separator: string | undefined): Promise<FrameSequence[]> {
  const array = await readNpy(file);
  const several = array.shape.length === 3;
  const parts = several ? partsOf(array) : [array];
  const base = file.replace(/\.npy$/i, labelEnding);
  const labels = await labelsBeside(base, { parts, several, separator });
  return parts.map((part, n) => {
    const name = several ? { name: String(n) } : {};
    const frames = matrixOf(part, several ? `${file}, sequence ${n}` : file);
    return { frames, file, ...name, ...(labels ? { labels: labels[n] as FrameLabel[] } : {}) };
  });
}

/** The labels of the sequences of an array, in the file beside it; null without one. */
async function labelsBeside(
  base: string,
  { parts, several, separator }: { parts: readonly NumberArray[]; several: boolean; separator: string | undefined },
): Promise<FrameLabel[][] | null> {
  const T = parts[0]?.shape[0] ?? 0;
  if (existsSync(`${base}.npy`)) {
    const array = await readNpy(`${base}.npy`);
    const own = several ? partsOf(array) : [array];
    if (own.length !== parts.length) {
      throw new InputError(
        `${base}.npy has labels for ${counted(own.length, "sequence")}, and there are ${parts.length}.`,
      );
    }
    return own.map((part) => labelsIn(part, T, `${base}.npy`));
  }
  if (!existsSync(`${base}.txt`)) return null;
  const lines = await readLines(`${base}.txt`);
  if (lines.length !== parts.length * T) {
    throw new InputError(
      `${base}.txt has ${counted(lines.length, "line")}: expected a label for each of ${counted(parts.length * T, "frame")}.`,
    );
  }
  return parts.map((_, n) => lines.slice(n * T, (n + 1) * T).map((line) => labelOfCell(line, separator)));
}

/** The parts of an array along its first axis; no values are copied. */
function partsOf({ shape: [N = 0, ...shape], values }: NumberArray): NumberArray[] {
  const size = values.length / Math.max(N, 1);
  return Array.from({ length: N }, (_, n) => ({
    shape,
    values: values.subarray(n * size, (n + 1) * size) as TensorValues,
  }));
}

/** An array as [T,I]; one of one axis has a number for each frame. */
function matrixOf({ shape, values }: NumberArray, place: string): NumberArray {
  if (shape.length === 1) return { shape: [...shape, 1], values };
  if (shape.length === 2) return { shape, values };
  throw new FileError(`${place}: expected frames of shape [T,I], got [${shape}].`);
}

/** The labels of T frames: whole numbers [T], or zeros and ones [T,C]. */
function labelsIn({ shape, values }: NumberArray, T: number, place: string): FrameLabel[] {
  if (shape.length < 1 || shape.length > 2 || shape[0] !== T) {
    throw new InputError(`${place}: expected labels of shape [${T}] or [${T},C], got [${shape}].`);
  }
  const C = shape[1] ?? 0;
  const numbers = Array.from(values as ArrayLike<number>, Number);
  if (shape.length === 1) {
    return numbers.map((number, t) => {
      if (Number.isInteger(number)) return number < 0 ? null : String(number);
      throw new InputError(`${place}, frame ${t + 1}: expected the number of a label, got ${number}.`);
    });
  }
  const odd = numbers.findIndex((number) => number !== 0 && number !== 1);
  if (odd >= 0) {
    throw new InputError(
      `${place}, frame ${Math.floor(odd / C) + 1}: expected 0 or 1 for label ${odd % C}, got ${numbers[odd]}.`,
    );
  }
  return Array.from({ length: T }, (_, t) =>
    numbers.slice(t * C, (t + 1) * C).flatMap((number, c) => (number === 1 ? [String(c)] : [])),
  );
}
