import { FileError, quote } from "../errors.js";
import type { WeightType } from "../weights.js";
import { packWeights, unpackWeights, weightTypes } from "../weights.js";
import type { NamedTensor } from "./safetensors.js";
import type { TensorValues } from "./tensorValues.js";

/** The tensor of a matrix's scales, F32 [rows], beside its int8 values. */
export function scaleName(name: string): string {
  return `${name}.scale`;
}

/** Matrices in a smaller type, everything else as it is. The values fit that type already: see Store.quantize. */
export function packTensors(tensors: Iterable<NamedTensor>, type: WeightType): NamedTensor[] {
  return [...tensors].flatMap((tensor): NamedTensor[] => {
    const { name, shape, values } = tensor;
    if (shape.length !== 2 || values instanceof Int32Array) return [tensor];
    const packed = packWeights(values as Float32Array, shape[0] as number, type);
    if (packed.type === "bfloat16") return [{ name, shape, values: packed.values, type: "BF16" }];
    return [
      { name, shape, values: packed.values },
      { name: scaleName(name), shape: [shape[0] as number], values: packed.scales },
    ];
  });
}

/** Weights of a file as a model keeps them, by name: in float32, or whole numbers. */
export type UnpackedWeights = Record<string, { shape: readonly number[]; values: Float32Array | Int32Array }>;

/**
 * The opposite: every tensor as float32, but for whole numbers of 32 bits.
 * @param tensors those of a file that expectTensors has checked.
 * @throws FileError for a value that is not finite, or not in float32.
 */
export function unpackTensors(file: string, tensors: readonly NamedTensor[]): UnpackedWeights {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const unpacked: UnpackedWeights = Object.create(null);
  for (const { name, shape, values } of tensors) {
    const owner = name.endsWith(".scale") ? byName.get(name.slice(0, -".scale".length)) : undefined;
    if (owner?.values instanceof Int8Array) continue;
    if (values instanceof Int32Array) {
      unpacked[name] = { shape, values };
      continue;
    }
    const floats = floatsOf(values, byName.get(scaleName(name))?.values);
    if (!allFinite(floats)) {
      const wrong = floats.findIndex((value) => !Number.isFinite(value));
      throw new FileError(
        `${file}: tensor ${quote(name)} is no weight of a working model: element ${wrong} is ${values[wrong]}, ` +
          "expected finite numbers of float32. The training that made it diverged, or the file is damaged.",
      );
    }
    unpacked[name] = { shape, values: floats };
  }
  return unpacked;
}

/** Ten times as fast as asking each value. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) - (values[i] as number);
  return sum === 0;
}

/** @param values floats, or the int8 ones of a matrix. @param scales those of its rows. */
function floatsOf(values: TensorValues, scales: TensorValues | undefined): Float32Array {
  if (values instanceof Float32Array) return values;
  if (values instanceof Float64Array) return Float32Array.from(values);
  return unpackWeights({ type: "int8", values: values as Int8Array, scales: scales as Float32Array });
}

/** The type of a file's matrices, by its metadata; null: float32. */
export function weightTypeOf(metadata: Readonly<Record<string, string>>): WeightType | null {
  return weightTypes.find((type) => type === metadata.weights) ?? null;
}
