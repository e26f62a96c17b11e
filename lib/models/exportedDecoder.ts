import { Graph } from "../graph/graph.js";
import type { Tensor } from "../graph/tensor.js";
import type { StepEntry } from "../nn/stateEntry.js";
import type { ExportedGraph, Sizes } from "../onnx/index.js";
import type { Decoder, Encoded } from "./decoderStep.js";
import { encodedOf, outputEncoded, statePrefix } from "./decoderStep.js";

/** An encoder and a decoder that are to be exported. */
export interface ExportedPair {
  readonly decoder: Decoder;
  /** Names of the sizes of what the encoder reads: S and B. */
  readonly sizes: readonly string[];
  /** Records the encoder, and its feeds. */
  encode(graph: Graph, sizes: Sizes): Encoded;
  /** Whether the sources side by side have lengths of their own, a feed of the encoder. */
  readonly hasLengths: boolean;
  /** The largest of the sizes, where there is one. */
  readonly largest?: Sizes;
  /** Tokens for which decoders that keep something of each have room. */
  readonly length: number;
}

/**
 * The graphs of a model that reads one thing and writes another: `encoder`, whose outputs the step reads, and `step`: tokens i32 [B] and
 * the state before, to logits [B,V], where it looked, [B,S], and the state after, `next.state.NAME`. States that the encoder does not give
 * begin as zeros, but for a `lineage`, whose rows begin as their own numbers.
 */
export function exportedPair(pair: ExportedPair): ExportedGraph[] {
  const { decoder, sizes, encode, hasLengths, length } = pair;
  const shared = { sizes, ...(pair.largest ? { largest: pair.largest } : {}) };
  const caches = decoder.caches?.(length) ?? [];
  return [
    { name: "encoder", ...shared, record: (graph, own) => outputEncoded(graph, encode(graph, own)) },
    {
      name: "step",
      ...shared,
      record: (graph, own) => recordStep(graph, own, { decoder, encode, hasLengths, caches }),
    },
  ];
}

function recordStep(
  graph: Graph,
  own: Sizes,
  {
    decoder,
    encode,
    hasLengths,
    caches,
  }: Pick<ExportedPair, "decoder" | "encode" | "hasLengths"> & { caches: readonly StepEntry[] },
): void {
  const { B = 1 } = own;
  // The encoder's outputs, whose forms are known once it is recorded.
  const other = new Graph();
  outputEncoded(other, encode(other, own));
  const { outputs, values } = other.program();
  const feeds: Record<string, Tensor> = {};
  for (const { name, value } of outputs) feeds[name] = graph.feed(name, "f32", values[value]?.shape ?? []);
  for (const { name, size, dtype = "f32" } of caches) {
    feeds[statePrefix + name] = graph.feed(statePrefix + name, dtype, [B, size]);
  }
  const encoded = encodedOf(feeds, hasLengths ? graph.feed("lengths", "i32", [B]) : null);
  const next = decoder.step(graph.feed("tokens", "i32", [B]), encoded.state, encoded);
  graph.output("logits", next.logits);
  if (next.weights) graph.output("attention", next.weights);
  for (const [name, tensor] of Object.entries(next.state)) graph.output(`next.${statePrefix}${name}`, tensor);
}
