import type { Values } from "../executor/executor.js";
import { expectMemory } from "../executor/memory.js";
import type { Graph } from "../graph/graph.js";
import type { Tensor } from "../graph/tensor.js";
import type { LayerVectors } from "./probe.js";

/** Records what a network holds below and above each recurrent layer, [T,B,F] each, as outputs that `layerVectors` reads. */
export function outputLayers(graph: Graph, embedded: Tensor, layers: readonly Tensor[]): void {
  for (const [l, layer] of [embedded, ...layers].entries()) graph.output(layerName(l), layer);
}

/** A vector that is wanted: the mean over some steps of a sequence. */
export interface VectorPlace {
  /** Its number among all vectors. */
  row: number;
  steps: readonly number[];
}

/**
 * The vectors of each layer, from the embedding up, at places of sequences that are read side by side.
 * @param options.count N.
 * @param options.places the vectors that are wanted of a sequence.
 * @param options.run reads a batch of sequences; B of its outputs may be larger than the batch.
 */
export async function layerVectors(options: {
  count: number;
  batches: readonly (readonly number[])[];
  places: (sequence: number) => readonly VectorPlace[];
  run: (batch: readonly number[]) => Promise<{ T: number; B: number; outputs: Readonly<Record<string, Values>> }>;
  onProgress: (share: number) => void;
  signal: AbortSignal | undefined;
}): Promise<LayerVectors[]> {
  const { count, batches, places, run, onProgress, signal } = options;
  const layers: LayerVectors[] = [];
  for (const [done, batch] of batches.entries()) {
    signal?.throwIfAborted();
    const { T, B, outputs } = await run(batch);
    for (let l = 0; ; l++) {
      const values = outputs[layerName(l)] as Float32Array | undefined;
      if (!values) break;
      layers[l] ??= emptyLayer(l, values.length / (T * B), count);
      const { features: F, values: all } = layers[l] as LayerVectors;
      for (const [b, sequence] of batch.entries()) {
        for (const { row, steps } of places(sequence)) {
          for (const t of steps) {
            const from = (t * B + b) * F;
            for (let f = 0; f < F; f++) {
              all[row * F + f] = (all[row * F + f] as number) + (values[from + f] as number) / steps.length;
            }
          }
        }
      }
    }
    onProgress((done + 1) / batches.length);
  }
  return layers;
}

function layerName(layer: number): string {
  return layer === 0 ? "embedding" : `layer ${layer}`;
}

function emptyLayer(layer: number, features: number, count: number): LayerVectors {
  expectMemory(4 * count * features, `probe: ${count} vectors of a layer`, "Take fewer sentences.");
  return { name: layerName(layer), features, values: new Float32Array(count * features) };
}
