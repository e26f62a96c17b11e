import type { Rule } from "../options.js";
import { value } from "../options.js";

export const tokenizerKinds = ["character", "byte", "word", "subword"] as const;

/** The units that a tokenizer cuts text into: a kind of this library, or one made known by `registerTokenizer`. @useDeclaredType */
export type TokenizerKind = (typeof tokenizerKinds)[number] | (string & {});

/** The ids of tokens with a meaning of their own, where a tokenizer has them. */
export interface SpecialTokens {
  /** Stands for whatever is not in the vocabulary. */
  readonly unknown?: number;
  readonly endOfSentence?: number;
  readonly beginOfSentence?: number;
  readonly padding?: number;
}

/**
 * Text to token ids and back. The law, where nothing is unknown: decode(encode(text)) = normalize(text).
 * (A subword tokenizer made elsewhere may lose more, such as upper case; its own file decides.)
 */
export interface Tokenizer {
  readonly kind: TokenizerKind;
  /** V: ids are 0..size-1. */
  readonly size: number;
  readonly special: SpecialTokens;
  /** The text as this tokenizer sees it. Idempotent. */
  normalize(text: string): string;
  /** @throws InputError for what is not in the vocabulary, when there is no unknown token. */
  encode(text: string): Int32Array;
  /** Encodes a text that comes in pieces. However it is cut, the tokens are those of the whole text. */
  encoder(): TokenEncoder;
  /** @throws InputError for an id outside 0..size-1. */
  decode(ids: ArrayLike<number>): string;
  /** Decodes tokens as they are generated. */
  decoder(): TokenDecoder;
  /** A token as people read it: spaces and control characters are shown by signs. */
  token(id: number): string;
  /**
   * The UTF-8 bytes that a token stands for, of which a character may need several tokens. What depends on neighbours, such
   * as the space between two words, is left out. @throws InputError for an id outside 0..size-1.
   */
  tokenBytes(id: number): Uint8Array;
  /** The id of one token, written as in a text ("\n", not its sign). */
  id(token: string): number | undefined;
  /** The JSON from which `tokenizerFromJSON` makes this tokenizer again. */
  toJSON(): object;
}

export interface TokenEncoder {
  /** The tokens that are certain so far; the end of the text is held back while more could change it. */
  push(text: string): Int32Array;
  /** The rest. */
  end(): Int32Array;
  /** Unicode code points of the normalised text that the tokens so far stand for. */
  readonly characters: number;
}

/** Never gives out half a character: bytes wait for their last byte, jamo for their syllable. */
export interface TokenDecoder {
  /** The text that is certain after this token, often its own; "" while a character is incomplete. */
  push(id: number): string;
  /** The text that was held back. A character whose last bytes never came is left out. */
  end(): string;
}

/** The rule of an option that is a tokenizer. */
export const tokenizerRule: Rule<Tokenizer> = value(
  "a tokenizer: CharacterTokenizer, WordTokenizer ...",
  (tokenizer) => {
    const { size, encode, decoder } = (tokenizer ?? {}) as Partial<Tokenizer>;
    return Number.isSafeInteger(size) && typeof encode === "function" && typeof decoder === "function";
  },
);
