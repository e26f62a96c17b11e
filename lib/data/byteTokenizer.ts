import { countCharacters, lastCharacterBoundary, printable } from "./characters.js";
import { SegmentEncoder } from "./segmenter.js";
import type { TokenDecoder, TokenEncoder, Tokenizer } from "./tokenizer.js";
import { expectText, expectTokens } from "./tokenizerInput.js";
import { idError } from "./vocabulary.js";

/** The bytes of UTF-8: 256 tokens, any text, nothing to learn. The text is taken as it is, without normalisation. */
export class ByteTokenizer implements Tokenizer {
  readonly kind = "byte";
  readonly size = 256;
  readonly special = {};

  /** Surrogates that stand alone have no UTF-8 form and become U+FFFD. */
  normalize(text: string): string {
    return Buffer.from(expectText("ByteTokenizer.normalize", text), "utf8").toString("utf8");
  }

  encode(text: string): Int32Array {
    return Int32Array.from(Buffer.from(expectText("ByteTokenizer.encode", text), "utf8"));
  }

  encoder(): TokenEncoder {
    return new SegmentEncoder(lastCharacterBoundary, (segment) => ({
      ids: this.encode(segment),
      characters: countCharacters(segment),
    }));
  }

  /** Bytes that are not UTF-8 become U+FFFD. */
  decode(ids: ArrayLike<number>): string {
    const tokens = expectTokens("ByteTokenizer.decode", ids);
    return Buffer.from(Array.from(tokens, expectByte)).toString("utf8");
  }

  decoder(): TokenDecoder {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return {
      push: (id) => decoder.decode(Uint8Array.of(expectByte(id)), { stream: true }),
      end: () => "",
    };
  }

  token(id: number): string {
    const byte = expectByte(id);
    return byte < 0x80 ? printable(String.fromCharCode(byte)) : `0x${byte.toString(16).toUpperCase()}`;
  }

  tokenBytes(id: number): Uint8Array {
    return Uint8Array.of(expectByte(id));
  }

  /** Only the characters of ASCII are one byte. */
  id(token: string): number | undefined {
    return expectText("ByteTokenizer.id", token).length === 1 && token.charCodeAt(0) < 0x80
      ? token.charCodeAt(0)
      : undefined;
  }

  toJSON(): object {
    return { kind: this.kind };
  }
}

function expectByte(id: number): number {
  if (!Number.isInteger(id) || id < 0 || id > 255) throw idError(id, 256);
  return id;
}
