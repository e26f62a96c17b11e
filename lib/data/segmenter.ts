import { InputError } from "../errors.js";
import type { TokenEncoder } from "./tokenizer.js";
import { expectText } from "./tokenizerInput.js";

/** Longest text without a place to cut, in UTF-16 units. Text has such places every few characters. */
const longestSegment = 2 ** 24;

/**
 * The last place where a text may be cut, because nothing that follows can change what lies before; 0 for nowhere yet.
 * The first `searched` characters were looked through before, without a place to cut in front of their end.
 */
export type Cut = (text: string, searched: number) => number;

/** Joins pieces of a text and hands out segments that can be processed on their own. */
export class Segmenter {
  readonly #cut: Cut;
  #held = "";

  constructor(cut: Cut) {
    this.#cut = cut;
  }

  push(piece: string): string {
    const text = this.#held + expectText("A piece of a text", piece);
    const end = text === "" ? 0 : this.#cut(text, this.#held.length);
    this.#held = text.slice(end);
    if (this.#held.length > longestSegment) {
      throw new InputError(
        `The text has ${this.#held.length} characters without a place to cut it, such as a space. ` +
          "Is it text? If so, put line ends into it.",
      );
    }
    return text.slice(0, end);
  }

  end(): string {
    const text = this.#held;
    this.#held = "";
    return text;
  }
}

/** The tokens and the number of characters of one segment. */
export interface EncodedSegment {
  readonly ids: Int32Array;
  readonly characters: number;
}

/** A TokenEncoder from a rule where to cut and a function that encodes one segment. */
export class SegmentEncoder implements TokenEncoder {
  readonly #segmenter: Segmenter;
  readonly #encode: (segment: string) => EncodedSegment;
  #characters = 0;

  constructor(cut: Cut, encode: (segment: string) => EncodedSegment) {
    this.#segmenter = new Segmenter(cut);
    this.#encode = encode;
  }

  get characters(): number {
    return this.#characters;
  }

  push(text: string): Int32Array {
    return this.#encodeSegment(this.#segmenter.push(text));
  }

  end(): Int32Array {
    return this.#encodeSegment(this.#segmenter.end());
  }

  #encodeSegment(segment: string): Int32Array {
    if (segment === "") return new Int32Array(0);
    const { ids, characters } = this.#encode(segment);
    this.#characters += characters;
    return ids;
  }
}
