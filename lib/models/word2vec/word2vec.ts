import {
  CountedWords,
  countedWordsRule,
  Vocabulary,
  WordTokenizer,
  WordVectors,
  wordVectorsRule,
} from "../../data/index.js";
import { InputError, OptionError } from "../../errors.js";
import { bundledVocabularies } from "../../formats/index.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import { checkOption, list, whole } from "../../options.js";
import type { RecordedLoss } from "../../train/trainable.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf, SavedModel } from "../savedModel.js";
import type { Word2VecForm } from "./data.js";
import type { Word2VecConfig } from "./network.js";
import { Word2VecNetwork, word2VecRules } from "./network.js";

export interface Word2VecOptions extends Omit<Word2VecConfig, "vocabularySize">, CreateOptions<CountedWords> {}

/**
 * Vectors of words, learnt by predicting each word of a text from those around it (Mikolov et al. 2013).
 *
 * ```ts
 * const model = await Word2Vec.load("my-vectors");
 * const vectors = await model.vectors();
 * console.log(vectors.neighbours("cat"), vectors.analogy(["man", "king", "woman"]));
 * ```
 */
export class Word2Vec extends SavedModel<CountedWords, Word2VecNetwork, Word2VecForm> {
  static readonly kind: ModelKind<Word2Vec, CountedWords, Word2VecNetwork> = {
    name: "Word2Vec",
    options: word2VecRules,
    vocabularies: bundledVocabularies({
      kind: "counted words",
      slots: [{ name: "words", size: "vocabularySize" }],
      others: { counts: list(whole({ maximum: Number.MAX_SAFE_INTEGER })) },
      rule: countedWordsRule,
      read: (json) => CountedWords.fromJSON(json),
    }),
    counts: [],
    reads: { data: ["ContextData"], form: ["objective"] },
    network: (config) => new Word2VecNetwork(config as unknown as Word2VecConfig),
    make: (parts) => new Word2Vec(parts),
  };

  /** Whether the losses make their own steps of gradient descent: with any objective but softmax. */
  readonly updatesItself: boolean;

  private constructor(parts: ModelParts<CountedWords, Word2VecNetwork>) {
    super(Word2Vec.kind, parts);
    this.updatesItself = this.network.config.objective !== "softmax";
  }

  /** A model with new vectors. @throws OptionError for options that do not fit together. */
  static create(options: Word2VecOptions): Promise<Word2Vec> {
    return createModel(Word2Vec.kind, options);
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static load(folder: string, options: LoadOptions = {}): Promise<Word2Vec> {
    return loadModelOf(Word2Vec.kind, folder, options);
  }

  /**
   * A model of vectors that another program has learnt, with the tables of `readWordVectors`. Nothing is known of how often its words occur,
   * so it cannot learn more: for that, create a model of your own text and give it the vectors by `useVectors`. Words with a space in
   * them, as some files have, are left out: a text is cut there.
   * @throws InputError if that leaves none.
   */
  static async from(vectors: WordVectors, options: Pick<LoadOptions, "executor"> = {}): Promise<Word2Vec> {
    const { words, size } = checkOption("Word2Vec.from", "vectors", vectors, wordVectorsRule);
    const special = ["<eos>", "<unk>"].filter((token) => !words.includes(token));
    const whole = words.filter((word) => !/\s/u.test(word));
    if (whole.length === 0) throw new InputError("Word2Vec.from: all words have a space in them.");
    const tokenizer = new WordTokenizer(new Vocabulary([...whole, ...special]));
    const counted = new CountedWords(tokenizer, new Array(tokenizer.size).fill(0));
    const model = await Word2Vec.create({ ...options, tokenizer: counted, size });
    await model.useVectors(vectors);
    return model;
  }

  /**
   * Gives words the vectors of a file: their own, or else those of the words in lower case. The others keep theirs.
   * @returns how many words of the vocabulary have one. @throws OptionError for vectors of another size than the model's.
   */
  async useVectors(vectors: WordVectors): Promise<number> {
    checkOption("useVectors", "vectors", vectors, wordVectorsRule);
    const { size } = this.network.config;
    if (vectors.size !== size) {
      throw new OptionError(
        `useVectors: the vectors have ${vectors.size} numbers, and size is ${size}. Make the model with ${vectors.size}.`,
        ["size"],
      );
    }
    const { name } = this.network.input;
    const values = Float32Array.from(await this.store.read(name));
    let found = 0;
    for (const id of this.tokenizer.wordIds()) {
      const own = vectors.of(this.tokenizer.words.token(id));
      if (!own) continue;
      values.set(own, id * size);
      found++;
    }
    await this.store.write(name, values);
    return found;
  }

  recordLoss(graph: Graph, form: Word2VecForm): RecordedLoss {
    this.expectTrainable(graph);
    const { objective } = this.network.config;
    if (form.objective !== objective) {
      throw new OptionError(
        `Word2Vec: this data was made for another objective than ${objective}. Make it for the model: new ContextData(stream, { model }).`,
      );
    }
    if (form.objective === "softmax") {
      const { losses, count } = this.network.softmaxLosses(graph, form);
      return { losses: ops.reshape(losses, [1, form.B]), count, carried: [] };
    }
    const { losses, count } = this.network.contextLosses(graph, form);
    return { losses: ops.reshape(losses, [form.T, 1]), count, carried: [] };
  }

  /**
   * The vectors as they are now: the input table, without the tokens that are no words.
   * They are copied; ask again after more training.
   */
  async vectors(): Promise<WordVectors> {
    const { size } = this.network.config;
    const all = await this.store.read(this.network.input.name);
    const ids = this.tokenizer.wordIds();
    const values = new Float32Array(ids.length * size);
    for (const [place, id] of ids.entries()) values.set(all.subarray(id * size, (id + 1) * size), place * size);
    return new WordVectors(
      ids.map((id) => this.tokenizer.words.token(id)),
      values,
      size,
    );
  }
}
