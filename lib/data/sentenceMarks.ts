import { OptionError } from "../errors.js";
import type { TokenDecoder, TokenEncoder, Tokenizer } from "./tokenizer.js";

/** The tokens between which a sentence stands. */
export interface SentenceMarks {
  /** Read before the first token. */
  readonly begin: number;
  /** Predicted after the last token. */
  readonly end: number;
}

/**
 * The tokens that begin and end a sentence in a text of lines: the line end, which words write as <eos>; the special tokens
 * of a tokenizer without one.
 * @throws OptionError if the tokenizer has neither.
 */
export function sentenceMarks(tokenizer: Tokenizer): SentenceMarks {
  if (tokenizer instanceof LineTokenizer) return sentenceMarks(tokenizer.tokenizer);
  const lineEnd = tokenizer.id("\n");
  if (lineEnd !== undefined) return { begin: lineEnd, end: lineEnd };
  const end = tokenizer.special.endOfSentence;
  if (end === undefined) {
    throw new OptionError(
      "Sentences need a token that ends them: the vocabulary has neither an end-of-sentence token nor the line end. " +
        "Make the vocabulary from a text of more than one line.",
    );
  }
  return { begin: tokenizer.special.beginOfSentence ?? end, end };
}

/**
 * The tokenizer as a model of sentences uses it: each line is encoded on its own, and a line end is the token that ends a
 * sentence. Where a tokenizer has a token for the line end it is the tokenizer itself.
 * @throws OptionError as `sentenceMarks` does.
 */
export function sentenceTokenizer(tokenizer: Tokenizer): Tokenizer {
  const { end } = sentenceMarks(tokenizer);
  return tokenizer.id("\n") === undefined ? new LineTokenizer(tokenizer, end) : tokenizer;
}

class LineTokenizer implements Tokenizer {
  readonly kind;
  readonly size;
  readonly special;

  constructor(
    readonly tokenizer: Tokenizer,
    readonly end: number,
  ) {
    this.kind = tokenizer.kind;
    this.size = tokenizer.size;
    this.special = tokenizer.special;
  }

  normalize(text: string): string {
    return text
      .split("\n")
      .map((line) => this.tokenizer.normalize(line))
      .join("\n");
  }

  encode(text: string): Int32Array {
    const encoder = this.encoder();
    return joined([encoder.push(text), encoder.end()]);
  }

  encoder(): TokenEncoder {
    let line = this.tokenizer.encoder();
    let before = 0;
    return {
      push: (text) => {
        const [first, ...others] = text.split("\n") as [string, ...string[]];
        const ids = [line.push(first)];
        for (const next of others) {
          ids.push(line.end(), Int32Array.of(this.end));
          before += line.characters + 1;
          line = this.tokenizer.encoder();
          ids.push(line.push(next));
        }
        return joined(ids);
      },
      end: () => line.end(),
      get characters() {
        return before + line.characters;
      },
    };
  }

  decode(ids: ArrayLike<number>): string {
    const decoder = this.decoder();
    return Array.from(ids, (id) => decoder.push(id)).join("") + decoder.end();
  }

  decoder(): TokenDecoder {
    let line = this.tokenizer.decoder();
    return {
      push: (id) => {
        if (id !== this.end) return line.push(id);
        const rest = line.end();
        line = this.tokenizer.decoder();
        return `${rest}\n`;
      },
      end: () => line.end(),
    };
  }

  tokenBytes(id: number): Uint8Array {
    return id === this.end ? Uint8Array.of(0x0a) : this.tokenizer.tokenBytes(id);
  }

  token(id: number): string {
    return this.tokenizer.token(id);
  }

  id(token: string): number | undefined {
    return token === "\n" ? this.end : this.tokenizer.id(token);
  }

  toJSON(): object {
    return this.tokenizer.toJSON();
  }
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
