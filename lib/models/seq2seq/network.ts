import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Memory } from "../../nn/attention.js";
import { Attention } from "../../nn/attention.js";
import { Dropout } from "../../nn/dropout.js";
import { Embedding } from "../../nn/embedding.js";
import { uniform } from "../../nn/initializers.js";
import { Linear } from "../../nn/linear.js";
import type { Parameter } from "../../nn/parameter.js";
import { RecurrentStack } from "../../nn/recurrent.js";
import { noiseOf } from "../../nn/recurrentNoise.js";
import type { State, StateEntry } from "../../nn/stateEntry.js";
import type { CompleteConfig } from "../cellConfig.js";
import { optionsOfCell } from "../cellConfig.js";
import type { Encoded } from "../decoderStep.js";
import type { PairNetwork, PairTensors } from "../pairModel/pairNetwork.js";
import type { Seq2SeqConfig } from "./config.js";
import { completeSeq2SeqConfig } from "./config.js";

/** The name in the decoder's state of the vector that input feeding carries from step to step. */
const feedName = "feed";
/** The name of the token that a step has written, where the next one may read it. */
const writtenName = "written";

/** The steps of the decoder: features [T,B,F], and weights [T,B,S] of attention. */
interface Unrolled {
  features: Tensor;
  weights: Tensor | null;
}

/** The results of a step, as a scan takes them. */
function outputsOf({ features, state, weights }: { features: Tensor; state: State; weights: Tensor | null }) {
  const outputs: Record<string, Tensor> = weights ? { features, weights } : { features };
  return { state, outputs };
}

/**
 * The layers of an encoder-decoder: embeddings, encoder, bridge, attention, decoder, output.
 *
 * The decoder is a step (`step`): `unroll` trains it on what it should have written before (teacher forcing), search replays it.
 */
export class Seq2SeqNetwork implements PairNetwork {
  readonly config: CompleteConfig<Seq2SeqConfig>;
  readonly parameters: readonly Parameter[];
  readonly output: Linear;
  readonly #sourceEmbedding: Embedding;
  readonly #targetEmbedding: Embedding;
  readonly #encoder: RecurrentStack;
  readonly #decoder: RecurrentStack;
  readonly #attention: Attention | null;
  /** From the encoder's last state to the decoder's first, by entry of the latter; empty where they are of the same sizes. */
  readonly #bridges: ReadonlyMap<string, Linear>;
  /** Combines state, context and embedding for the output layer; null where that reads the state alone. */
  readonly #combine: Linear | null;
  readonly #embeddingDropout: Dropout;
  readonly #outputDropout: Dropout;

  constructor(config: Seq2SeqConfig) {
    this.config = completeSeq2SeqConfig(config);
    const { hiddenSize, embeddingSize, encoderLayers, decoderLayers, bidirectional, dropout, context } = this.config;
    const { sourceVocabularySize, targetVocabularySize, attention, attend, inputFeeding } = this.config;
    // As output weights, vectors of length sqrt(E) would make a new model sure of itself: its loss would not begin at ln V.
    const first = this.config.tied ? { initializer: uniform(0.1) } : {};
    const table = (name: string, vocabularySize: number) =>
      new Embedding(name, { vocabularySize, embeddingSize, ...first });
    this.#targetEmbedding = table(this.config.sharedEmbedding ? "embedding" : "target", targetVocabularySize);
    this.#sourceEmbedding = this.config.sharedEmbedding ? this.#targetEmbedding : table("source", sourceVocabularySize);
    this.#encoder = this.#stack("encoder", {
      inputSize: embeddingSize,
      hiddenSize: this.config.encoderSize,
      layers: encoderLayers,
      dropout,
      bidirectional,
    });
    const memorySize = this.#encoder.outputSize;
    this.#attention =
      attention === "none"
        ? null
        : new Attention("attention", { querySize: hiddenSize, memorySize, scorer: attention });

    const readsContext = (this.#attention && attend === "before") || context === "every";
    const featureSize = this.config.tied ? embeddingSize : hiddenSize;
    const inputSize = embeddingSize + (readsContext ? memorySize : 0) + (inputFeeding ? featureSize : 0);
    this.#decoder = this.config.sharedStack
      ? this.#encoder
      : this.#stack("decoder", { inputSize, hiddenSize, layers: decoderLayers, dropout, bidirectional: false });
    this.#bridges = this.#bridge();
    const seesSource = this.#attention !== null || context === "every";
    const parts = hiddenSize + (seesSource ? memorySize : 0) + (readsContext ? embeddingSize : 0);
    this.#combine =
      !seesSource && hiddenSize === featureSize
        ? null
        : new Linear("combine", { inputSize: parts, outputSize: featureSize, bias: false });
    this.output = new Linear("output", {
      inputSize: featureSize,
      outputSize: targetVocabularySize,
      ...(this.config.tied ? { tied: this.#targetEmbedding.weight } : {}),
    });
    this.#embeddingDropout = new Dropout("embedding.dropout", { rate: dropout });
    this.#outputDropout = new Dropout("output.dropout", { rate: dropout });
    const tables = this.config.sharedEmbedding
      ? [this.#targetEmbedding]
      : [this.#sourceEmbedding, this.#targetEmbedding];
    const layers = [
      ...tables,
      this.#encoder,
      ...this.#bridges.values(),
      this.#attention,
      this.config.sharedStack ? null : this.#decoder,
      this.#combine,
      this.output,
    ];
    this.parameters = layers.flatMap((layer) => layer?.parameters ?? []);
  }

  /** source i32 [S,B], lengths i32 [B]. */
  encode(source: Tensor, lengths: Tensor): Encoded {
    const { graph } = source;
    const B = source.shape[1] as number;
    const embedded = this.#embeddingDropout.apply(this.#sourceEmbedding.apply(source));
    const { y, last } = this.#encoder.apply(embedded, { lengths });
    const state: State = {};
    for (const entry of this.#decoder.stateEntries) {
      const joined = this.#joined(last, entry);
      const bridge = this.#bridges.get(entry.name);
      state[entry.name] = bridge ? ops.tanh(bridge.apply(joined)) : joined;
    }
    if (this.config.inputFeeding) state[feedName] = graph.zeros([B, this.output.weight.shape[1] as number]);
    const summary = this.#joined(last, { kind: "h", layer: this.config.encoderLayers - 1 });
    return { memory: this.#attention?.memory(y, lengths) ?? null, summary, state, blocks: null };
  }

  /**
   * Records all steps of the decoder, up to what the output layer reads.
   * @param inputs i32 [T,B], the tokens before those that are to be predicted.
   * @param truth [T,B]: 1 where a step reads that token (teacher forcing), 0 where it reads the likeliest one of the step before
   *   (free running); scheduled sampling mixes them (Bengio et al. 2015). The first row must be 1: nothing was written before it.
   *   Default: all 1.
   * @returns features [T B,F]; weights [T,B,S] of attention, or null.
   */
  unroll(inputs: Tensor, encoded: Encoded, truth: Tensor | null = null): { features: Tensor; weights: Tensor | null } {
    const { graph } = inputs;
    const [T, B] = inputs.shape as [number, number];
    const unrolled = truth ? this.#free(inputs, encoded, truth) : this.#forced(inputs, encoded);
    const features = graph.within("output", () => this.#outputDropout.apply(unrolled.features));
    return { features: ops.reshape(features, [T * B, features.shape[2] as number]), weights: unrolled.weights };
  }

  losses({ source, sourceLengths, inputs, targets, truth }: PairTensors): { losses: Tensor; count: Tensor } {
    const { features } = this.unroll(inputs, this.encode(source, sourceLengths), truth);
    return this.output.crossEntropy(features, ops.reshape(targets, [features.shape[0] as number]));
  }

  /**
   * One step of the decoder.
   * @param tokens i32 [N]: N is B, or a multiple of it where several hypotheses share a source.
   * @returns logits [N,V], the state after, and the weights of attention [N,S] or null.
   */
  step(tokens: Tensor, state: State, encoded: Encoded): { logits: Tensor; state: State; weights: Tensor | null } {
    const next = this.#step(this.#targetEmbedding.apply(tokens), state, encoded, {});
    return { logits: this.output.apply(next.features), state: next.state, weights: next.weights };
  }

  /** embedded [N,E] */
  #step(
    embedded: Tensor,
    state: State,
    encoded: Encoded,
    masks: Record<string, Tensor>,
  ): { features: Tensor; state: State; weights: Tensor | null } {
    const { [feedName]: feed, ...cells } = state;
    const before = this.config.attend === "before" ? this.#attend(this.#top(cells), encoded) : null;
    const summary = before?.context ?? this.#summaryAt(encoded, embedded);
    const input = ops.concat([embedded, ...(summary ? [summary] : []), ...(feed ? [feed] : [])], 1);
    const { y, state: after } = this.#decoder.step(input, cells, masks);
    const attended = before ?? this.#attend(y, encoded);
    const features = this.#combined(y, attended?.context ?? summary, summary ? embedded : null);
    return {
      features,
      state: feed ? { ...after, [feedName]: features } : after,
      weights: attended?.weights ?? null,
    };
  }

  /** Every step reads the truth. */
  #forced(inputs: Tensor, encoded: Encoded): Unrolled {
    const embedded = this.#embeddingDropout.apply(this.#targetEmbedding.apply(inputs));
    const feedsBack = this.#attention !== null && (this.config.attend === "before" || this.config.inputFeeding);
    return feedsBack ? this.#scan(embedded, encoded) : this.#whole(embedded, encoded);
  }

  /** A step reads the state that the one before made. */
  #scan(embedded: Tensor, encoded: Encoded): Unrolled {
    const [T, B] = embedded.shape as [number, number];
    const masks = this.#decoder.dropoutMasks(embedded.graph, T, B);
    const { outputs } = ops.scan({ inputs: { embedded, ...masks }, state: encoded.state }, (rows, state) => {
      const { embedded: row, ...own } = rows as Record<string, Tensor>;
      return outputsOf(this.#step(row as Tensor, state, encoded, own));
    });
    return { features: outputs.features as Tensor, weights: outputs.weights ?? null };
  }

  /** A step reads also the token that the one before would have written, where it may not see the truth. */
  #free(inputs: Tensor, encoded: Encoded, truth: Tensor): Unrolled {
    const { graph } = inputs;
    const [T, B] = inputs.shape as [number, number];
    const ones = ops.broadcastTo(ops.affine(graph.zeros([]), { shift: 1 }), [T, B, this.config.embeddingSize]);
    const rows = {
      known: this.#targetEmbedding.apply(inputs),
      truth: ops.reshape(truth, [T, B, 1]),
      kept: this.#embeddingDropout.apply(ones),
      ...this.#decoder.dropoutMasks(graph, T, B),
    };
    // The token that the step before has written: whole numbers. Nobody reads the first one.
    const begun = { ...encoded.state, [writtenName]: ops.argmax(graph.zeros([B, 1]), 1) };
    const { outputs } = ops.scan<string, string, string>({ inputs: rows, state: begun }, (row, before) => {
      const { known, truth: sees, kept, ...masks } = row as Record<"known" | "truth" | "kept", Tensor>;
      const { [writtenName]: written, ...state } = before as Record<string, Tensor>;
      const own = ops.subtract(ops.affine(graph.zeros([]), { shift: 1 }), sees);
      const guessed = ops.multiply(this.#targetEmbedding.apply(written as Tensor), own);
      const embedded = ops.multiply(ops.add(ops.multiply(known, sees), guessed), kept);
      const next = this.#step(embedded, state, encoded, masks);
      const likeliest = ops.argmax(this.output.apply(next.features), 1);
      const { outputs, state: after } = outputsOf(next);
      return { outputs, state: { ...after, [writtenName]: likeliest } };
    });
    return { features: outputs.features as Tensor, weights: outputs.weights ?? null };
  }

  /** No step reads the features or the context of another: all steps at once. */
  #whole(embedded: Tensor, encoded: Encoded): Unrolled {
    const summary = this.#summaryAt(encoded, embedded);
    const input = summary ? ops.concat([embedded, summary], 2) : embedded;
    const { y } = this.#decoder.apply(input, { state: encoded.state });
    const attended = this.#attention?.apply(y, encoded.memory as Memory);
    return {
      features: this.#combined(y, attended?.context ?? summary, summary ? embedded : null),
      weights: attended?.weights ?? null,
    };
  }

  /** query [N,H] -> context [N,M], weights [N,S]. */
  #attend(query: Tensor, { memory }: Encoded): { context: Tensor; weights: Tensor } | null {
    if (!this.#attention || !memory) return null;
    const { context, weights } = this.#attention.apply(ops.reshape(query, [1, ...query.shape]), memory);
    return {
      context: ops.reshape(context, context.shape.slice(1)),
      weights: ops.reshape(weights, weights.shape.slice(1)),
    };
  }

  /** Luong et al. (2015), equation 5: tanh(W [h; context]), and the embedding where the step has read the context too. */
  #combined(h: Tensor, context: Tensor | null, embedded: Tensor | null): Tensor {
    if (!this.#combine) return h;
    const parts = [h, ...(context ? [context] : []), ...(embedded ? [embedded] : [])];
    return ops.tanh(this.#combine.apply(ops.concat(parts, h.shape.length - 1)));
  }

  /** The summary [B,M] for each row of x [N,E] or [T,B,E], N a multiple of B, where steps read it. */
  #summaryAt({ summary }: Encoded, x: Tensor): Tensor | null {
    if (this.config.context !== "every" || !summary) return null;
    const [B, M] = summary.shape as [number, number];
    if (x.shape.length === 3) return ops.broadcastTo(summary, [...x.shape.slice(0, 2), M]);
    const N = x.shape[0] as number;
    if (N === B) return summary;
    return ops.reshape(ops.broadcastTo(ops.reshape(summary, [B, 1, M]), [B, N / B, M]), [N, M]);
  }

  /** The decoder's topmost hidden state. */
  #top(state: State): Tensor {
    const top = this.#decoder.stateEntries.findLast(({ kind }) => kind === "h") as StateEntry;
    return state[top.name] as Tensor;
  }

  /** The first value of a decoder's entry, before the bridge: the encoder's last one of the same layer, or of its topmost. */
  #joined(last: State, { kind, layer }: Pick<StateEntry, "kind" | "layer">): Tensor {
    const ends = this.#encoderEntries(kind, layer).map(({ name }) => last[name] as Tensor);
    return ends.length === 1 ? (ends[0] as Tensor) : ops.concat(ends, 1);
  }

  /** The encoder's entries of a kind, of both directions, in a layer or in its topmost. */
  #encoderEntries(kind: string, layer: number): StateEntry[] {
    const from = Math.min(layer, this.config.encoderLayers - 1);
    return this.#encoder.stateEntries.filter((entry) => entry.kind === kind && entry.layer === from);
  }

  /** Bridges where the encoder's last state does not fit, or its layers are not as many. */
  #bridge(): Map<string, Linear> {
    const { encoderLayers, decoderLayers } = this.config;
    const ends = this.#decoder.stateEntries.map(({ name, kind, layer, size: outputSize }) => {
      const inputSize = this.#encoderEntries(kind, layer).reduce((sum, { size }) => sum + size, 0);
      return { name: `bridge.${name}`, entry: name, inputSize, outputSize };
    });
    const fits = ends.every(({ inputSize, outputSize }) => inputSize === outputSize);
    if (fits && encoderLayers === decoderLayers) return new Map();
    return new Map(ends.map(({ name, entry, ...sizes }) => [entry, new Linear(name, sizes)]));
  }

  #stack(
    name: string,
    options: { inputSize: number; hiddenSize: number; layers: number; dropout: number; bidirectional: boolean },
  ): RecurrentStack {
    return new RecurrentStack(name, {
      cell: this.config.cell,
      ...options,
      ...noiseOf(this.config),
      ...optionsOfCell(this.config),
    });
  }
}
