import type { TaggedSentence, Tokenizer, WordVectors } from "../../data/index.js";
import { expectTokens, TaggerVocabulary, taggerVocabularyRule, wordVectorsRule } from "../../data/index.js";
import { describe, InputError, OptionError } from "../../errors.js";
import { executorRule } from "../../executor/choice.js";
import { Programs } from "../../executor/programs.js";
import { bundledVocabularies, vocabularyShape } from "../../formats/index.js";
import type { Graph } from "../../graph/graph.js";
import type { ExportedGraph } from "../../onnx/index.js";
import type { OptionsOf } from "../../options.js";
import {
  abortSignal,
  callback,
  checkOption,
  completeOptions,
  flag,
  list,
  object,
  option,
  optional,
  seed,
  table,
  text,
  whole,
  without,
  word,
} from "../../options.js";
import { EvaluationStep, expectFiniteLoss, Tally } from "../../train/evaluation.js";
import type { RecordedLoss } from "../../train/trainable.js";
import { completeWithCell } from "../cellConfig.js";
import { inTurns } from "../inTurns.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { Probe, ProbeOptions } from "../probe.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf, SavedModel } from "../savedModel.js";
import { byLength } from "../sideBySide.js";
import type { SequenceTaggerForm } from "./data.js";
import { TaggedData, taggerFingerprint } from "./data.js";
import { readLanguages } from "./languageReading.js";
import { languageConfigOf, languageModelRule } from "./languageStates.js";
import type { SequenceTaggerConfig } from "./network.js";
import { SequenceTaggerNetwork, taggerRules } from "./network.js";
import { probeTokens } from "./probeTokens.js";
import { forbiddenTransitions, TagScheme } from "./scheme.js";
import type { TaggerEvaluation } from "./scores.js";
import { taggingScores } from "./scores.js";
import type { EncodedSentence } from "./sentences.js";
import { encodeTokens, readingBatch } from "./sentences.js";

export interface SequenceTaggerOptions
  extends Omit<SequenceTaggerConfig, "vocabularySize" | "characterCount" | "classes" | (typeof languageNames)[number]>,
    CreateOptions<TaggerVocabulary> {
  /**
   * A LanguageModel of characters or bytes whose states at the ends of the words are read beside their vectors (Akbik et al. 2018). It is
   * copied into the tagger, and stays as it is in training. Default: none.
   */
  forwardModel?: SavedModel<Tokenizer>;
  /** The same for one that has learnt from lines in reverse, and reads sentences from their ends. Default: none. */
  backwardModel?: SavedModel<Tokenizer>;
}

/** The tags of a sentence. */
export interface Tagging {
  /** [T] */
  tags: string[];
  /** [T] how likely each tag is, all tags of the other tokens considered. */
  probabilities: Float32Array;
  /** The likeliest sequences of tags, best first, and how likely each is; asked for by `nBest`. */
  nBest?: { tags: string[]; probability: number }[];
  /** [T,C] how likely each tag of each token is; asked for by `marginals`. */
  marginals?: Float32Array;
}

export const tagRules = table("tag", {
  /** B: sentences that are read side by side. Default 120. */
  batchSize: option(whole({ minimum: 1, initial: 120 }), { aka: ["batch", "bsz"] }),
  /** K: sequences of tags wanted for each sentence, best first. Default 1. */
  nBest: option(whole({ minimum: 1, maximum: 1000, initial: 1 }), { aka: ["nbest", "top_k"] }),
  /** Also return how likely all tags of each token are. Default false. */
  marginals: option(flag(), { flag: null }),
  /** Called after each batch with the share of the sentences that are done. Default: none. */
  onProgress: callback<(share: number) => void>(),
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
});

/** Options of `tag`. @interface */
export type TagOptions = OptionsOf<typeof tagRules>;

const languageNames = ["forwardModel", "backwardModel"] as const;

const createRules = {
  ...without(taggerRules, "vocabularySize", "characterCount", "classes"),
  forwardModel: optional(languageModelRule),
  backwardModel: optional(languageModelRule),
  tokenizer: taggerVocabularyRule,
  seed: seed(),
  executor: executorRule,
};

const vocabularies = bundledVocabularies({
  kind: "tagger",
  slots: [
    {
      name: "words",
      size: "vocabularySize",
      shape: object({ kind: word(["words"]), lowercase: flag(), words: list(text()), usual: list(whole()) }),
    },
    {
      name: "spelling",
      size: "characterCount",
      shape: object({ kind: word(["spelling"]), unit: text(), characters: list(text()) }),
    },
    { name: "labels", size: "classes", shape: list(text()) },
  ],
  others: {
    forward: optional(vocabularyShape),
    backward: optional(vocabularyShape),
    separator: optional(text({ empty: true })),
    scheme: optional(word(["IOB1"])),
  },
  rule: taggerVocabularyRule,
  read: (json) => TaggerVocabulary.fromJSON(json),
});

/**
 * A tagger of sentences: a recurrent network reads the words and how they are spelled, and a linear layer gives each its tag.
 *
 * ```ts
 * const model = await SequenceTagger.load("pos");
 * const [{ tags }] = await model.tag([["The", "whale", "is", "here"]]);
 * ```
 */
export class SequenceTagger extends SavedModel<TaggerVocabulary, SequenceTaggerNetwork, SequenceTaggerForm> {
  static readonly kind: ModelKind<SequenceTagger, TaggerVocabulary, SequenceTaggerNetwork> = {
    name: "SequenceTagger",
    options: taggerRules,
    complete: (options, table) => completeWithCell("SequenceTagger", options, { table, first: "none" }),
    vocabularies,
    reads: { data: ["TaggedData"], form: ["T", "B", "C", "W"] },
    counts: ["layers"],
    network: (config) => new SequenceTaggerNetwork(config as unknown as SequenceTaggerConfig),
    make: (parts) => new SequenceTagger(parts),
  };

  readonly #evaluation: EvaluationStep<SequenceTaggerForm>;
  readonly #programs: Programs;
  readonly #forbidden: Float32Array;

  private constructor(parts: ModelParts<TaggerVocabulary, SequenceTaggerNetwork>) {
    super(SequenceTagger.kind, parts);
    for (const { direction, vocabularySize } of this.network.languages) {
      const size = this.tokenizer.reading[direction]?.size;
      if (size === vocabularySize) continue;
      throw new OptionError(
        `SequenceTagger: its ${direction} language model reads ${vocabularySize} characters, and the vocabulary has ${size ?? "none"} for it.`,
      );
    }
    this.#evaluation = new EvaluationStep(this);
    this.#programs = new Programs(this);
    this.#forbidden = forbiddenTransitions(this.labels, TagScheme.of(this.labels, this.tokenizer.scheme));
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static async create(options: SequenceTaggerOptions): Promise<SequenceTagger> {
    completeWithCell("SequenceTagger", options, { table: createRules, first: "none" });
    const { forwardModel, backwardModel, ...others } = options;
    const models = { forward: forwardModel, backward: backwardModel };
    const configOf = (name: string, model: SavedModel<Tokenizer> | undefined) =>
      model ? { [name]: languageConfigOf(`SequenceTagger, ${name}`, model) } : {};
    const model = await createModel(SequenceTagger.kind, {
      ...others,
      ...configOf("forwardModel", forwardModel),
      ...configOf("backwardModel", backwardModel),
      tokenizer: options.tokenizer.withReading(
        Object.fromEntries(Object.entries(models).flatMap(([way, own]) => (own ? [[way, own.tokenizer]] : []))),
      ),
    });
    for (const language of model.network.languages) {
      const { store } = models[language.direction] as SavedModel;
      for (const parameter of language.parameters) {
        await model.store.write(parameter.name, Float32Array.from(await store.read(language.ownName(parameter))));
      }
    }
    return model;
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static load(folder: string, options: LoadOptions = {}): Promise<SequenceTagger> {
    return loadModelOf(SequenceTagger.kind, folder, options);
  }

  /** The tags, in the order of the output layer. */
  get labels(): readonly string[] {
    return this.tokenizer.labels.names;
  }

  /**
   * Gives words the vectors of a file: their own, or else those of the words in lower case. The others keep theirs.
   * @returns how many words of the vocabulary have one. @throws OptionError for vectors of another size than the model's.
   */
  async useVectors(vectors: WordVectors): Promise<number> {
    checkOption("useVectors", "vectors", vectors, wordVectorsRule);
    const { embeddingSize } = this.network.config;
    if (vectors.size !== embeddingSize) {
      throw new OptionError(
        `useVectors: the vectors have ${vectors.size} numbers, and embeddingSize is ${embeddingSize}. Make the model with ${vectors.size}.`,
      );
    }
    const name = "words.weight";
    const values = Float32Array.from(await this.store.read(name));
    const found = this.tokenizer.words.words.map((word, id) => {
      const own = vectors.of(word);
      if (own) values.set(own, id * embeddingSize);
      return own !== null;
    });
    await this.store.write(name, values);
    return found.filter(Boolean).length;
  }

  /** Sentences side by side to the probabilities of tags, and with a field the likeliest sequence of them. @internal */
  override exportedGraphs(): readonly ExportedGraph[] {
    const { network } = this;
    const reads = network.languages.length > 0;
    return [
      {
        name: "tagger",
        sizes: ["T", "B", "C", "W", ...(reads ? ["S"] : [])],
        constants: { forbidden: this.#forbidden },
        record(graph, { T = 1, B = 1, C = 1, W = 1, S }) {
          const sizes = { T, B, C, W, ...(S === undefined ? {} : { S }) };
          const { probabilities, paths } = network.tags(graph, network.features(graph, sizes), 1);
          graph.output("probabilities", probabilities);
          if (paths) for (const [name, value] of Object.entries(paths)) graph.output(name, value);
        },
      },
    ];
  }

  recordLoss(graph: Graph, { made, ...sizes }: SequenceTaggerForm): RecordedLoss {
    this.expectTrainable(graph);
    if (made !== undefined && made !== taggerFingerprint(this.tokenizer)) {
      throw new OptionError(
        "SequenceTagger: this data was made with another vocabulary. Make it with the model's own: " +
          "TaggedData.create(sentences, { tokenizer: model.tokenizer }).",
      );
    }
    return { ...this.network.losses(graph, this.network.features(graph, sizes)), carried: [] };
  }

  /**
   * The tags of each sentence, a list of tokens, in their order; sentences of similar lengths are read side by side.
   * @throws InputError for a sentence without tokens.
   */
  async tag(sentences: readonly (readonly string[])[], options: TagOptions = {}): Promise<Tagging[]> {
    const { batchSize, nBest, marginals, onProgress, signal } = completeOptions("tag", options, tagRules);
    if (!Array.isArray(sentences)) {
      throw new InputError(`tag: expected a list of sentences, got ${describe(sentences)}.`);
    }
    const encode = (tokens: readonly string[], i: number) => {
      expectTokens(`tag: sentence ${i + 1} of ${sentences.length}`, tokens);
      return encodeTokens(tokens, this.tokenizer);
    };
    const encoded = await inTurns(sentences, encode, signal);
    const results = new Array<Tagging>(sentences.length);
    let done = 0;
    const lengths = encoded.map(({ ids }) => ids);
    for (const batch of byLength(lengths, batchSize)) {
      signal?.throwIfAborted();
      const own = batch.map((i) => encoded[i] as EncodedSentence);
      const found = await this.#read(own, { nBest, marginals });
      for (const [b, i] of batch.entries()) results[i] = found[b] as Tagging;
      done += batch.length;
      onProgress?.(done / sentences.length);
    }
    return results;
  }

  /** How well the model finds the tags of sentences. @throws InputError as TaggedData.create does. */
  async evaluate(
    sentences: readonly TaggedSentence[],
    options: Omit<TagOptions, "onProgress" | "nBest" | "marginals"> = {},
  ): Promise<TaggerEvaluation> {
    const { batchSize, signal } = completeOptions("evaluate", options, tagRules);
    const shared = { batchSize, ...(signal ? { signal } : {}) };
    const data = await TaggedData.create(sentences, {
      tokenizer: this.tokenizer,
      role: "validate",
      maximumLength: Number.MAX_SAFE_INTEGER,
      constraints: this.network.config.output === "crf" && this.network.config.constraints,
      ...shared,
    });
    const tally = new Tally();
    for (const batch of data.batches(0)) {
      signal?.throwIfAborted();
      tally.add(await this.#evaluation.run(batch));
    }
    expectFiniteLoss("evaluate", tally.total);
    const found = await this.tag(
      sentences.map(({ tokens }) => tokens),
      shared,
    );
    return { loss: tally.measures().loss, ...taggingScores(this.tokenizer, sentences, found) };
  }

  /**
   * How much each layer knows about labels of words, the tags or any others: the accuracy of a linear classifier that reads what the layer
   * holds for a word (Belinkov et al. 2017).
   * @throws InputError where there are fewer than two labels, or nothing to measure on.
   */
  async probe(sentences: readonly TaggedSentence[], options: ProbeOptions = {}): Promise<Probe> {
    return probeTokens(this, this.#programs, { sentences, options });
  }

  /** Sentences with what the language models say of their words. @internal */
  readLanguages(sentences: readonly EncodedSentence[], signal: AbortSignal | undefined): Promise<EncodedSentence[]> {
    const { network, tokenizer } = this;
    return readLanguages({ network, tokenizer, programs: this.#programs }, sentences, signal);
  }

  async #read(
    sentences: readonly EncodedSentence[],
    { nBest, marginals }: { nBest: number; marginals: boolean },
  ): Promise<Tagging[]> {
    const { sizes, feeds } = readingBatch(sentences, this.tokenizer);
    const executable = this.#programs.get(`${JSON.stringify(sizes)} ${nBest}`, (graph) => {
      const { probabilities, paths } = this.network.tags(graph, this.network.features(graph, sizes), nBest);
      graph.output("probabilities", probabilities);
      if (paths) for (const [name, value] of Object.entries(paths)) graph.output(name, value);
    });
    const offered: Record<string, Int32Array | Float32Array> = { ...feeds, forbidden: this.#forbidden };
    const own = executable.program.feeds.map(({ name }) => [name, offered[name] as Int32Array]);
    const { outputs } = await executable.run(Object.fromEntries(own));
    const probabilities = outputs.probabilities as Float32Array;
    if (!probabilities.every(Number.isFinite)) {
      throw new InputError("tag: the numbers inside of the model overflow: train it with a lower learning rate.");
    }
    const [{ T, B }, C] = [sizes, this.labels.length];
    const { tags = null, scores = null } = outputs as { tags?: Int32Array; scores?: Float32Array };
    return sentences.map(({ ids }, b) => {
      const rowOf = (t: number) => probabilities.subarray((t * B + b) * C, (t * B + b + 1) * C);
      const pathOf = (k: number) => Array.from(ids, (_, t) => (tags as Int32Array)[(k * T + t) * B + b] as number);
      const namesOf = (path: readonly number[]) => path.map((id) => this.labels[id] as string);
      const best = tags ? pathOf(0) : Array.from(ids, (_, t) => largest(rowOf(t)));
      const likely = Array.from({ length: nBest }, (_, k) => ({ k, score: scores?.[k * B + b] as number }));
      const some = likely.filter(({ score }) => score > lowestScore);
      return {
        tags: namesOf(best),
        probabilities: Float32Array.from(best, (id, t) => rowOf(t)[id] as number),
        ...(nBest > 1
          ? { nBest: some.map(({ k, score }) => ({ tags: namesOf(pathOf(k)), probability: Math.exp(score) })) }
          : {}),
        ...(marginals ? { marginals: joined(ids.length, C, rowOf) } : {}),
      };
    });
  }
}

/** Sequences with lower scores hold what is forbidden, or are none. */
const lowestScore = -1e20;

function largest(row: Float32Array): number {
  return row.reduce((top, value, id) => (value > (row[top] as number) ? id : top), 0);
}

function joined(T: number, C: number, rowOf: (t: number) => Float32Array): Float32Array {
  const all = new Float32Array(T * C);
  for (let t = 0; t < T; t++) all.set(rowOf(t), t * C);
  return all;
}
