import * as huggingFace from "@huggingface/tokenizers";
import { describe, InputError } from "../errors.js";
import { bytesOfLetters } from "./byteLetters.js";
import { countCharacters, lastCharacterBoundary, lastNormalizationBoundary, printable } from "./characters.js";
import { Corpus } from "./corpus.js";
import { SegmentEncoder } from "./segmenter.js";
import type { SubwordOptions } from "./subwordVocabulary.js";
import { learnSubwords } from "./subwordVocabulary.js";
import type { SpecialTokens, TokenDecoder, TokenEncoder, Tokenizer } from "./tokenizer.js";
import { idError } from "./vocabulary.js";
import { WordCache } from "./wordCache.js";

/** The parts of a tokenizer.json that are read here; the library reads the rest. */
interface TokenizerJson {
  model: { type?: string; vocab?: unknown; unk_token?: string | null };
  added_tokens?: { id: number; content: string; lstrip?: boolean; rstrip?: boolean }[];
  normalizer?: { type?: string } | null;
  pre_tokenizer?: PreTokenizerJson | null;
  decoder?: { type?: string; decoders?: { type?: string }[] } | null;
}

interface PreTokenizerJson {
  type?: string;
  add_prefix_space?: boolean;
  use_regex?: boolean;
  pretokenizers?: PreTokenizerJson[];
  pattern?: { String?: string };
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
 * Subwords, learnt from a text (byte-pair encoding) or of a Hugging Face tokenizer.json: BPE, WordPiece or Unigram.
 *
 * ```ts
 * const tokenizer = await SubwordTokenizer.fromCorpus(corpus, { size: 8000 });
 * const other = new SubwordTokenizer(JSON.parse(await readFile("tokenizer.json", "utf8")));
 * ```
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
  /** Where the tokenizer is of a make that can be cut into words. */
  readonly #words: WordCache | null;
  readonly #composes: boolean;
  readonly #added: ReadonlySet<string>;
  /** The types of the steps that make text of tokens. */
  readonly #decoders: ReadonlySet<string | undefined>;

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
      const id = wanted.map((token) => this.#tokenizer.token_to_id(token)).find((found) => found !== undefined);
      return id === undefined ? {} : { [name]: id };
    };
    this.special = { ...find("unknown"), ...find("endOfSentence"), ...find("beginOfSentence"), ...find("padding") };
    this.#lineEnd = this.#encodeWhole("\n");
    this.#words = endsWordsAtBlanks(this.#json) ? new WordCache((word) => this.#encodeWhole(word)) : null;
    this.#added = new Set(this.#json.added_tokens?.map(({ content }) => content));
    const { decoder } = this.#json;
    this.#decoders = new Set([decoder, ...(decoder?.decoders ?? [])].map((step) => step?.type));
    this.#composes = this.#json.normalizer?.type === "NFC";
  }

  /** The subwords of a text, as `fromCorpus` learns them. */
  static fromText(text: string, options: SubwordOptions): Promise<SubwordTokenizer> {
    return SubwordTokenizer.fromCorpus(Corpus.fromText(text), options);
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
    return new SubwordTokenizer(await learnSubwords(corpus, options));
  }

  /** NFC where the tokenizer's file asks for it; surrogates that stand alone become U+FFFD then. */
  normalize(text: string): string {
    return this.#composes ? Buffer.from(text.normalize("NFC"), "utf8").toString("utf8") : text;
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
      let characters = 0;
      for (const raw of linesOf(segment)) {
        // Before special tokens are looked for: a mark behind one would change its last character.
        const line = this.#composes ? raw.normalize("NFC") : raw;
        for (const id of this.#encodeLine(line, first)) found.push(id);
        characters += countCharacters(line);
        first = false;
      }
      return { ids: Int32Array.from(found), characters };
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

  tokenBytes(id: number): Uint8Array {
    const text = this.#decodeList([id]);
    const token = this.#tokenizer.id_to_token(id) ?? "";
    if (this.#added.has(token)) return Buffer.from(token, "utf8");
    const byte = this.#decoders.has("ByteFallback") && /^<0x([0-9A-Fa-f]{2})>$/u.exec(token)?.[1];
    if (byte) return Uint8Array.of(Number.parseInt(byte, 16));
    const bytes = this.#decoders.has("ByteLevel") ? bytesOfLetters(token) : null;
    return bytes ?? Buffer.from(token.startsWith("▁") && !text.startsWith(" ") ? ` ${text}` : text, "utf8");
  }

  /** The token as its file writes it ("Ġthe"), or as the text that it stands for (" the"). */
  id(token: string): number | undefined {
    const written = this.#tokenizer.token_to_id(token);
    if (written !== undefined || token === "") return written;
    const { ids } = this.#tokenizer.encode(token, { add_special_tokens: false });
    const [only] = ids;
    return ids.length === 1 && only !== undefined && this.#decodeList([only]) === token ? only : undefined;
  }

  /** The content of tokenizer.json. */
  toJSON(): object {
    return this.#json;
  }

  #encodeLine(line: string, first: boolean): number[] {
    if (this.#words) return this.#words.encode(line);
    return first ? this.#encodeWhole(line) : this.#encodeAfterLineEnd(line);
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

/**
 * Whether the tokens of a text are those of its words, cut in front of single blanks: bytes after GPT-2's rule, by which
 * a blank always begins a word, and no special token that looks further.
 */
function endsWordsAtBlanks({ normalizer, pre_tokenizer, added_tokens = [] }: TokenizerJson): boolean {
  const steps = pre_tokenizer?.type === "Sequence" ? (pre_tokenizer.pretokenizers ?? []) : [pre_tokenizer];
  const [last, ...before] = [...steps].reverse();
  return (
    (!normalizer || normalizer.type === "NFC") &&
    last?.type === "ByteLevel" &&
    last.add_prefix_space === false &&
    last.use_regex !== false &&
    before.every((step) => step?.type === "Split" && step.pattern?.String === "\n") &&
    added_tokens.every(({ content, lstrip, rstrip }) => !lstrip && !rstrip && !/\s/u.test(content))
  );
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
  // With the character behind: the search must not run through all the text where no line end is of that kind.
  const line = text.slice(start, start + longestLine + 1);
  const natural = /(?<=\S)\n(?=\S)/u.exec(line)?.index;
  if (natural !== undefined) return start + natural + 1;
  if (line.length <= longestLine) return null;
  const whole = line.slice(0, longestLine);
  const blanks = [...whole.matchAll(/(?<=\S) (?=\S)/gu)];
  return start + (blanks.at(-1)?.index ?? (lastNormalizationBoundary(whole) || lastCharacterBoundary(whole)));
}

/** The start of the last line that begins in this text: everything before it is complete. */
function lastLineStart(text: string): number {
  let last = 0;
  for (let end = lineEnd(text, 0); end !== null && end < text.length; end = lineEnd(text, end)) last = end;
  return last;
}
