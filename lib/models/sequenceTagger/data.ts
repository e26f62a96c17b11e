import { createHash } from "node:crypto";
import type { TaggedSentence, TaggerVocabulary } from "../../data/index.js";
import { expectTagged, longRules, taggerVocabularyRule, tokenPlace } from "../../data/index.js";
import { counted, InputError, OptionError } from "../../errors.js";
import type { Completed, OptionsOf } from "../../options.js";
import { abortSignal, completeOptions, flag, option, optional, real, seed, table, whole, word } from "../../options.js";
import { randomSource } from "../../random/source.js";
import type { TrainingData } from "../../train/data.js";
import type { Batch } from "../../train/trainable.js";
import type { FittingExamples } from "../exampleBatches.js";
import { ExampleBatches, fittingExamples } from "../exampleBatches.js";
import { inTurns } from "../inTurns.js";
import { languageBytes, languageReaderRule } from "./languageReading.js";
import type { SentenceSizes } from "./network.js";
import { forbiddenTransitions, TagScheme } from "./scheme.js";
import type { EncodedSentence } from "./sentences.js";
import { encodeTagged, sentenceBatch } from "./sentences.js";

/** Sizes that the program of a batch depends on. */
export interface SequenceTaggerForm extends SentenceSizes {
  /** Fingerprint of the vocabulary. */
  made?: string;
}

/** The options of tagged sentences. */
export const taggedRules = table("TaggedData", {
  /** The words, characters and labels. */
  tokenizer: taggerVocabularyRule,
  /** B: sentences that are read side by side. Default 32. */
  batchSize: option(whole({ minimum: 1, initial: 32 }), { aka: ["batch", "bsz"] }),
  /**
   * Strength a of the word dropout: a word that stands c times in the sentences to learn from is read as an unknown one with
   * probability a / (a + c) (Kiperwasser & Goldberg 2016, section 4.3); only in training. Default 0.25.
   */
  wordDropout: option(real({ minimum: 0, initial: 0.25 }), { aka: ["word_dropout", "unk_replace"] }),
  /**
   * Refuse tags that cannot follow each other by their names: I-X after O in BIO, B-X before O in BIOES, B-X after O in IOB1. Default true.
   */
  constraints: option(flag(true), { flag: null }),
  /** Tokens that a sentence may have. Default 1000. */
  maximumLength: option(whole({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, initial: 1000 }), {
    aka: ["max_length", "truncate"],
  }),
  /** Rule for a longer sentence: "refuse" it with an error, "cut" it, or "skip" it. Default refuse. */
  long: option(word(longRules, "refuse"), { aka: ["truncation"] }),
  /**
   * Tagger whose language models read the sentences once, rather than in every epoch: they are frozen, and say the same each time.
   * Default: none.
   */
  languageReader: optional(languageReaderRule),
  /** MiB that what they say may take; where it is more, sentences are read in every epoch. Default 1024. */
  languageMemory: option(whole({ initial: 1024 }), { onResume: "changes" }),
  /** Seed for the order of the sentences and for word dropout. Default 1. */
  seed: seed(),
  /** Use of the data: "train", or "validate" for what is measured: in order, all words as they are. Default train. */
  role: option(word(["train", "validate"], "train"), { flag: null }),
  /** Signal that stops the reading. Default: none. */
  signal: abortSignal,
});

/** Options of TaggedData. @interface */
export type TaggedDataOptions = OptionsOf<typeof taggedRules>;

/** Sentences with tags as batches for a SequenceTagger. */
export class TaggedData implements TrainingData<SequenceTaggerForm> {
  /** Places of the words that a language model reads are numbers of rows of the batch. */
  readonly divisible: boolean;
  readonly length: number;
  readonly identity: string;
  readonly role: "train" | "validate";
  /** Sentences in one epoch. */
  readonly sentences: number;
  /** Tokens in one epoch. */
  readonly tokens: number;
  /** Sentences that were too long, and cut. */
  readonly cut: number;
  /** Sentences that were too long, and left out. */
  readonly skipped: number;
  /** Whether language models have read the sentences once for all epochs, and MiB that what they say takes, or would. */
  readonly languagesRead: boolean;
  readonly languageMebibytes: number;
  readonly #batches: ExampleBatches<EncodedSentence>;
  readonly #options: Completed<typeof taggedRules>;
  readonly #counts: Int32Array;
  readonly #made: string;
  readonly #forbidden: Float32Array;

  private constructor(
    fitting: FittingExamples<EncodedSentence>,
    options: Completed<typeof taggedRules>,
    languageMebibytes: number,
  ) {
    if (!Array.isArray(fitting?.kept)) {
      throw new OptionError("TaggedData: words become numbers first: use await TaggedData.create(sentences, options).");
    }
    const { tokenizer, batchSize, seed, role, wordDropout } = options;
    this.#batches = new ExampleBatches(fitting.kept, { noun: "sentence", lengthOf, batchSize, seed, role });
    this.#options = options;
    this.#made = taggerFingerprint(tokenizer);
    const { labels, scheme } = tokenizer;
    this.#forbidden = forbiddenTransitions(labels.names, TagScheme.of(labels.names, scheme));
    this.role = role;
    this.sentences = fitting.kept.length;
    this.tokens = fitting.kept.reduce((sum, sentence) => sum + lengthOf(sentence), 0);
    this.cut = fitting.cut;
    this.skipped = fitting.skipped;
    this.languageMebibytes = languageMebibytes;
    this.languagesRead = fitting.kept.every(({ states }) => states !== undefined);
    const { forward, backward } = tokenizer.reading;
    this.divisible = this.languagesRead || !(forward || backward);
    this.length = this.#batches.length;
    this.#counts = new Int32Array(tokenizer.words.size);
    for (const { ids } of fitting.kept) for (const id of ids) this.#counts[id] = (this.#counts[id] as number) + 1;
    const dropout = role === "train" ? `, word dropout ${wordDropout}` : "";
    this.identity = `${this.#batches.identity}${dropout}`;
  }

  /**
   * @throws InputError for a tag that is not known, and a sentence that has no tokens or too many: it names the place.
   */
  static async create(sentences: readonly TaggedSentence[], options: TaggedDataOptions): Promise<TaggedData> {
    const complete = completeOptions("TaggedData", options, taggedRules);
    const { tokenizer, signal, maximumLength, long, constraints } = complete;
    expectTagged("TaggedData", sentences);
    const count = sentences.length;
    const scheme = constraints ? TagScheme.of(tokenizer.labels.names, tokenizer.scheme) : null;
    const encode = (sentence: TaggedSentence, index: number) => {
      const encoded = encodeTagged(sentence, tokenizer, { index, count });
      scheme?.expect(sentence, { index, count });
      return encoded;
    };
    const fitting = fittingExamples(await inTurns(sentences, encode, signal), {
      maximumLength,
      long,
      noun: "sentence",
      lengthOf,
      cut: ({ ids, targets, tokens }, length) => ({
        ids: ids.slice(0, length),
        targets: targets?.slice(0, length) ?? null,
        tokens: tokens.slice(0, length),
      }),
      tooLong: ({ ids }, index) => {
        const place = tokenPlace(sentences[index] as TaggedSentence, 0, { index, count });
        return new InputError(
          `${place}: the sentence has ${counted(ids.length, "token")}, and at most ${maximumLength} are allowed. ` +
            'Is there an empty line after each? Raise the maximum length, or have long ones cut or skipped (long: "cut"; --long cut).',
        );
      },
    });
    const { languageReader: reader, languageMemory } = complete;
    const mebibytes = reader ? languageBytes(reader.network, fitting.kept) / 2 ** 20 : 0;
    if (!reader || mebibytes === 0 || mebibytes > languageMemory) return new TaggedData(fitting, complete, mebibytes);
    return new TaggedData({ ...fitting, kept: await reader.readLanguages(fitting.kept, signal) }, complete, mebibytes);
  }

  digest(): Promise<string> {
    return this.#batches.digest((hash, { tokens, targets }) =>
      hash.update(JSON.stringify(tokens)).update(targets as Int32Array),
    );
  }

  *batches(epoch: number, from = 0): Generator<Batch<SequenceTaggerForm>, void, undefined> {
    const { role, tokenizer } = this.#options;
    for (const { examples, index } of this.#batches.inEpoch(epoch, from)) {
      const dropping = role === "train" ? this.#dropping(epoch, index) : undefined;
      const { sizes, feeds } = sentenceBatch(examples, tokenizer, dropping);
      yield {
        form: { ...sizes, made: this.#made },
        feeds: { ...feeds, forbidden: this.#forbidden },
        tokens: examples.reduce((sum, example) => sum + lengthOf(example), 0),
      };
    }
  }

  /** A batch has draws of its own: a resumed epoch continues with the same ones. */
  #dropping(epoch: number, index: number): ((id: number) => number) | undefined {
    const { wordDropout, seed } = this.#options;
    if (wordDropout === 0) return undefined;
    const random = randomSource(seed, `words of epoch ${epoch}, batch ${index}`);
    return (id) => (random.uniform() < wordDropout / (wordDropout + (this.#counts[id] as number)) ? 0 : id);
  }
}

function lengthOf({ ids }: EncodedSentence): number {
  return ids.length;
}

const fingerprints = new WeakMap<TaggerVocabulary, string>();

/** Tells vocabularies of taggers apart. */
export function taggerFingerprint(vocabulary: TaggerVocabulary): string {
  const known = fingerprints.get(vocabulary);
  if (known !== undefined) return known;
  const own = createHash("sha256").update(JSON.stringify(vocabulary)).digest("hex").slice(0, 16);
  fingerprints.set(vocabulary, own);
  return own;
}
