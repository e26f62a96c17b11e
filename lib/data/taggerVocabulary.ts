import { describe, InputError, OptionError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, flag, list, option, optional, table, text, value, whole, word } from "../options.js";
import { characterUnits } from "./characterTokenizer.js";
import { decomposeHangul } from "./hangul.js";
import { Labels } from "./labels.js";
import type { TaggedSentence } from "./taggedSentences.js";
import { expectTagged } from "./taggedSentences.js";
import { isIob1 } from "./tagScheme.js";
import type { Tokenizer } from "./tokenizer.js";
import { tokenizerRule } from "./tokenizer.js";
import { tokenizerFromJSON } from "./tokenizerFromJSON.js";
import { TokenCounts, Vocabulary } from "./vocabulary.js";

/** The first token of both vocabularies: what they lack. */
const unknown = "<unk>";
const unknownId = 0;

/** The rules of the options that make the vocabulary of a tagger. */
export const taggerVocabularyRules = table("TaggerVocabulary", {
  /** Look words up in lower case; characters keep theirs. Default false. */
  lowercase: option(flag(), { aka: ["lower", "do_lower_case"], onResume: "settled" }),
  /** Times that a word must stand in the sentences to learn from to have a vector of its own. Default 1. */
  minimumCount: option(whole({ minimum: 1, initial: 1 }), { aka: ["min_freq", "min_count"], onResume: "settled" }),
  /** Units that words are spelled with: "codepoint", or "jamo", which takes Korean syllables apart. Default codepoint. */
  unit: option(word(characterUnits, "codepoint"), { onResume: "settled" }),
  /** Text between two words as language models read them; "" where tokens are characters, with those for spaces. Default " ". */
  tokenSeparator: option(text({ initial: " ", empty: true }), { onResume: "settled" }),
});

/** The directions in which language models read a sentence. */
export const readingDirections = ["forward", "backward"] as const;

/** A direction in which a language model reads. @inline */
export type ReadingDirection = "forward" | "backward";

const readingRules = { forward: optional(tokenizerRule), backward: optional(tokenizerRule) };

/** Vocabularies of the language models whose states a tagger reads, by the direction in which they read. */
export type ReadingTokenizers = Readonly<Partial<Record<ReadingDirection, Tokenizer>>>;

/** Options of `TaggerVocabulary.of`. @interface */
export type TaggerVocabularyOptions = OptionsOf<typeof makingRules>;

const makingRules = table("TaggerVocabulary.of", {
  ...taggerVocabularyRules,
  /** Other words that get a vector of their own, those of a file of vectors for example. Default: none. */
  more: optional(list(text())),
  /** Tags that are known even if none of the sentences has them, those of held-out sentences for example. Default: none. */
  tags: optional(list(text())),
});

/** Words that have a number, from 1; 0 is any other word. */
export class WordIndex {
  readonly kind = "words";
  readonly #vocabulary: Vocabulary;

  /** @param usual the number of the tag that each word, and any other, has most often. */
  constructor(
    words: readonly string[],
    readonly usual: readonly number[],
    readonly lowercase: boolean,
  ) {
    this.#vocabulary = new Vocabulary(words);
    if (words[unknownId] !== unknown || !Array.isArray(usual) || usual.length !== words.length) {
      throw new InputError(`Expected words that begin with ${unknown}, each with its usual tag.`);
    }
  }

  get size(): number {
    return this.#vocabulary.size;
  }

  get words(): readonly string[] {
    return this.#vocabulary.tokens;
  }

  /** The number of a word; 0 if it has none. */
  id(token: string): number {
    return this.#vocabulary.id(this.lowercase ? token.toLowerCase() : token) ?? unknownId;
  }

  toJSON(): object {
    return { kind: this.kind, lowercase: this.lowercase, words: this.words, usual: this.usual };
  }
}

/** Characters, or jamo, that have a number, from 1; 0 is any other one. */
export class SpellingIndex {
  readonly kind = "spelling";
  readonly #vocabulary: Vocabulary;

  constructor(
    characters: readonly string[],
    readonly unit: (typeof characterUnits)[number],
  ) {
    this.#vocabulary = new Vocabulary(characters);
    if (characters[unknownId] !== unknown || !characterUnits.includes(unit)) {
      throw new InputError(`Expected characters that begin with ${unknown}, and a unit.`);
    }
  }

  get size(): number {
    return this.#vocabulary.size;
  }

  /** The characters of a word, of one that is longer than `longest` its beginning and end. */
  spell(token: string, longest: number): Int32Array {
    const units = unitsOf(token, this.unit);
    const head = Math.ceil(longest / 2);
    const kept = units.length <= longest ? units : [...units.slice(0, head), ...units.slice(head - longest)];
    return Int32Array.from(kept, (unit) => this.#vocabulary.id(unit) ?? unknownId);
  }

  toJSON(): object {
    return { kind: this.kind, unit: this.unit, characters: this.#vocabulary.tokens };
  }
}

/** The words, characters and labels of a tagger. */
export class TaggerVocabulary {
  readonly kind = "tagger";

  /** @throws OptionError for anything but these. */
  constructor(
    readonly words: WordIndex,
    readonly spelling: SpellingIndex,
    readonly labels: Labels,
    /** Those of the language models that it reads words with, if any, and the text between two words. */
    readonly reading: ReadingTokenizers & { readonly separator: string } = { separator: " " },
    /** IOB1 where spans begin with I-X, as the names of the tags do not say it; null for tags of any other form. */
    readonly scheme: "IOB1" | null = null,
  ) {
    if (words instanceof WordIndex && spelling instanceof SpellingIndex && labels instanceof Labels) return;
    throw new OptionError("TaggerVocabulary: make one with TaggerVocabulary.of(sentences).");
  }

  /** The vocabulary of sentences: their words, the most frequent first, their characters, and their tags. */
  static of(sentences: readonly TaggedSentence[], options: TaggerVocabularyOptions = {}): TaggerVocabulary {
    const {
      lowercase,
      minimumCount,
      unit,
      tokenSeparator,
      more = [],
      tags: heldOut = [],
    } = completeOptions("TaggerVocabulary.of", options, makingRules);
    expectTagged("TaggerVocabulary.of", sentences);
    if (sentences.length === 0) throw new InputError("TaggerVocabulary.of: there are no sentences.");
    const [words, characters, names] = [new TokenCounts(), new TokenCounts(), new Set<string>(heldOut)];
    const tagsOf = new Map<string, Map<string, number>>();
    const all = new Map<string, number>();
    const countTag = (counts: Map<string, number>, tag: string) => counts.set(tag, (counts.get(tag) ?? 0) + 1);
    for (const { tokens, tags } of sentences) {
      for (const [t, token] of tokens.entries()) {
        const [word, tag] = [lowercase ? token.toLowerCase() : token, tags[t] as string];
        words.add(word);
        names.add(tag);
        countTag(all, tag);
        const own = tagsOf.get(word) ?? new Map<string, number>();
        tagsOf.set(word, own);
        countTag(own, tag);
        for (const character of unitsOf(token, unit)) characters.add(character);
      }
    }
    const labels = Labels.of(names);
    const usual = (counts: Map<string, number>) =>
      labels.id([...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0]);
    const kept = words.ranked().filter(({ token, count }) => count >= minimumCount && token !== unknown);
    const learnt = kept.map(({ token }) => token);
    const known = new Set([unknown, ...learnt]);
    const others = new Set(
      more.map((word) => (lowercase ? word.toLowerCase() : word)).filter((word) => !known.has(word)),
    );
    const usualOf = (word: string) => usual(tagsOf.get(word) ?? all);
    return new TaggerVocabulary(
      new WordIndex(
        [...known, ...others],
        [usual(all), ...learnt.map(usualOf), ...[...others].map(usualOf)],
        lowercase,
      ),
      new SpellingIndex([unknown, ...characters.sorted()], unit),
      labels,
      { separator: tokenSeparator },
      isIob1(sentences) ? "IOB1" : null,
    );
  }

  /** This vocabulary with those of language models. */
  withReading(tokenizers: ReadingTokenizers): TaggerVocabulary {
    completeOptions("withReading", tokenizers, readingRules);
    const { words, spelling, labels, reading, scheme } = this;
    return new TaggerVocabulary(words, spelling, labels, { ...tokenizers, separator: reading.separator }, scheme);
  }

  /** The vocabulary that `toJSON` wrote. @throws InputError for anything else. */
  static fromJSON(json: unknown): TaggerVocabulary {
    const { kind, words, spelling, labels, scheme, ...reading } = (json ?? {}) as Record<
      string,
      Record<string, unknown>
    >;
    if ((kind as unknown) !== "tagger" || !words || !spelling) {
      throw new InputError(`Expected the words, characters and labels of a tagger, got ${describe(json)}.`);
    }
    return new TaggerVocabulary(
      new WordIndex(words.words as string[], words.usual as number[], words.lowercase === true),
      new SpellingIndex(spelling.characters as string[], spelling.unit as (typeof characterUnits)[number]),
      new Labels(labels as unknown as string[]),
      {
        ...Object.fromEntries(
          readingDirections.flatMap((way) => (reading[way] ? [[way, tokenizerFromJSON(reading[way])]] : [])),
        ),
        separator: (reading.separator as unknown as string | undefined) ?? " ",
      },
      (scheme as unknown) === "IOB1" ? "IOB1" : null,
    );
  }

  /** Only what a tagger has: folders that were written before it could read with language models stay as they are. */
  toJSON(): object {
    const { kind, words, spelling, labels, reading, scheme } = this;
    return {
      kind,
      words: words.toJSON(),
      spelling: spelling.toJSON(),
      labels: labels.toJSON(),
      ...Object.fromEntries(readingDirections.flatMap((way) => (reading[way] ? [[way, reading[way].toJSON()]] : []))),
      ...(reading.separator === " " ? {} : { separator: reading.separator }),
      ...(scheme === null ? {} : { scheme }),
    };
  }
}

/** The rule of an option that is the vocabulary of a tagger. */
export const taggerVocabularyRule = value<TaggerVocabulary>(
  "a TaggerVocabulary",
  (given) => given instanceof TaggerVocabulary,
);

function unitsOf(token: string, unit: (typeof characterUnits)[number]): string[] {
  return [...(unit === "jamo" ? decomposeHangul(token) : token)];
}
