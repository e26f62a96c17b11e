import type { WeightType } from "../weights.js";
import { packWeights, unpackWeights, weightTypes } from "../weights.js";
import type { NamedTensor } from "./safetensors.js";

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
    const matrix = { name, shape, values: packed.values };
    if (packed.type === "bfloat16") return [matrix];
    return [matrix, { name: scaleName(name), shape: [shape[0] as number], values: packed.scales }];
  });
}

/** The opposite: every tensor as floats. */
export function unpackTensors(tensors: readonly NamedTensor[]): NamedTensor[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return tensors.flatMap((tensor) => {
    const { name, values } = tensor;
    if (values instanceof Int8Array) {
      const scales = byName.get(scaleName(name))?.values as Float32Array;
      return [{ ...tensor, values: unpackWeights({ type: "int8", values, scales }) }];
    }
    const owner = name.endsWith(".scale") ? byName.get(name.slice(0, -".scale".length)) : undefined;
    return owner?.values instanceof Int8Array ? [] : [tensor];
  });
}

/** What the metadata of a file says of its matrices. */
export function weightTypeOf(metadata: Readonly<Record<string, string>>): WeightType | null {
  return weightTypes.find((type) => type === metadata.weights) ?? null;
}
