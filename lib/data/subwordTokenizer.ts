import * as huggingFace from "@huggingface/tokenizers";
import { describe, InputError } from "../errors.js";
import { countCharacters, lastCharacterBoundary, printable } from "./characters.js";
import { SegmentEncoder } from "./segmenter.js";
import type { SpecialTokens, TokenDecoder, TokenEncoder, Tokenizer } from "./tokenizer.js";
import { idError } from "./vocabulary.js";

/** The parts of a tokenizer.json that are read here; the library reads the rest. */
interface TokenizerJson {
  model: { type?: string; vocab?: unknown; unk_token?: string | null };
  added_tokens?: { id: number; content: string }[];
}

/** What is used of the library, whose own types Node's module resolution does not find. */
interface HuggingFaceTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: (number | undefined)[]; tokens: string[] };
  decode(ids: number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(withAddedTokens: boolean): Map<string, number>;
}

/** What the special tokens are called in the usual tokenizers. The first that exists counts. */
const names = {
  unknown: ["<unk>", "[UNK]"],
  endOfSentence: ["</s>", "<|endoftext|>", "<|end_of_text|>", "<eos>", "[SEP]"],
  beginOfSentence: ["<s>", "<|begin_of_text|>", "<bos>", "[CLS]"],
  padding: ["<pad>", "[PAD]", "<|pad|>"],
};

/** Without a line end, text is cut in front of a blank after so many characters. */
const longestLine = 2 ** 16;

/**
 * Subwords of a Hugging Face tokenizer.json: BPE, WordPiece or Unigram.
 *
 * Text is encoded line by line, each after a line end, without special tokens around it. For the usual tokenizers that
 * gives the tokens of the whole text, because no subword reaches over the start of a line.
 */
export class SubwordTokenizer implements Tokenizer {
  readonly kind = "subword";
  readonly size: number = 0;
  readonly special: SpecialTokens;
  readonly #json: TokenizerJson;
  readonly #tokenizer: HuggingFaceTokenizer;
  /** The tokens of a line end alone. */
  readonly #lineEnd: readonly number[];

  /** @param json the content of a tokenizer.json. @throws InputError if it is not one. */
  constructor(json: unknown) {
    this.#json = expectTokenizerJson(json);
    try {
      this.#tokenizer = new (huggingFace.Tokenizer as new (json: unknown, config: object) => HuggingFaceTokenizer)(
        json,
        {},
      );
    } catch (cause) {
      throw new InputError(`tokenizer.json: this tokenizer cannot be used: ${(cause as Error).message}`, cause);
    }
    for (const id of this.#tokenizer.get_vocab(true).values()) this.size = Math.max(this.size, id + 1);
    if (this.size === 0) throw new InputError("tokenizer.json: the vocabulary is empty.");
    const find = (name: keyof typeof names) => {
      const own = name === "unknown" ? this.#json.model.unk_token : undefined;
      const wanted = own ? [own, ...names[name]] : names[name];
      const id = wanted.map((token) => this.id(token)).find((found) => found !== undefined);
      return id === undefined ? {} : { [name]: id };
    };
    this.special = { ...find("unknown"), ...find("endOfSentence"), ...find("beginOfSentence"), ...find("padding") };
    this.#lineEnd = this.#encodeWhole("\n");
  }

  normalize(text: string): string {
    return text;
  }

  encode(text: string): Int32Array {
    const encoder = this.encoder();
    const [body, rest] = [encoder.push(text), encoder.end()];
    const whole = new Int32Array(body.length + rest.length);
    whole.set(body);
    whole.set(rest, body.length);
    return whole;
  }

  encoder(): TokenEncoder {
    let first = true;
    return new SegmentEncoder(lastLineStart, (segment) => {
      const found: number[] = [];
      for (const line of linesOf(segment)) {
        for (const id of first ? this.#encodeWhole(line) : this.#encodeAfterLineEnd(line)) found.push(id);
        first = false;
      }
      return { ids: Int32Array.from(found), characters: countCharacters(segment) };
    });
  }

  decode(ids: ArrayLike<number>): string {
    return ids.length === 0 ? "" : this.#decodeList(Array.from(ids));
  }

  /**
   * A token's text can depend on its neighbours (blanks in front, bytes of one character), so a few tokens are decoded
   * together: those since the last certain place, with and without the new one.
   */
  decoder(): TokenDecoder {
    let window: number[] = [];
    let given = 0; // tokens at the front of the window whose text is out already
    const open = /\u{FFFD}+$/u;
    return {
      push: (id) => {
        window.push(id);
        const before = this.decode(window.slice(0, given));
        const text = this.decode(window);
        if (open.test(text) || text.length <= before.length) return "";
        window = window.slice(given);
        given = window.length;
        return text.slice(before.length);
      },
      end: () =>
        this.decode(window)
          .slice(this.decode(window.slice(0, given)).length)
          .replace(open, ""),
    };
  }

  token(id: number): string {
    const text = this.#decodeList([id]);
    const raw = this.#tokenizer.id_to_token(id) ?? "";
    const whole = text !== "" && !text.includes("\u{FFFD}");
    // SentencePiece marks a blank in front, which decoding one token alone would lose.
    return printable(whole ? (raw.startsWith("▁") && !text.startsWith(" ") ? ` ${text}` : text) : raw);
  }

  id(token: string): number | undefined {
    return this.#tokenizer.token_to_id(token);
  }

  /** The content of tokenizer.json. */
  toJSON(): object {
    return this.#json;
  }

  #encodeWhole(text: string): number[] {
    // Where the vocabulary lacks something and has no unknown token the library answers undefined.
    const { ids, tokens } = this.#tokenizer.encode(text, { add_special_tokens: false });
    const at = ids.findIndex((id) => !Number.isInteger(id));
    if (at < 0) return ids as number[];
    throw new InputError(
      `Unknown subword "${printable(tokens[at] ?? "")}" in ${describe(text)}: it is not in the vocabulary of ` +
        "tokenizer.json, which has no unknown token. Take it out of the text, or use another tokenizer.",
    );
  }

  /** A line inside a text: encoded behind a line end, so that no mark for the start of a text is added to it. */
  #encodeAfterLineEnd(line: string): number[] {
    const found = this.#encodeWhole(`\n${line}`);
    const prefixed = this.#lineEnd.every((id, i) => found[i] === id);
    return prefixed ? found.slice(this.#lineEnd.length) : this.#encodeWhole(line);
  }

  #decodeList(list: number[]): string {
    for (const id of list) {
      if (!Number.isInteger(id) || id < 0 || id >= this.size) throw idError(id, this.size);
    }
    return this.#tokenizer.decode(list, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  }
}

function expectTokenizerJson(json: unknown): TokenizerJson {
  const { model, added_tokens: added = [] } = (json ?? {}) as Partial<TokenizerJson>;
  if (typeof model !== "object" || model === null || !model.vocab || !Array.isArray(added)) {
    throw new InputError(
      `Expected the content of a Hugging Face tokenizer.json (with a "model" that has a "vocab"), got ${describe(json)}.`,
    );
  }
  return json as TokenizerJson;
}

/** Lines with their ends. Only a line end between two other characters counts: subwords may span several blanks. */
function* linesOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = lineEnd(text, start) ?? text.length;
    yield text.slice(start, end);
    start = end;
  }
}

/** Where the line that begins at `start` ends: a rule that looks only at the line, so that cutting elsewhere changes nothing. */
function lineEnd(text: string, start: number): number | null {
  const pattern = /(?<=\S)\n(?=\S)/gu;
  pattern.lastIndex = start;
  const natural = pattern.exec(text)?.index;
  if (natural !== undefined && natural + 1 - start <= longestLine) return natural + 1;
  if (text.length - start <= longestLine) return null;
  const blanks = [...text.slice(start, start + longestLine).matchAll(/(?<=\S) (?=\S)/gu)];
  return start + (blanks.at(-1)?.index ?? lastCharacterBoundary(text.slice(start, start + longestLine)));
}

/** The start of the last line that begins in this text: everything before it is complete. */
function lastLineStart(text: string): number {
  let last = 0;
  for (let end = lineEnd(text, 0); end !== null && end < text.length; end = lineEnd(text, end)) last = end;
  return last;
}
