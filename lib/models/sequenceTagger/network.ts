import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { CellOptions } from "../../nn/cellRegistry.js";
import { cellNamed } from "../../nn/cellRegistry.js";
import { Dropout } from "../../nn/dropout.js";
import { Embedding } from "../../nn/embedding.js";
import { constant, initializer, uniform } from "../../nn/initializers.js";
import { Linear } from "../../nn/linear.js";
import { Parameter } from "../../nn/parameter.js";
import { connections, layerCount, RecurrentStack } from "../../nn/recurrent.js";
import { noiseOf, recurrentNoiseRules } from "../../nn/recurrentNoise.js";
import type { OptionsOf } from "../../options.js";
import { flag, option, optional, real, table, text, whole, word } from "../../options.js";
import type { RecordedLoss } from "../../train/trainable.js";
import type { CompleteConfig } from "../cellConfig.js";
import { completeWithCell, optionsOfCell } from "../cellConfig.js";
import { CharacterEncoder, characterEncoders, lookedUp } from "./characters.js";
import { LanguageStates, languageConfig } from "./languageStates.js";
import { ngramBuckets, ngramKinds } from "./ngrams.js";

/** The architecture of a tagger, as stored in config.json. Options of its cell stand beside the others. @interface */
export type SequenceTaggerConfig = OptionsOf<typeof taggerRules> & CellOptions;

const size = whole({ minimum: 1 });

/** How the tags of a sentence hang together. */
export const taggerOutputs = ["softmax", "crf"] as const;

/** The rules of the architecture's options. */
export const taggerRules = table("SequenceTagger", {
  /** V: words of the vocabulary, with the one for all others. */
  vocabularySize: option(size, { flag: null, aka: ["vocab_size"] }),
  /** Characters of the vocabulary, with the one for all others. */
  characterCount: option(size, { flag: null }),
  /** C: tags. */
  classes: option(whole({ minimum: 2 }), { flag: null, aka: ["num_classes", "num_labels"] }),
  /**
   * How a word's characters become a vector beside the word's own: "rnn", an LSTM in both directions (Lample et al. 2016); "cnn",
   * filters over three of them (Ma & Hovy 2016), which is faster; or "none". Default rnn.
   */
  characters: word(characterEncoders, "rnn"),
  /** Size of character vectors. Default 32. */
  characterEmbeddingSize: whole({ minimum: 1, initial: 32 }),
  /** Units of the character LSTM in each direction, or filters of the cnn. Default 64. */
  characterSize: whole({ minimum: 1, initial: 64 }),
  /**
   * Language model whose states at the ends of the words are read beside their vectors (Akbik et al. 2018), frozen: it reads a sentence
   * from its beginning. Its architecture, as config.json keeps it; `create` takes the model. Default: none.
   */
  forwardModel: option(optional(languageConfig), { flag: null }),
  /** The same for a language model that reads from the end: one that has learnt from lines in reverse. Default: none. */
  backwardModel: option(optional(languageConfig), { flag: null }),
  /**
   * Size of the vectors of a token with its neighbours, beside its own: of it and the one before, it and the one after, and all three (Pei,
   * Ge & Chang 2014), in one table of 131,072 rows by their hash (Weinberger et al. 2009). It pays where tokens are characters; 0 for none.
   * Default 0.
   */
  ngramSize: whole({ initial: 0 }),
  /** Recurrent cell: one of the library's, or of those that registerCell has added. Default lstm. */
  cell: cellNamed("lstm"),
  /** Layers on top of each other. Default 1. */
  layers: option(layerCount(1), { aka: ["num_layers", "n_layers"] }),
  /** H: units of a layer, in each direction. Default 128. */
  hiddenSize: option(whole({ minimum: 1, initial: 128 }), { aka: ["hidden", "units", "hidden_dim"] }),
  /** E: size of word vectors. Default 100. */
  embeddingSize: option(whole({ minimum: 1, initial: 100 }), { aka: ["embedding", "embedding_dim"] }),
  /** Leave the vectors of words as they are in training, those of a file for example. Default false. */
  frozenWords: option(flag(), { aka: ["freeze_embeddings"] }),
  /** Read the sentence in both directions. Default true. */
  bidirectional: option(flag(true), { aka: ["bidir"] }),
  /**
   * How the tags of a sentence hang together: "softmax", each token by itself; or "crf", a conditional random field that also learns
   * which tag follows which (Lafferty et al. 2001; Lample et al. 2016). Default softmax.
   */
  output: word(taggerOutputs, "softmax"),
  /** With a crf: forbid what the tags' names forbid, in BIO, BIOES or IOB1, such as I-X after O in BIO. Default true. */
  constraints: flag(true),
  /** Dropout on the vectors of words, between layers and before the output layer. Default 0.5. */
  dropout: option(real({ minimum: 0, below: 1, initial: 0.5 }), { aka: ["dropout_rate", "p"] }),
  /** One dropout mask for all time steps (Gal & Ghahramani 2016). Default false. */
  variational: option(flag(), { aka: ["variational_dropout", "locked_dropout"] }),
  ...recurrentNoiseRules,
  /** How layers are connected: see RecurrentStack. Default plain. */
  connections: word(connections, "plain"),
  /** First values of all weight matrices: "uniform:0.1", "normal:0.02", "xavier", "orthogonal" ... Default: each layer's own. */
  initializer: option(text({ initial: "default" }), {
    aka: ["init", "initialization", "kernel_initializer"],
    written: { as: "rule" },
  }),
});

/** A configuration with every default filled in, and the language models only where there are some. @inline */
export type CompleteTaggerConfig = CompleteConfig<Omit<SequenceTaggerConfig, "forwardModel" | "backwardModel">> &
  Pick<SequenceTaggerConfig, "forwardModel" | "backwardModel">;

function completeConfig(config: SequenceTaggerConfig): CompleteTaggerConfig {
  const { forwardModel, backwardModel, ...complete } = completeWithCell("SequenceTagger", config, {
    table: taggerRules,
    first: "none",
  });
  return { ...complete, ...(forwardModel ? { forwardModel } : {}), ...(backwardModel ? { backwardModel } : {}) };
}

/** Sizes of the program of a batch. @inline */
export interface SentenceSizes {
  /** T: the longest sentence. */
  T: number;
  /** B: sentences side by side. */
  B: number;
  /** C: characters of the longest word. */
  C: number;
  /** W: different words. */
  W: number;
  /** S: characters of the longest sentence, as language models read it; left out without them. */
  S?: number;
  /** The states of language models are fed. */
  stated?: boolean;
}

/**
 * The layers of a tagger:
 * word embedding, characters, states of language models -> dropout -> recurrent stack -> dropout -> linear -> softmax, or a conditional random field.
 */
export class SequenceTaggerNetwork {
  readonly config: CompleteTaggerConfig;
  readonly parameters: readonly Parameter[];
  readonly #words: Embedding;
  readonly #ngrams: Embedding | null;
  readonly #characters: CharacterEncoder | null;
  /** Those that read forward and backward, if any. @internal */
  readonly languages: readonly LanguageStates[];
  readonly #recurrent: RecurrentStack;
  readonly #output: Linear;
  /** Scores of neighbouring tags, [C+2,C], as `ops.crf` takes them. */
  readonly #transitions: Parameter | null;
  readonly #inputDropout: Dropout;
  readonly #outputDropout: Dropout;

  constructor(config: SequenceTaggerConfig) {
    this.config = completeConfig(config);
    const { vocabularySize, embeddingSize, characters, characterCount, classes, dropout, variational } = this.config;
    const { frozenWords, ngramSize } = this.config;
    const chosen = this.config.initializer;
    const first = chosen === "default" ? {} : { initializer: initializer(chosen) };
    // Ma & Hovy (2016), section 3.1.
    const small = uniform(Math.sqrt(3 / embeddingSize));
    this.#words = new Embedding("words", {
      vocabularySize,
      embeddingSize,
      frozen: frozenWords,
      initializer: small,
      ...first,
    });
    this.#ngrams =
      ngramSize === 0
        ? null
        : new Embedding("ngrams", {
            vocabularySize: ngramBuckets,
            embeddingSize: ngramSize,
            initializer: uniform(Math.sqrt(3 / ngramSize)),
          });
    this.#characters =
      characters === "none"
        ? null
        : new CharacterEncoder("characters", {
            kind: characters,
            characterCount,
            embeddingSize: this.config.characterEmbeddingSize,
            size: this.config.characterSize,
          });
    const { forwardModel, backwardModel } = this.config;
    this.languages = [
      ...(forwardModel ? [new LanguageStates("forward", forwardModel)] : []),
      ...(backwardModel ? [new LanguageStates("backward", backwardModel)] : []),
    ];
    const others = [this.#characters, ...this.languages].map((layer) => layer?.outputSize ?? 0);
    const inputSize = others.reduce((sum, size) => sum + size, embeddingSize + ngramKinds * ngramSize);
    this.#recurrent = stackOf(this.config, { inputSize, ...first });
    this.#output = new Linear("output", { inputSize: this.#recurrent.outputSize, outputSize: classes, ...first });
    this.#inputDropout = new Dropout("words.dropout", { rate: dropout, variational });
    this.#outputDropout = new Dropout("output.dropout", { rate: dropout, variational });
    this.#transitions =
      this.config.output === "crf" ? new Parameter("crf.transitions", [classes + 2, classes], constant(0)) : null;
    const layers = [this.#words, this.#ngrams, this.#characters, ...this.languages, this.#recurrent, this.#output];
    this.parameters = [
      ...layers.flatMap((layer) => layer?.parameters ?? []),
      ...(this.#transitions ? [this.#transitions] : []),
    ];
  }

  /** Records the states of the stack for each token, [T,B,F], and the lengths i32 [B]. */
  features(graph: Graph, sizes: SentenceSizes): { features: Tensor; lengths: Tensor } {
    const { x, lengths } = this.#inputs(graph, sizes);
    return { features: this.#outputDropout.apply(this.#recurrent.apply(x, { lengths }).y), lengths };
  }

  /** Records the vectors of the words, spelling included, and what each recurrent layer makes of them, [T,B,F] each. */
  layers(graph: Graph, sizes: SentenceSizes): { embedded: Tensor; layers: Tensor[] } {
    const { x, lengths } = this.#inputs(graph, sizes);
    return { embedded: x, layers: this.#recurrent.apply(x, { lengths }).layers };
  }

  #inputs(graph: Graph, sizes: SentenceSizes): { x: Tensor; lengths: Tensor } {
    const { T, B, C, W } = sizes;
    const lengths = graph.feed("lengths", "i32", [B]);
    const parts = [this.#words.apply(graph.feed("ids", "i32", [T, B]))];
    if (this.#ngrams) {
      const vectors = this.#ngrams.apply(graph.feed("ngrams", "i32", [T, B, ngramKinds]));
      parts.push(ops.reshape(vectors, [T, B, ngramKinds * this.config.ngramSize]));
    }
    if (this.#characters) {
      const characters = graph.feed("characters", "i32", [C, W]);
      const spelled = this.#characters.apply(characters, graph.feed("characterLengths", "i32", [W]));
      parts.push(ops.embedding(spelled, graph.feed("spellings", "i32", [T, B])));
    }
    for (const language of this.languages) parts.push(language.apply(graph, sizes));
    const x = this.#inputDropout.apply(parts.length > 1 ? ops.concat(parts, 2) : lookedUp(parts[0] as Tensor, lengths));
    return { x, lengths };
  }

  /**
   * Losses in nats, and the number of tokens: of each token, [T,B], or with a crf of each sentence, [1,B]; and in use the likeliest tags,
   * i32 [T,B]. features [T,B,F]; the feed "targets" is i32 [T,B], -1 for none.
   */
  losses(graph: Graph, { features, lengths }: { features: Tensor; lengths: Tensor }): Omit<RecordedLoss, "carried"> {
    const [T, B, F] = features.shape as [number, number, number];
    const targets = graph.feed("targets", "i32", [T, B]);
    if (this.#transitions) {
      const scores = this.#scores(graph, features, lengths);
      const losses = ops.crf({ ...scores, tags: targets });
      const ones = ops.broadcastTo(ops.affine(graph.zeros([]), { shift: 1 }), [T, B]);
      return {
        losses: ops.reshape(losses, [1, B]),
        count: ops.sum(ops.mask(ones, lengths)),
        ...(graph.training ? {} : { predictions: ops.crfPaths({ ...scores, K: 1 }).tags }),
      };
    }
    const rows = ops.reshape(features, [T * B, F]);
    const { losses, count } = this.#output.crossEntropy(rows, ops.reshape(targets, [T * B]));
    const predicted = graph.training ? {} : { predictions: ops.argmax(this.#output.apply(features), 2) };
    return { losses: ops.reshape(losses, [T, B]), count, ...predicted };
  }

  /**
   * How likely each tag is, [T,B,C]; and the K likeliest sequences of tags, i32 [K,T,B], with the logarithms of their probabilities
   * [K,B]. One sequence of a softmax is the likeliest tag of each token: then paths are null.
   */
  tags(
    graph: Graph,
    { features, lengths }: { features: Tensor; lengths: Tensor },
    K: number,
  ): { probabilities: Tensor; paths: { tags: Tensor; scores: Tensor } | null } {
    if (!this.#transitions && K === 1) {
      return { probabilities: ops.softmax(this.#output.apply(features)), paths: null };
    }
    const scores = this.#scores(graph, features, lengths);
    const { probabilities, normalizers } = ops.crfMarginals(scores);
    const { tags, scores: all } = ops.crfPaths({ ...scores, K });
    return { probabilities, paths: { tags, scores: ops.subtract(all, normalizers) } };
  }

  /** The operands of a field; without one of its own any tag follows any other. */
  #scores(
    graph: Graph,
    features: Tensor,
    lengths: Tensor,
  ): { emissions: Tensor; transitions: Tensor; lengths: Tensor } {
    const { classes, constraints } = this.config;
    const shape = [classes + 2, classes];
    const learnt = this.#transitions?.in(graph) ?? graph.zeros(shape);
    const forbids = this.#transitions !== null && constraints;
    const transitions = forbids ? ops.add(learnt, graph.feed("forbidden", "f32", shape)) : learnt;
    return { emissions: this.#output.apply(features), transitions, lengths };
  }
}

function stackOf(
  config: CompleteTaggerConfig,
  sizes: { inputSize: number; [option: string]: unknown },
): RecurrentStack {
  const { cell, hiddenSize, layers, bidirectional, dropout, variational, connections } = config;
  const shared = { hiddenSize, layers, bidirectional, dropout, variational, connections };
  return new RecurrentStack("rnn", { cell, ...shared, ...sizes, ...noiseOf(config), ...optionsOfCell(config) });
}
