import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Decoder, Encoded } from "../decoderStep.js";
import type { ModelNetwork } from "../modelKind.js";

/** Pairs side by side, each padded to the longest. */
export interface PairTensors {
  /** i32 [S,B] */
  readonly source: Tensor;
  /** i32 [B] tokens of each source. */
  readonly sourceLengths: Tensor;
  /** Records i32 [B], tokens of each target with its end. */
  targetLengths(): Tensor;
  /** i32 [T,B] the tokens before those that are to be predicted. */
  readonly inputs: Tensor;
  /** i32 [T,B] the tokens that are to be predicted, -1 for none. */
  readonly targets: Tensor;
  /** [T,B] 1 where a step reads the true token before, 0 where it reads its own. Absent: all read the truth. */
  readonly truth?: Tensor;
}

/** The layers of an encoder-decoder: what reads a source, a step that writes, and the losses of whole targets. */
export interface PairNetwork extends ModelNetwork, Decoder {
  /** Most tokens of a source, and of a target with its end. Absent: any number. */
  readonly longest?: number;
  /** Positions of a text that have vectors, which only texts of that length teach. Absent: none. */
  readonly positionVectors?: number;

  /** Records the reading of sources. source i32 [S,B], lengths i32 [B]. */
  encode(source: Tensor, lengths: Tensor): Encoded;

  /** Records the losses of targets: losses [T*B] in nats, and `count` of those that count. */
  losses(pairs: PairTensors): { losses: Tensor; count: Tensor };
}

/** Sizes of a batch: S source steps, T target steps, B pairs. */
export interface PairForm {
  S: number;
  T: number;
  B: number;
  /** Whether the batch says which steps read the truth: the feed `truth`. Default false: all do. */
  free?: boolean;
  /** Fingerprint of the TokenizerPair that made the tokens, where that is known. */
  tokenizer?: string;
}

/**
 * The loss of a batch. Feeds: source i32 [S,B], sourceLengths i32 [B], inputs and targets i32 [T,B], -1 for no target; truth
 * [T,B] where the form says so, targetLengths i32 [B] where the network asks for them.
 */
export function recordPairLoss(
  graph: Graph,
  network: PairNetwork,
  { S, T, B, free = false }: PairForm,
): { losses: Tensor; count: Tensor } {
  const { losses, count } = network.losses({
    source: graph.feed("source", "i32", [S, B]),
    sourceLengths: graph.feed("sourceLengths", "i32", [B]),
    targetLengths: () => graph.feed("targetLengths", "i32", [B]),
    ...(free ? { truth: graph.feed("truth", "f32", [T, B]) } : {}),
    inputs: graph.feed("inputs", "i32", [T, B]),
    targets: graph.feed("targets", "i32", [T, B]),
  });
  return { losses: ops.reshape(losses, [T, B]), count };
}
