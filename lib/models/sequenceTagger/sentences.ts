import type { ReadingDirection, TaggedSentence, TaggerVocabulary, Tokenizer } from "../../data/index.js";
import { readingDirections, reversedText, tokenPlace } from "../../data/index.js";
import { inPlace } from "../inPlace.js";
import { paddedLength, sideBySide, spareRows, steadyRows } from "../sideBySide.js";
import type { SentenceSizes } from "./network.js";
import { ngramRows } from "./ngrams.js";

/** Characters of a word that are read: of a longer one its beginning and end. */
const longestSpelling = 24;

/** The numbers of different words of a batch are rounded up to multiples of this: few programs, little padding. */
const wordMultiple = 32;

/** The same of the characters of a sentence, as language models read it. */
const characterMultiple = 32;

/** A sentence as numbers. */
export interface EncodedSentence {
  /** [T] of words. */
  readonly ids: Int32Array;
  /** [T] of tags, -1 for none; null where the tags are wanted. */
  readonly targets: Int32Array | null;
  readonly tokens: readonly string[];
  /** [T,F] by the direction of a language model: its states at the ends of the words, where they have been read before. */
  readonly states?: Partial<Record<ReadingDirection, Float32Array>>;
}

/** A sentence whose tags are to be found. */
export function encodeTokens(tokens: readonly string[], { words }: TaggerVocabulary): EncodedSentence {
  return { ids: Int32Array.from(tokens, (token) => words.id(token)), targets: null, tokens };
}

/** A sentence with its tags. @throws InputError for a tag that is not known: it names the place. */
export function encodeTagged(
  sentence: TaggedSentence,
  vocabulary: TaggerVocabulary,
  at: { index: number; count: number },
): EncodedSentence {
  const { tokens, tags } = sentence;
  const targets = Int32Array.from(tags, (tag, t) =>
    inPlace(tokenPlace(sentence, t, at), () => vocabulary.labels.id(tag)),
  );
  return { ...encodeTokens(tokens, vocabulary), targets };
}

/** Sentences side by side, as their feeds. */
export interface SentenceBatch {
  readonly sizes: SentenceSizes;
  readonly feeds: Record<string, Int32Array | Float32Array>;
}

/** Sentences whose tags are to be found, side by side: each has the same bits as alone. */
export function readingBatch(sentences: readonly EncodedSentence[], vocabulary: TaggerVocabulary): SentenceBatch {
  const T = paddedLength(sentences.reduce((most, { ids }) => Math.max(most, ids.length), 0));
  const empty = Array.from({ length: steadyRows(sentences.length, T) - sentences.length }, () =>
    encodeTokens([], vocabulary),
  );
  return sentenceBatch([...sentences, ...empty], vocabulary);
}

/**
 * Sentences side by side: words i32 [T,B] and their lengths [B]; each different word once by its characters, i32 [C,W] with lengths
 * [W], and which of them stands where, [T,B]; the targets [T,B], if there are any; and what language models read.
 * @param wordOf the number of a word, where that is to be another one.
 */
export function sentenceBatch(
  sentences: readonly EncodedSentence[],
  { spelling, reading: { separator, ...tokenizers } }: TaggerVocabulary,
  wordOf: (id: number) => number = (id) => id,
): SentenceBatch {
  const { T, B, ids, lengths } = sideBySide(sentences.map(({ ids: own }) => own));
  const spellings = new Int32Array(T * B);
  const targets = new Int32Array(T * B).fill(-1);
  const numbers = new Map<string, number>();
  for (const [b, { tokens, targets: own }] of sentences.entries()) {
    for (const [t, token] of tokens.entries()) {
      const number = numbers.get(token) ?? numbers.size;
      numbers.set(token, number);
      spellings[t * B + b] = number;
      ids[t * B + b] = wordOf(ids[t * B + b] as number);
      if (own) targets[t * B + b] = own[t] as number;
    }
  }
  const W = Math.ceil((numbers.size + spareRows) / wordMultiple) * wordMultiple;
  const spelled = Array.from(numbers.keys(), (token) => spelling.spell(token, longestSpelling));
  const C = paddedLength(spelled.reduce((most, { length }) => Math.max(most, length), 0));
  const characters = new Int32Array(C * W);
  const characterLengths = new Int32Array(W).fill(1);
  for (const [w, own] of spelled.entries()) {
    characterLengths[w] = own.length;
    for (const [c, id] of own.entries()) characters[c * W + w] = id;
  }
  const stated = sentences.every(({ states }) => states !== undefined);
  const read = readingDirections.flatMap((direction) => {
    const tokenizer = stated ? undefined : tokenizers[direction];
    const own = sentences.map(({ tokens }) => tokens);
    return tokenizer ? [{ direction, texts: readTexts(own, tokenizer, { direction, separator }) }] : [];
  });
  const longest = read.flatMap(({ texts }) => texts.map(({ characters: own }) => own.length));
  const S =
    Math.ceil(longest.reduce((most, length) => Math.max(most, length), 0) / characterMultiple) * characterMultiple;
  return {
    sizes: { T, B, C, W, ...(read.length > 0 ? { S } : {}), ...(stated ? { stated } : {}) },
    feeds: {
      ...{
        ids,
        ngrams: ngramRows(ids, lengths),
        lengths,
        spellings,
        characters,
        characterLengths,
        ...(sentences[0]?.targets ? { targets } : {}),
      },
      ...Object.assign({}, ...read.map(({ direction, texts }) => textFeeds(direction, texts, { T, B, S }))),
      ...(stated ? stateFeeds(sentences, { T, B }) : {}),
    },
  };
}

/** A sentence as a language model reads it. */
interface ReadText {
  /** Characters, as numbers. */
  readonly characters: readonly number[];
  /** [T] of each word the character after which the model has read it. */
  readonly ends: readonly number[];
}

/** Sentences as a language model reads them, after a line end. Words are encoded one by one, so that their ends are known. */
function readTexts(
  sentences: readonly (readonly string[])[],
  tokenizer: Tokenizer,
  { direction, separator }: { direction: ReadingDirection; separator: string },
): ReadText[] {
  const isBackward = direction === "backward";
  const encode = (text: string) => [...tokenizer.encode(isBackward ? reversedText(text) : text)];
  const known = new Map<string, number[]>();
  const encoded = (token: string) => {
    const own = known.get(token) ?? encode(token);
    known.set(token, own);
    return own;
  };
  const begin = tokenizer.id("\n");
  const between = separator === "" ? [] : encode(separator);
  return sentences.map((tokens) => {
    const characters: number[] = begin === undefined ? [] : [begin];
    const ends: number[] = [];
    for (const token of isBackward ? [...tokens].reverse() : tokens) {
      if (ends.length > 0) for (const id of between) characters.push(id);
      // A word may be longer than the arguments of a call can be many.
      for (const id of encoded(token)) characters.push(id);
      ends.push(characters.length - 1);
    }
    return { characters, ends: isBackward ? ends.reverse() : ends };
  });
}

function textFeeds(
  direction: string,
  texts: readonly ReadText[],
  { T, B, S }: { T: number; B: number; S: number },
): Record<string, Int32Array> {
  const characters = new Int32Array(S * B);
  const places = new Int32Array(T * B);
  for (const [b, own] of texts.entries()) {
    for (const [s, id] of own.characters.entries()) characters[s * B + b] = id;
    for (const [t, end] of own.ends.entries()) places[t * B + b] = end * B + b;
  }
  const lengths = Int32Array.from(texts, (own) => own.characters.length);
  return {
    [`${direction}.characters`]: characters,
    [`${direction}.lengths`]: lengths,
    [`${direction}.places`]: places,
  };
}

/** States that have been read before: f32 [T,B,F] for each direction. */
function stateFeeds(
  sentences: readonly EncodedSentence[],
  { T, B }: { T: number; B: number },
): Record<string, Float32Array> {
  const [first] = sentences;
  const feeds = Object.entries(first?.states ?? {}).map(([direction, rows]) => {
    const F = rows.length / (first?.ids.length ?? 1);
    const all = new Float32Array(T * B * F);
    for (const [b, { ids, states }] of sentences.entries()) {
      const own = states?.[direction as ReadingDirection] as Float32Array;
      for (let t = 0; t < ids.length; t++) all.set(own.subarray(t * F, (t + 1) * F), (t * B + b) * F);
    }
    return [`${direction}.states`, all] as const;
  });
  return Object.fromEntries(feeds);
}
