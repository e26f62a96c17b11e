import type { TokenDecoder } from "../../data/index.js";

/** A text while it is written, token by token: up to its end, or to a text before which it stops. */
export class Passage {
  readonly #decoder: TokenDecoder;
  readonly #end: number | null;
  readonly #stops: readonly string[];
  /** The end of the text while it might be the beginning of a stop. */
  #held = "";
  #ended = false;

  /**
   * @param decoder has seen the prompt.
   * @param options.end token that ends the text, and is not written; null for none.
   * @param options.stop texts before which it stops.
   */
  constructor(decoder: TokenDecoder, { end, stop }: { end: number | null; stop: readonly string[] }) {
    this.#decoder = decoder;
    this.#end = end;
    this.#stops = stop;
  }

  /** Whether nothing more is written. */
  get ended(): boolean {
    return this.#ended;
  }

  /** @returns the text that is certain after this token. */
  push(token: number): string {
    return token === this.#end ? this.finish() : this.#add(this.#decoder.push(token));
  }

  /** @returns what was held back; nothing where the text has stopped. */
  finish(): string {
    if (this.#ended) return "";
    const text = this.#add(this.#decoder.end());
    if (this.#ended) return text;
    this.#ended = true;
    return text + this.#held;
  }

  #add(piece: string): string {
    if (this.#stops.length === 0) return piece;
    this.#held += piece;
    const places = this.#stops.map((stop) => this.#held.indexOf(stop)).filter((at) => at >= 0);
    if (places.length > 0) {
      this.#ended = true;
      return this.#held.slice(
        0,
        places.reduce((a, b) => Math.min(a, b)),
      );
    }
    const keep = this.#stops.reduce((longest, stop) => Math.max(longest, overlap(this.#held, stop)), 0);
    const text = this.#held.slice(0, this.#held.length - keep);
    this.#held = this.#held.slice(this.#held.length - keep);
    return text;
  }
}

/** The length of the longest end of `text` that is a beginning of `stop`, and not all of it. */
function overlap(text: string, stop: string): number {
  let length = Math.min(stop.length - 1, text.length);
  while (length > 0 && !stop.startsWith(text.slice(text.length - length))) length--;
  return length;
}
