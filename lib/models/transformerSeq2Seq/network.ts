import { OptionError } from "../../errors.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { Dropout } from "../../nn/dropout.js";
import { Embedding } from "../../nn/embedding.js";
import { normal } from "../../nn/initializers.js";
import { smoothedCrossEntropy, stepsThatExist } from "../../nn/labelSmoothing.js";
import { Linear } from "../../nn/linear.js";
import type { Parameter } from "../../nn/parameter.js";
import { Positions } from "../../nn/positions.js";
import type { State, StepEntry } from "../../nn/stateEntry.js";
import { Transformer } from "../../nn/transformer.js";
import type { Encoded } from "../decoderStep.js";
import type { PairNetwork, PairTensors } from "../pairModel/pairNetwork.js";
import type { TransformerSeq2SeqConfig } from "./config.js";
import { completeTransformerSeq2SeqConfig } from "./config.js";

/** Base of the angles of rotary positions (Su et al. 2021). */
const rotaryBase = 10_000;

/**
 * The layers of an encoder-decoder Transformer (Vaswani et al. 2017, figure 1): embeddings and positions -> blocks that read the
 * source; embeddings and positions -> causal blocks that also read what those made of it -> softmax over the target's vocabulary.
 */
export class TransformerSeq2SeqNetwork implements PairNetwork {
  readonly config: Required<TransformerSeq2SeqConfig>;
  readonly parameters: readonly Parameter[];
  readonly longest: number;
  readonly positionVectors: number;
  readonly encoder: Transformer;
  readonly decoder: Transformer;
  readonly output: Linear;
  readonly #sourceEmbedding: Embedding;
  readonly #targetEmbedding: Embedding;
  /** Vectors for the positions of both sides; null where they are rotary. */
  readonly #positions: Positions | null;
  readonly #dropout: Dropout;

  constructor(config: TransformerSeq2SeqConfig) {
    this.config = completeTransformerSeq2SeqConfig(config);
    const { hiddenSize: size, contextLength, positions, dropout, tied, sharedEmbedding } = this.config;
    const { sourceVocabularySize, targetVocabularySize, encoderLayers, decoderLayers } = this.config;
    this.longest = contextLength;
    this.positionVectors = positions === "rotary" ? 0 : contextLength;
    // Times the square root of F, as they are read, vectors have elements of deviation 1; as output weights they are as small as those.
    const table = (name: string, vocabularySize: number) =>
      new Embedding(name, { vocabularySize, embeddingSize: size, initializer: normal(1 / Math.sqrt(size)) });
    this.#targetEmbedding = table(sharedEmbedding ? "embedding" : "target", targetVocabularySize);
    this.#sourceEmbedding = sharedEmbedding ? this.#targetEmbedding : table("source", sourceVocabularySize);
    this.#positions =
      positions === "rotary" ? null : new Positions("positions", { size, length: contextLength, kind: positions });
    this.#dropout = new Dropout("embedding.dropout", { rate: dropout });
    this.encoder = this.#blocks("encoder", { layers: encoderLayers });
    this.decoder = this.#blocks("decoder", { layers: decoderLayers, causal: true, memorySize: size });
    this.output = new Linear("output", {
      inputSize: size,
      outputSize: targetVocabularySize,
      bias: false,
      ...(tied ? { tied: this.#targetEmbedding.weight } : {}),
    });
    const tables = sharedEmbedding ? [this.#targetEmbedding] : [this.#sourceEmbedding, this.#targetEmbedding];
    this.parameters = [...tables, this.#positions, this.encoder, this.decoder, this.output].flatMap(
      (layer) => layer?.parameters ?? [],
    );
  }

  /** source i32 [S,B], lengths i32 [B]. */
  encode(source: Tensor, lengths: Tensor): Encoded {
    const memory = this.#read(source, lengths);
    return {
      memory: null,
      summary: null,
      state: {},
      blocks: { memories: this.decoder.keysAndValues(memory), lengths },
    };
  }

  losses({ source, sourceLengths, inputs, targets, targetLengths, truth }: PairTensors): {
    losses: Tensor;
    count: Tensor;
  } {
    const [T, B] = inputs.shape as [number, number];
    if (truth) {
      throw new OptionError(
        "TransformerSeq2Seq: its steps are trained all at once, so that each reads the truth: leave teacherForcing out.",
      );
    }
    const memory = this.#read(source, sourceLengths);
    // Padding after a target's end is hidden from all before it, and has no target.
    const features = this.decoder.apply(this.#embed(this.#targetEmbedding, inputs), {
      memory,
      memoryLengths: sourceLengths,
    });
    const x = ops.reshape(features, [T * B, this.config.hiddenSize]);
    const flat = ops.reshape(targets, [T * B]);
    const share = inputs.graph.training ? this.config.labelSmoothing : 0;
    const smoothing = { share, exists: share > 0 ? stepsThatExist({ T, B, lengths: targetLengths() }) : null };
    return smoothedCrossEntropy(this.output, { x, targets: flat }, smoothing);
  }

  /**
   * The weights of all heads over one pair, block by block from the lowest up: of the encoder to the source [heads,S,1,S], of the decoder
   * to the tokens that it has read [heads,T,1,T], and to the source [heads,T,1,S]. source i32 [S,1], inputs i32 [T,1].
   */
  attentionWeights(source: Tensor, inputs: Tensor): Record<"encoder" | "decoder" | "memory", Tensor[]> {
    const read = this.#embed(this.#sourceEmbedding, source);
    const written = this.#embed(this.#targetEmbedding, inputs);
    const reading = { memory: this.encoder.apply(read) };
    return {
      encoder: this.encoder.weights(read),
      decoder: this.decoder.weights(written, reading),
      memory: this.decoder.memoryWeights(written, reading),
    };
  }

  caches(length: number): StepEntry[] {
    return [...this.decoder.stateEntries(length), { name: "position", size: 1, dtype: "i32" }];
  }

  /** tokens i32 [N] -> logits [N,V], the state after, and the mean weights [N,S] of the topmost block's heads. */
  step(
    tokens: Tensor,
    { position: before, ...memories }: State,
    { blocks }: Encoded,
  ): { logits: Tensor; state: State; weights: Tensor | null } {
    const [N] = tokens.shape as [number];
    const positions = ops.reshape(before as Tensor, [N]);
    const embedded = this.#scaled(this.#targetEmbedding.apply(tokens));
    const x = this.#positions ? this.#positions.step(embedded, positions) : embedded;
    const { y, state, weights } = this.decoder.step(x, memories, {
      positions,
      ...(blocks ? { memories: blocks.memories, memoryLengths: blocks.lengths } : {}),
    });
    const position = ops.nextPositions({ positions: before as Tensor });
    return { logits: this.output.apply(y), state: { ...state, position }, weights };
  }

  /** The encoder's output, [S,B,F]. */
  #read(source: Tensor, lengths: Tensor): Tensor {
    return this.encoder.apply(this.#embed(this.#sourceEmbedding, source), { lengths });
  }

  #embed(table: Embedding, ids: Tensor): Tensor {
    const [T] = ids.shape as [number];
    if (T > this.longest) {
      throw new OptionError(
        `TransformerSeq2Seq: this model reads at most ${this.longest} tokens at a time (contextLength), got ${T}. ` +
          "Take shorter texts, or train a model with a longer context.",
      );
    }
    const embedded = this.#scaled(table.apply(ids));
    return this.#dropout.apply(this.#positions ? this.#positions.apply(embedded) : embedded);
  }

  /** Vaswani et al. (2017), section 3.4. */
  #scaled(embedded: Tensor): Tensor {
    return ops.affine(embedded, { scale: Math.sqrt(this.config.hiddenSize) });
  }

  #blocks(name: string, own: { layers: number; causal?: boolean; memorySize?: number }): Transformer {
    const {
      hiddenSize: size,
      heads,
      feedForwardSize: hiddenSize,
      activation,
      normalization,
      finalNorm,
      dropout,
    } = this.config;
    return new Transformer(name, {
      size,
      heads,
      hiddenSize,
      activation,
      normalization,
      finalNorm,
      dropout,
      ...own,
      ...(this.config.positions === "rotary" ? { rotaryBase } : {}),
    });
  }
}
