import { describe, InputError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, flag, table, word } from "../options.js";
import { countCharacters, lastNormalizationBoundary, printable } from "./characters.js";
import { decomposeHangul, HangulComposer } from "./hangul.js";
import type { EncodedSegment } from "./segmenter.js";
import { SegmentEncoder, Segmenter } from "./segmenter.js";
import type { SpecialTokens, TokenDecoder, TokenEncoder, Tokenizer } from "./tokenizer.js";
import { expectCorpus, expectText, expectTokens } from "./tokenizerInput.js";
import { Place, UnknownTokenError } from "./unknownToken.js";
import { TokenCounts, Vocabulary } from "./vocabulary.js";

export const characterUnits = ["codepoint", "jamo"] as const;

/** Options of a CharacterTokenizer. @interface */
export type CharacterOptions = OptionsOf<typeof rules>;

const unknownToken = "<unk>";

const who = "CharacterTokenizer";

const rules = table("CharacterTokenizer", {
  /** "jamo" takes Hangul syllables apart, for a small vocabulary; text comes back in syllables. Default codepoint. */
  unit: word(characterUnits, "codepoint"),
  /** Add a token for all characters that the vocabulary lacks, which are errors otherwise. Default false. */
  unknown: flag(false),
});

/**
 * Unicode characters, one token each. Text is brought to NFC first, so that the two ways to write "é" or "가" are one.
 *
 * ```ts
 * const tokenizer = CharacterTokenizer.fromText("hello");
 * tokenizer.encode("hole"); // Int32Array [1, 3, 2, 0]
 * ```
 */
export class CharacterTokenizer implements Tokenizer {
  readonly kind = "character";
  readonly unit: (typeof characterUnits)[number];
  readonly special: SpecialTokens;
  readonly #vocabulary: Vocabulary;
  /** Ids of the characters up to U+FFFF, -1 where there is none: a look-up instead of a hash for nearly all text. */
  readonly #table = new Int32Array(0x10000).fill(-1);

  /** @param vocabulary single code points, and "<unk>" if unknown characters are to have a token. */
  constructor(vocabulary: Vocabulary, options: Pick<CharacterOptions, "unit"> = {}) {
    this.unit = completeOptions(who, options, { unit: rules.unit }).unit;
    if (!(vocabulary instanceof Vocabulary))
      throw new InputError(`${who}: expected a Vocabulary, got ${describe(vocabulary)}.`);
    this.#vocabulary = vocabulary;
    const unknown = vocabulary.id(unknownToken);
    this.special = unknown === undefined ? {} : { unknown };
    for (const [id, token] of vocabulary.tokens.entries()) {
      if (token === unknownToken) continue;
      if (countCharacters(token) !== 1) {
        throw new InputError(`${who}: expected token ${id} to be one character, got ${describe(token)}.`);
      }
      if (token.length === 1 && !isSurrogate(token)) this.#table[token.charCodeAt(0)] = id;
    }
  }

  /** The characters of a text, in the order of their code points. @throws InputError if the text is empty. */
  static fromText(text: string, options: CharacterOptions = {}): CharacterTokenizer {
    const complete = completeOptions(who, options, rules);
    const counts = new TokenCounts();
    countInto(counts, expectText(`${who}.fromText`, text), complete);
    return fromCounts(counts, complete);
  }

  /** The characters of a corpus, read piece by piece. */
  static async fromCorpus(
    corpus: { pieces(): AsyncIterable<string> },
    options: CharacterOptions = {},
  ): Promise<CharacterTokenizer> {
    const complete = completeOptions(who, options, rules);
    const counts = new TokenCounts();
    const segmenter = new Segmenter(lastNormalizationBoundary);
    for await (const piece of expectCorpus(`${who}.fromCorpus`, corpus).pieces())
      countInto(counts, segmenter.push(piece), complete);
    countInto(counts, segmenter.end(), complete);
    return fromCounts(counts, complete);
  }

  get size(): number {
    return this.#vocabulary.size;
  }

  normalize(text: string): string {
    return expectText(`${who}.normalize`, text).normalize("NFC");
  }

  encode(text: string): Int32Array {
    return this.#encode(expectText(`${who}.encode`, text), new Place()).ids;
  }

  encoder(): TokenEncoder {
    const place = new Place();
    return new SegmentEncoder(lastNormalizationBoundary, (segment) => this.#encode(segment, place));
  }

  decode(ids: ArrayLike<number>): string {
    const decoder = this.decoder();
    const pieces: string[] = [];
    for (const id of Array.from(expectTokens(`${who}.decode`, ids))) pieces.push(decoder.push(id));
    return pieces.join("") + decoder.end();
  }

  decoder(): TokenDecoder {
    if (this.unit === "codepoint") return { push: (id) => this.#text(id), end: () => "" };
    const composer = new HangulComposer();
    return { push: (id) => composer.push(this.#text(id)), end: () => composer.end() };
  }

  token(id: number): string {
    return printable(this.#vocabulary.token(id));
  }

  tokenBytes(id: number): Uint8Array {
    return Buffer.from(this.#text(id), "utf8");
  }

  id(token: string): number | undefined {
    return this.#vocabulary.id(expectText(`${who}.id`, token));
  }

  toJSON(): object {
    return { kind: this.kind, unit: this.unit, tokens: this.#vocabulary.tokens };
  }

  #text(id: number): string {
    const token = this.#vocabulary.token(id);
    return token === unknownToken ? "\u{FFFD}" : token;
  }

  #encode(segment: string, place: Place): EncodedSegment {
    const normal = segment.normalize("NFC");
    const text = this.unit === "jamo" ? decomposeHangul(normal) : normal;
    const ids = new Int32Array(text.length);
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      let id = this.#table[text.charCodeAt(i)] as number;
      if (id < 0) {
        const character = String.fromCodePoint(text.codePointAt(i) as number);
        const known = this.#vocabulary.id(character) ?? this.special.unknown;
        if (known === undefined) throw this.#unknown(text, i, place);
        id = known;
        i += character.length - 1;
      }
      ids[count++] = id;
    }
    place.pass(normal);
    const characters = this.unit === "jamo" ? countCharacters(normal) : count;
    return { ids: count === ids.length ? ids : ids.slice(0, count), characters };
  }

  #unknown(text: string, index: number, place: Place): UnknownTokenError {
    const character = String.fromCodePoint(text.codePointAt(index) as number);
    return new UnknownTokenError(character, place.at(text, index), { kind: "character", size: this.size });
  }
}

function isSurrogate(unit: string): boolean {
  return unit >= "\uD800" && unit <= "\uDFFF";
}

function countInto(counts: TokenCounts, text: string, { unit }: CharacterOptions): void {
  const normal = text.normalize("NFC");
  for (const character of new Set(unit === "jamo" ? decomposeHangul(normal) : normal)) counts.add(character);
}

function fromCounts(counts: TokenCounts, { unit, unknown }: Required<CharacterOptions>): CharacterTokenizer {
  if (counts.size === 0) throw new InputError(`${who}: the text is empty, so there are no characters to learn.`);
  const tokens = counts.sorted();
  return new CharacterTokenizer(new Vocabulary(unknown ? [unknownToken, ...tokens] : tokens), { unit });
}
