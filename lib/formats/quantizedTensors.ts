import { FileError, quote } from "../errors.js";
import type { WeightType } from "../weights.js";
import { packWeights, unpackWeights, weightTypes } from "../weights.js";
import type { NamedTensor, TensorValues } from "./safetensors.js";

/** The tensor of a matrix's scales, F32 [rows], beside its int8 values. */
export function scaleName(name: string): string {
  return `${name}.scale`;
}

/** Matrices in a smaller type, everything else as it is. The values fit that type already: see Store.quantize. */
export function packTensors(tensors: Iterable<NamedTensor>, type: WeightType): NamedTensor[] {
  return [...tensors].flatMap((tensor): NamedTensor[] => {
    const { name, shape, values } = tensor;
    if (shape.length !== 2) return [tensor];
    const packed = packWeights(values as Float32Array, shape[0] as number, type);
    if (packed.type === "bfloat16") return [{ name, shape, values: packed.values, type: "BF16" }];
    return [
      { name, shape, values: packed.values },
      { name: scaleName(name), shape: [shape[0] as number], values: packed.scales },
    ];
  });
}

/** Weights of a file as a model keeps them. */
export interface UnpackedWeights {
  /** By name, float32. */
  tensors: Record<string, { shape: readonly number[]; values: Float32Array }>;
  /** Names of float64 tensors with values that float32 does not hold exactly: they were rounded to the nearest. */
  rounded: string[];
}

/**
 * The opposite: every tensor as float32.
 * @throws FileError for a value that is not finite, or not in float32; and for tensors that are no weights.
 */
export function unpackTensors(file: string, tensors: readonly NamedTensor[]): UnpackedWeights {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const unpacked: UnpackedWeights = { tensors: Object.create(null), rounded: [] };
  for (const { name, shape, values } of tensors) {
    const owner = name.endsWith(".scale") ? byName.get(name.slice(0, -".scale".length)) : undefined;
    if (owner?.values instanceof Int8Array) continue;
    const floats = floatsOf(values, byName.get(scaleName(name))?.values);
    if (!floats) throw new FileError(`${file}: tensor ${quote(name)} has values of a type that no weights have.`);
    if (!allFinite(floats)) {
      const wrong = floats.findIndex((value) => !Number.isFinite(value));
      throw new FileError(
        `${file}: tensor ${quote(name)} is no weight of a working model: element ${wrong} is ${values[wrong]}, ` +
          "expected finite numbers of float32. The training that made it diverged, or the file is damaged.",
      );
    }
    if (values instanceof Float64Array && floats.some((value, i) => value !== values[i])) unpacked.rounded.push(name);
    unpacked.tensors[name] = { shape, values: floats };
  }
  return unpacked;
}

/** Ten times as fast as asking each value. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) - (values[i] as number);
  return sum === 0;
}

function floatsOf(values: TensorValues, scales: TensorValues | undefined): Float32Array | null {
  if (values instanceof Float32Array) return values;
  if (values instanceof Float64Array) return Float32Array.from(values);
  const fits = values instanceof Int8Array && scales instanceof Float32Array && values.length % scales.length === 0;
  return fits ? unpackWeights({ type: "int8", values, scales }) : null;
}

/** What the metadata of a file says of its matrices. */
export function weightTypeOf(metadata: Readonly<Record<string, string>>): WeightType | null {
  return weightTypes.find((type) => type === metadata.weights) ?? null;
}
