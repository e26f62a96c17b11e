import { describe, InputError } from "../errors.js";
import { completeOptions, nullable, optional, text as textRule } from "../options.js";
import { bytesOfLetters } from "./byteLetters.js";
import { countCharacters, printable } from "./characters.js";
import { Corpus } from "./corpus.js";
import { SegmentEncoder } from "./segmenter.js";
import { byteOfToken } from "./subwords/decoders.js";
import type { TextPlace } from "./subwords/pipeline.js";
import { Pipeline } from "./subwords/pipeline.js";
import { Seams } from "./subwords/seams.js";
import type { SpecialTokenNames } from "./subwords/specialTokens.js";
import { specialTokens } from "./subwords/specialTokens.js";
import type { SubwordOptions } from "./subwordVocabulary.js";
import { learnSubwords } from "./subwordVocabulary.js";
import type { SpecialTokens, TokenDecoder, TokenEncoder, Tokenizer } from "./tokenizer.js";
import { expectCorpus, expectText, expectTokens } from "./tokenizerInput.js";
import { idError } from "./vocabulary.js";
import { WordCache } from "./wordCache.js";

/** Where a tokenizer.json keeps the names of special tokens that were given; the library that made it does not look there. */
const namesKey = "ostinato_special_tokens";

const who = "SubwordTokenizer";

const name = optional(nullable(textRule()));

const nameRules = { unknown: name, beginOfSentence: name, endOfSentence: name, padding: name };

/**
 * Subwords, learnt from a text (byte-pair encoding) or of a Hugging Face tokenizer.json: BPE, WordPiece, Unigram or
 * WordLevel.
 *
 * ```ts
 * const tokenizer = await SubwordTokenizer.fromCorpus(corpus, { size: 8000 });
 * const other = new SubwordTokenizer(JSON.parse(await readFile("tokenizer.json", "utf8")));
 * ```
 *
 * The ids of a text are those that Hugging Face's library gives the whole text, without special tokens around it; a file with a
 * setting for which that is not shown is refused (docs/tokenizers.md).
 */
export class SubwordTokenizer implements Tokenizer {
  readonly kind = "subword";
  readonly size: number;
  readonly special: SpecialTokens;
  readonly #json: object;
  readonly #pipeline: Pipeline;
  readonly #seams: Seams;
  /** For tokenizers whose texts have seams, and the same tokens between them wherever they stand. */
  readonly #pieces: WordCache | null;
  readonly #composes: boolean;
  readonly #added: ReadonlySet<number>;

  /**
   * @param json the content of a tokenizer.json.
   * @param names the tokens with a meaning of their own, where the file does not tell; null for none.
   * @throws InputError if it is no such file, or one whose tokens would not surely be those of the library that made it.
   */
  constructor(json: unknown, names: SpecialTokenNames = {}) {
    const content = expectTokenizerJson(json);
    const ownNames = completeOptions(who, names, nameRules);
    this.#pipeline = new Pipeline(content);
    this.size = this.#pipeline.tokens.length;
    const kept = namesIn(content);
    const all = { ...kept, ...withoutUndefined(ownNames) };
    const { file, added, unknown } = this.#pipeline;
    this.special = specialTokens({ file, added, unknown, id: (token) => this.#pipeline.id(token) }, all);
    this.#json = Object.keys(all).length > 0 ? { ...content, [namesKey]: all } : content;
    this.#seams = new Seams(this.#pipeline);
    const cached = this.#pipeline.isUniform && this.#seams.any;
    this.#pieces = cached
      ? new WordCache((piece) => this.#encode(piece, { atStart: false, insideStretch: true }))
      : null;
    this.#composes = this.#pipeline.normalizers.length === 1 && this.#pipeline.normalizers[0]?.type === "NFC";
    this.#added = new Set(this.#pipeline.added.map(({ id }) => id));
  }

  /** The subwords of a text, as `fromCorpus` learns them. */
  static async fromText(text: string, options: SubwordOptions): Promise<SubwordTokenizer> {
    return SubwordTokenizer.fromCorpus(Corpus.fromText(expectText(`${who}.fromText`, text)), options);
  }

  /**
   * Learns the subwords of a corpus: pairs of neighbours become one token, the most frequent pair first, beginning with
   * bytes, so that every text has tokens and decode(encode(text)) is the text in NFC. A line end is always the one token
   * "\n". The special tokens <unk>, <s> and </s> have the ids 0, 1 and 2. Needs the npm package tokenizers.
   * @throws OptionError for a size out of range, InputError if the text is empty, FileError without the package.
   */
  static async fromCorpus(
    corpus: { pieces(): AsyncIterable<string> },
    options: SubwordOptions,
  ): Promise<SubwordTokenizer> {
    return new SubwordTokenizer(await learnSubwords(expectCorpus(`${who}.fromCorpus`, corpus), options));
  }

  /** NFC where the tokenizer's file asks for it and nothing else; surrogates that stand alone become U+FFFD then. */
  normalize(text: string): string {
    const raw = expectText(`${who}.normalize`, text);
    return this.#composes ? this.#pipeline.normalForm(wellFormed(raw)) : raw;
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
    const place: TextPlace = { atStart: true, insideStretch: false };
    return new SegmentEncoder(
      (text, from) => this.#seams.last(text, from),
      (segment) => {
        const text = wellFormed(segment);
        const pieces = this.#pieces || this.#seams.lighten ? this.#seams.pieces(text) : [text];
        const ids: number[] = [];
        for (const piece of pieces) {
          for (const id of this.#pieces?.encode(piece) ?? this.#encode(piece, place)) ids.push(id);
        }
        return { ids: Int32Array.from(ids), characters: countCharacters(this.normalize(text)) };
      },
    );
  }

  decode(ids: ArrayLike<number>): string {
    const tokens = Array.from(expectTokens(`${who}.decode`, ids));
    return tokens.length === 0 ? "" : this.#pipeline.decode(this.#expectIds(tokens));
  }

  /**
   * A token's text can depend on its neighbours (spaces in front, bytes of one character), so a few tokens are decoded
   * together: those since the last certain place, with and without the new one.
   */
  decoder(): TokenDecoder {
    let window: number[] = [];
    let past = 0; // tokens at the front of the window whose text is out already
    const open = /\u{FFFD}+$/u;
    return {
      push: (id) => {
        window.push(id);
        const before = this.decode(window.slice(0, past));
        const text = this.decode(window);
        if (open.test(text) || text.length <= before.length) return "";
        window = window.slice(past);
        past = window.length;
        return text.slice(before.length);
      },
      end: () =>
        this.decode(window)
          .slice(this.decode(window.slice(0, past)).length)
          .replace(open, ""),
    };
  }

  token(id: number): string {
    const text = this.decode([id]);
    const raw = this.#pipeline.tokens[id] as string;
    const whole = text !== "" && !text.includes("\u{FFFD}");
    // SentencePiece marks a space in front, which decoding one token alone would lose.
    return printable(whole ? (raw.startsWith("▁") && !text.startsWith(" ") ? ` ${text}` : text) : raw);
  }

  tokenBytes(id: number): Uint8Array {
    const text = this.decode([id]);
    const token = this.#pipeline.tokens[id] as string;
    if (this.#added.has(id)) return Buffer.from(token, "utf8");
    const decoders = new Set(this.#pipeline.decoders?.map(({ type }) => type));
    const byte = decoders.has("ByteFallback") ? byteOfToken(token) : undefined;
    if (byte !== undefined) return Uint8Array.of(byte);
    const bytes = decoders.has("ByteLevel") ? bytesOfLetters(token) : null;
    return bytes ?? Buffer.from(token.startsWith("▁") && !text.startsWith(" ") ? ` ${text}` : text, "utf8");
  }

  /** The token as its file writes it ("Ġthe"), or as the text that it stands for (" the"). */
  id(token: string): number | undefined {
    const written = this.#pipeline.id(expectText(`${who}.id`, token));
    if (written !== undefined || token === "") return written;
    const ids = this.#encode(token, { atStart: true, insideStretch: false });
    const [only] = ids;
    return ids.length === 1 && only !== undefined && this.decode([only]) === token ? only : undefined;
  }

  /** The content of tokenizer.json. */
  toJSON(): object {
    return this.#json;
  }

  #encode(text: string, place: TextPlace): number[] {
    try {
      return this.#pipeline.encode(text, place);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new InputError(
        `The text has a stretch of ${text.length} characters with a word that is too long for the regular expressions of ` +
          "tokenizer.json. Is it text? If so, put spaces or line ends into it.",
        cause,
      );
    }
  }

  #expectIds(ids: number[]): number[] {
    for (const id of ids) if (!Number.isInteger(id) || id < 0 || id >= this.size) throw idError(id, this.size);
    return ids;
  }
}

function expectTokenizerJson(json: unknown): object {
  const { model } = (json ?? {}) as { model?: { vocab?: unknown } };
  if (typeof json !== "object" || json === null || typeof model !== "object" || !model?.vocab) {
    throw new InputError(
      `Expected the content of a Hugging Face tokenizer.json (with a "model" that has a "vocab"), got ${describe(json)}.`,
    );
  }
  return json;
}

/** The names of special tokens that a file was saved with. */
function namesIn(json: object): SpecialTokenNames {
  const names = Object.hasOwn(json, namesKey) ? (json as Record<string, unknown>)[namesKey] : undefined;
  return withoutUndefined(completeOptions(`tokenizer.json: ${namesKey}`, names as object | undefined, nameRules));
}

function withoutUndefined(names: Readonly<Record<keyof SpecialTokens, string | null | undefined>>): SpecialTokenNames {
  return Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));
}

/** Half a surrogate pair is no character: it becomes U+FFFD. */
function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replace(/\p{Surrogate}/gu, "\u{FFFD}") : text;
}
